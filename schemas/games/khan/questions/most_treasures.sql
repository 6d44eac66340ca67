-- title: Most treasures found
-- doc: Which player found the most treasures? The ten who found most.
-- key: userid
-- chart: bar x=userid y=treasures_found
SELECT userid, COUNT(*) AS treasures_found
FROM character_events
WHERE event_ts < @as_of AND event_type = 'find_treasure' AND userid IS NOT NULL
GROUP BY userid
ORDER BY treasures_found DESC, userid
LIMIT 10
