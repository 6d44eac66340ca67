-- title: Enemies defeated
-- doc: How many enemies did a player defeat? The ten who defeated most.
-- key: userid
-- chart: bar x=userid y=defeated
SELECT userid, COUNT(*) AS defeated
FROM character_events
WHERE event_ts < @as_of AND event_type = 'defeat_enemy' AND userid IS NOT NULL
GROUP BY userid
ORDER BY defeated DESC, userid
LIMIT 10
