-- title: Items
-- doc: What the player bought with the game's own money.
-- key: item_type, item_name
-- chart: table
SELECT item_type, item_name, COUNT(*) AS bought, -SUM(amount) AS spent
FROM currency_change
WHERE env = @env AND player_id = @player_id AND amount < 0 AND item_name IS NOT NULL
GROUP BY item_type, item_name
ORDER BY bought DESC, item_type, item_name
