-- title: Revenue by day
-- doc: Purchases and advertisements, less refunds, in USD, by where it came from.
-- key: day, source
-- chart: bar x=day y=usd color=source format=$
SELECT DATE(event_time, @time_zone) AS day, source, ROUND(SUM(usd), 2) AS usd
FROM (
  SELECT event_time, 'purchases' AS source, price_usd AS usd FROM purchase WHERE env = @env
  UNION ALL SELECT event_time, 'refunds', -price_usd FROM refund WHERE env = @env
  UNION ALL SELECT event_time, 'advertisements', revenue_usd FROM ad_impression WHERE env = @env)
GROUP BY day, source
ORDER BY day, source
