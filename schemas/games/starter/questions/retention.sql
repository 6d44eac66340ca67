-- title: Retention by cohort
-- doc: Of the players first seen on a day, which share was active 1 to 30 days later? Days that have not come yet have no row.
-- key: cohort, day
-- chart: heatmap x=day y=cohort color=share
WITH cohorts AS (
  SELECT player_id, cohort FROM player_cohorts WHERE env = @env
),
sizes AS (
  SELECT cohort, COUNT(*) AS players FROM cohorts GROUP BY cohort
),
kept AS (
  SELECT cohorts.cohort, DATE_DIFF(player_days.day, cohorts.cohort, DAY) AS age, COUNT(*) AS retained
  FROM cohorts
  JOIN player_days ON player_days.player_id = cohorts.player_id AND player_days.env = @env
  GROUP BY cohorts.cohort, age
),
ages AS (
  SELECT sizes.cohort, sizes.players, day
  FROM sizes, UNNEST(GENERATE_ARRAY(0, 30)) AS day
  WHERE day <= DATE_DIFF((SELECT MAX(player_days.day) FROM player_days WHERE env = @env), sizes.cohort, DAY)
)
SELECT
  ages.cohort, ages.day, ages.players, COALESCE(kept.retained, 0) AS retained,
  ROUND(COALESCE(kept.retained, 0) / ages.players, 4) AS share
FROM ages
LEFT JOIN kept ON kept.cohort = ages.cohort AND kept.age = ages.day
ORDER BY ages.cohort, ages.day
