-- title: Player Purchases
-- doc: Who bought most with real money.
-- key: player_id
-- chart: table
SELECT
  player_id, COUNT(*) AS purchases, ROUND(CAST(SUM(CAST(micros AS BIGNUMERIC)) AS FLOAT64) / 1000000, 2) AS paid_usd,
  MAX(micros) / 1000000 AS largest_usd
FROM money
WHERE env = @env AND kind = 'purchase'
GROUP BY player_id
ORDER BY paid_usd DESC, player_id
LIMIT 20
