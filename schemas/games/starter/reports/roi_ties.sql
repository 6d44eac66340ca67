-- title: The cost report ties to the feed
-- doc: The sum of the lines above, the sum of the feed as it holds now, and their difference, which is 0.
-- chart: number
SELECT report_usd, feed_usd, ROUND(report_usd - feed_usd, 2) AS difference_usd
FROM (
  SELECT
    COALESCE((SELECT CAST(SUM(CAST(cost_micros AS BIGNUMERIC)) AS FLOAT64) FROM roi) / 1000000, 0) AS report_usd,
    COALESCE((
      SELECT CAST(SUM(CAST(micros AS BIGNUMERIC)) AS FLOAT64)
      FROM (SELECT CAST(ROUND(LEAST(GREATEST(cost_usd, -9223372036854.77), 9223372036854.77) * 1000000) AS INT64) AS micros FROM cost)) / 1000000, 0) AS feed_usd)
