-- title: The cost report ties to the feed
-- doc: The sum of the lines above, the sum of the feed as it holds now, and their difference, which is 0.
-- chart: number
SELECT report_usd, feed_usd, ROUND(report_usd - feed_usd, 2) AS difference_usd
FROM (
  SELECT
    COALESCE((SELECT SUM(cost_micros) FROM roi) / 1000000, 0) AS report_usd,
    COALESCE((SELECT SUM(CAST(ROUND(cost_usd * 1000000) AS INT64)) FROM cost) / 1000000, 0) AS feed_usd)
