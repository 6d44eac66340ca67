-- title: Distribution of wealth
-- doc: How many players have what amount of wealth? In steps of 10,000.
-- key: wealth_from
-- chart: bar x=wealth_from y=players
SELECT
  CAST(FLOOR(wealth / 10000) * 10000 AS INT64) AS wealth_from, COUNT(*) AS players,
  ROUND(COUNT(*) / SUM(COUNT(*)) OVER (), 4) AS share
FROM accounts
WHERE wealth IS NOT NULL
GROUP BY wealth_from
ORDER BY wealth_from
