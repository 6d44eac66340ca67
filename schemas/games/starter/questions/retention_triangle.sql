-- title: Retention
-- doc: Of the players first seen on a day, the share that came back so many days later. A share is final once its day is.
-- key: cohort, age
-- chart: heatmap x=age y=cohort color=share format=%
WITH seen AS (
  SELECT DISTINCT player_id, DATE(hour, @time_zone) AS day FROM player_hours WHERE env = @env
),
cohorts AS (
  SELECT player_id, DATE(first_seen, @time_zone) AS cohort FROM players WHERE env = @env
),
sizes AS (
  SELECT cohort, COUNT(*) AS players FROM cohorts GROUP BY cohort
)
SELECT
  sizes.cohort, DATE_DIFF(seen.day, sizes.cohort, DAY) AS age, COUNT(*) / sizes.players AS share, sizes.players,
  LOGICAL_AND(COALESCE(status.is_final, FALSE)) AS is_final
FROM seen
JOIN cohorts ON seen.player_id = cohorts.player_id
JOIN sizes ON sizes.cohort = cohorts.cohort
LEFT JOIN data_status AS status ON status.day = seen.day AND status.env = @env AND status.event_type IS NULL
WHERE DATE_DIFF(seen.day, sizes.cohort, DAY) BETWEEN 0 AND 30
GROUP BY sizes.cohort, age, sizes.players
ORDER BY cohort, age
