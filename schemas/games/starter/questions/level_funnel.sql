-- title: Level funnel
-- doc: How far do players get? Players who began and who finished each level, and how often they tried.
-- key: level
-- chart: bar x=level y=players,completed
WITH tries AS (
  SELECT level, player_id, 'start' AS what FROM level_start WHERE env = @env
  UNION ALL
  SELECT level, player_id, 'complete' FROM level_complete WHERE env = @env
  UNION ALL
  SELECT level, player_id, 'fail' FROM level_fail WHERE env = @env
),
levels AS (
  SELECT
    level, COUNT(DISTINCT IF(what = 'start', player_id, NULL)) AS players,
    COUNT(DISTINCT IF(what = 'complete', player_id, NULL)) AS completed,
    COUNTIF(what = 'start') AS starts, COUNTIF(what = 'fail') AS fails
  FROM tries
  WHERE player_id IS NOT NULL
  GROUP BY level
)
SELECT
  level, players, completed, starts, fails, ROUND(SAFE_DIVIDE(completed, players), 4) AS completion,
  ROUND(SAFE_DIVIDE(starts, completed), 2) AS starts_per_completion
FROM levels
ORDER BY level
