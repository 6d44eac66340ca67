-- title: Conversion by cohort
-- doc: Of the players first seen on a day, which share has ever bought something? One who was refunded has.
-- key: cohort
-- chart: bar x=cohort y=share
WITH payers AS (
  SELECT DISTINCT player_id FROM money WHERE env = @env AND kind = 'purchase'
)
SELECT
  player_cohorts.cohort, COUNT(*) AS players, COUNT(payers.player_id) AS payers, ROUND(COUNT(payers.player_id) / COUNT(*), 4) AS share
FROM player_cohorts
LEFT JOIN payers ON payers.player_id = player_cohorts.player_id
WHERE player_cohorts.env = @env
GROUP BY player_cohorts.cohort
ORDER BY player_cohorts.cohort
