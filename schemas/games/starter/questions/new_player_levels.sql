-- title: Levels of new players
-- doc: In the 24 hours after they were first seen: how many players began each level, and how many finished it?
-- key: level
-- chart: bar x=level y=began,completed
WITH tries AS (
  SELECT level, player_id, event_time, FALSE AS complete FROM level_start WHERE env = @env
  UNION ALL
  SELECT level, player_id, event_time, TRUE FROM level_complete WHERE env = @env
)
SELECT
  tries.level, COUNT(DISTINCT IF(tries.complete, NULL, tries.player_id)) AS began,
  COUNT(DISTINCT IF(tries.complete, tries.player_id, NULL)) AS completed
FROM tries
JOIN player_cohorts
  ON player_cohorts.player_id = tries.player_id AND player_cohorts.env = @env
  AND TIMESTAMP_DIFF(tries.event_time, player_cohorts.first_seen, HOUR) < 24
GROUP BY tries.level
ORDER BY tries.level
