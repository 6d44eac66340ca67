-- title: Economy
-- doc: Where does the game's own money come from, and where does it go?
-- key: currency_type, flow, reason, item_type
-- chart: bar x=reason y=total color=flow
SELECT
  currency_type, IF(amount < 0, 'sink', 'source') AS flow, reason, item_type, COUNT(*) AS events,
  COUNT(DISTINCT player_id) AS players, SUM(amount) AS total
FROM currency_change
WHERE env = @env
GROUP BY currency_type, flow, reason, item_type
ORDER BY currency_type, flow, total DESC, reason, item_type
