-- key: cohort
WITH active AS (
  SELECT player_id, DATE(first_time, '{time_zone}') AS day FROM player_hours WHERE env = 'live'
  UNION DISTINCT
  SELECT player_id, DATE(last_time, '{time_zone}') AS day FROM player_hours WHERE env = 'live'
),
cohorts AS (
  SELECT player_id, DATE(first_seen, '{time_zone}') AS cohort FROM players WHERE env = 'live'
)
SELECT
  cohorts.cohort, COUNT(DISTINCT cohorts.player_id) AS players,
  COUNTIF(DATE_DIFF(active.day, cohorts.cohort, DAY) = 1) AS d1, COUNTIF(DATE_DIFF(active.day, cohorts.cohort, DAY) = 7) AS d7
FROM cohorts
JOIN active ON active.player_id = cohorts.player_id
GROUP BY cohorts.cohort
