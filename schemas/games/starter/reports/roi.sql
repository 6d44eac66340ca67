-- title: Return on advertising
-- doc: By media source and campaign. CPI: cost per install on the days that were paid for. ROAS: what cohorts brought within 1, 7 and 30 days of the install over what they cost, of those days of install alone whose money is all in; – where none is.
-- key: media_source, campaign
-- chart: table
SELECT
  media_source, campaign, ROUND(SUM(cost_micros) / 1000000, 2) AS cost_usd, SUM(installs) AS installs,
  SUM(IF(line = 'spend without installs', cost_micros, 0)) / 1000000 AS without_installs_usd,
  SUM(IF(line = 'installs without spend', installs, 0)) AS installs_without_spend,
  ROUND(SAFE_DIVIDE(SUM(cost_micros), SUM(IF(paid, installs, 0))) / 1000000, 2) AS cpi_usd,
  SAFE_DIVIDE(SUM(IF(paid, d1_micros, 0)), SUM(IF(d1_micros IS NULL, 0, cost_micros))) AS roas_d1_rate,
  SAFE_DIVIDE(SUM(IF(paid, d7_micros, 0)), SUM(IF(d7_micros IS NULL, 0, cost_micros))) AS roas_d7_rate,
  SAFE_DIVIDE(SUM(IF(paid, d30_micros, 0)), SUM(IF(d30_micros IS NULL, 0, cost_micros))) AS roas_d30_rate
FROM (SELECT *, line <> 'installs without spend' AS paid FROM roi)
GROUP BY media_source, campaign
ORDER BY cost_usd DESC, media_source, campaign
