-- title: Items purchased
-- doc: How many swords, shields and potions were purchased?
-- key: item_type
-- chart: bar x=item_type y=purchased
SELECT item_type, SUM(amount_purchased) AS purchased
FROM purchase_events
WHERE event_ts < @as_of
GROUP BY item_type
ORDER BY purchased DESC, item_type
