-- title: How far players get
-- doc: Players who started each level, and of them those who completed it.
-- key: level, step
-- chart: bar x=players y=level color=step stack=no
SELECT CAST(level AS STRING) AS level, step, COUNT(DISTINCT player_id) AS players
FROM (
  SELECT level, 'started' AS step, player_id FROM level_start WHERE env = @env
  UNION ALL SELECT level, 'completed', player_id FROM level_complete WHERE env = @env)
WHERE level <= 15
GROUP BY level, step
ORDER BY CAST(level AS INT64), step DESC
