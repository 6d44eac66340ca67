-- title: Players attacked by an enemy
-- doc: How many players were attacked by an enemy?
-- chart: number y=players_attacked
SELECT COUNT(DISTINCT userid) AS players_attacked
FROM character_events
WHERE event_ts < @as_of AND event_type = 'enemy_attack'
