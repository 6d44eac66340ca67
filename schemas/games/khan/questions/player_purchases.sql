-- title: Player Purchases
-- doc: What each player has purchased.
-- key: userid
-- chart: table
SELECT
  userid,
  SUM(IF(item_type = 'sword', amount_purchased, 0)) AS sword_purchases,
  SUM(IF(item_type = 'shield', amount_purchased, 0)) AS shield_purchases,
  SUM(IF(item_type = 'potion', amount_purchased, 0)) AS potion_purchases
FROM purchase_events
WHERE event_ts < @as_of AND userid IS NOT NULL
GROUP BY userid
ORDER BY userid
