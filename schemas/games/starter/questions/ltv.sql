-- title: Lifetime value by cohort
-- doc: What has a player brought in, in USD, up to a day of life? Advertisements are in it, refunds are negative.
-- key: cohort, day
-- chart: line x=day y=ltv color=cohort
WITH cohorts AS (
  SELECT player_id, cohort FROM player_cohorts WHERE env = @env
),
sizes AS (
  SELECT cohort, COUNT(*) AS players FROM cohorts GROUP BY cohort
),
earned AS (
  SELECT cohorts.cohort, DATE_DIFF(money.day, cohorts.cohort, DAY) AS age, SUM(CAST(money.micros AS BIGNUMERIC)) AS micros
  FROM cohorts
  JOIN money ON money.player_id = cohorts.player_id AND money.env = @env
  GROUP BY cohorts.cohort, age
),
ages AS (
  SELECT sizes.cohort, sizes.players, day
  FROM sizes, UNNEST(GENERATE_ARRAY(0, 30)) AS day
  WHERE day <= DATE_DIFF((SELECT MAX(player_days.day) FROM player_days WHERE env = @env), sizes.cohort, DAY)
),
running AS (
  SELECT ages.cohort, ages.day, ages.players, SUM(earned.micros) OVER (PARTITION BY ages.cohort ORDER BY ages.day) AS micros
  FROM ages
  LEFT JOIN earned ON earned.cohort = ages.cohort AND earned.age = ages.day
)
SELECT
  cohort, day, players, CAST(COALESCE(micros, 0) AS FLOAT64) / 1000000 AS revenue,
  ROUND(CAST(COALESCE(micros, 0) AS FLOAT64) / 1000000 / players, 4) AS ltv
FROM running
ORDER BY cohort, day
