-- title: Return on advertising
-- doc: By media source and campaign. CPI: cost per install on the days that were paid for. ROAS: what cohorts brought within 1, 7 and 30 days of the install over what they cost, of those days of install alone whose money is all in; – where none is.
-- key: media_source, campaign
-- chart: table
SELECT
  media_source, campaign, ROUND(CAST(cost AS FLOAT64) / 1000000, 2) AS cost_usd, installs,
  CAST(in_vain AS FLOAT64) / 1000000 AS without_installs_usd, installs_without_spend,
  ROUND(SAFE_DIVIDE(CAST(cost AS FLOAT64), paid_installs) / 1000000, 2) AS cpi_usd,
  SAFE_DIVIDE(CAST(d1 AS FLOAT64), CAST(d1_cost AS FLOAT64)) AS roas_d1_rate,
  SAFE_DIVIDE(CAST(d7 AS FLOAT64), CAST(d7_cost AS FLOAT64)) AS roas_d7_rate,
  SAFE_DIVIDE(CAST(d30 AS FLOAT64), CAST(d30_cost AS FLOAT64)) AS roas_d30_rate
FROM (
  SELECT
    media_source, campaign, SUM(installs) AS installs, SUM(IF(paid, installs, 0)) AS paid_installs,
    SUM(IF(paid, 0, installs)) AS installs_without_spend, SUM(cost) AS cost, SUM(IF(line = 'spend without installs', cost, 0)) AS in_vain,
    SUM(IF(paid, d1, 0)) AS d1, SUM(IF(d1 IS NULL, 0, cost)) AS d1_cost, SUM(IF(paid, d7, 0)) AS d7, SUM(IF(d7 IS NULL, 0, cost)) AS d7_cost,
    SUM(IF(paid, d30, 0)) AS d30, SUM(IF(d30 IS NULL, 0, cost)) AS d30_cost
  FROM (  -- of a type in which no sum overflows
    SELECT
      media_source, campaign, line, line <> 'installs without spend' AS paid, installs, CAST(cost_micros AS BIGNUMERIC) AS cost,
      CAST(d1_micros AS BIGNUMERIC) AS d1, CAST(d7_micros AS BIGNUMERIC) AS d7, CAST(d30_micros AS BIGNUMERIC) AS d30
    FROM roi)
  GROUP BY media_source, campaign)
ORDER BY cost_usd DESC, media_source, campaign
