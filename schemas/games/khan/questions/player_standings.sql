-- title: Player Standings
-- doc: Who leads: each player's level, attack, defense and health, which are sums over what changed them.
-- key: userid
-- chart: table
SELECT
  userid, SUM(level) AS level, SUM(attack) AS total_attack, SUM(defense) AS total_defense, SUM(health) AS total_health
FROM character_stats
WHERE event_ts < @as_of AND userid IS NOT NULL
GROUP BY userid
ORDER BY level DESC, userid
