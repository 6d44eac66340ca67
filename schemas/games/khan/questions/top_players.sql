-- title: Levels of the top 10 players
-- doc: What are the levels of the top 10 players? A level is the sum of its changes; of equal ones the first by name.
-- key: userid
-- chart: bar x=userid y=player_level
SELECT userid, SUM(level) AS player_level
FROM character_stats
WHERE event_ts < @as_of AND userid IS NOT NULL
GROUP BY userid
HAVING player_level IS NOT NULL
ORDER BY player_level DESC, userid
LIMIT 10
