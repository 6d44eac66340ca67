-- title: Revenue by day
-- doc: Purchases and advertisements, less refunds, in USD, by where it came from.
-- key: day, source
-- chart: bar x=day y=usd color=source format=$
SELECT day, source, ROUND(CAST(SUM(CAST(micros AS BIGNUMERIC)) AS FLOAT64) / 1000000, 2) AS usd
FROM (
  SELECT
    DATE(event_time, @time_zone) AS day, micros,
    CASE kind WHEN 'purchase' THEN 'purchases' WHEN 'refund' THEN 'refunds' ELSE 'advertisements' END AS source
  FROM money
  WHERE env = @env)
GROUP BY day, source
ORDER BY day, source
