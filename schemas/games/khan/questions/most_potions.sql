-- title: Most potions used
-- doc: Which player used the most potions? All of them, where several used as many.
-- key: userid
-- chart: table
SELECT userid, COUNT(*) AS potions_used
FROM character_stats
WHERE event_ts < @as_of AND event_type = 'take_potion' AND userid IS NOT NULL
GROUP BY userid
QUALIFY RANK() OVER (ORDER BY COUNT(*) DESC) = 1
ORDER BY userid
