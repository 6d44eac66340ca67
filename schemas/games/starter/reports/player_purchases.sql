-- title: Player Purchases
-- doc: Who bought most with real money.
-- key: player_id
-- chart: table
SELECT player_id, COUNT(*) AS purchases, ROUND(SUM(price_usd), 2) AS paid_usd, MAX(price_usd) AS largest_usd
FROM purchase
WHERE env = @env
GROUP BY player_id
ORDER BY paid_usd DESC, player_id
LIMIT 20
