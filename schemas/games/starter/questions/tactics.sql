-- title: Tactics and the time to a purchase
-- doc: Which tactic goes with a shorter time from first seen to first purchase, by what that purchase came with: an offer, else a
-- doc: discount, else a share? Means with 95 % intervals, among those who bought; how much shorter is beside those with no tactic.
-- key: tactic
-- chart: bar x=tactic y=mean_minutes low=low high=high
WITH firsts AS (
  SELECT
    player_id, event_time,
    CASE WHEN offer_id IS NOT NULL THEN 'offer' WHEN discount > 0 THEN 'discount' WHEN shared THEN 'share' ELSE 'none' END AS tactic
  FROM purchase
  WHERE env = @env AND player_id IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY player_id ORDER BY event_time, event_id) = 1
),
times AS (
  SELECT firsts.tactic, TIMESTAMP_DIFF(firsts.event_time, player_cohorts.first_seen, MILLISECOND) / 60000 AS minutes
  FROM firsts
  JOIN player_cohorts ON player_cohorts.player_id = firsts.player_id AND player_cohorts.env = @env
),
ranked AS (
  SELECT
    tactic, minutes, ROW_NUMBER() OVER (PARTITION BY tactic ORDER BY minutes) AS place, COUNT(*) OVER (PARTITION BY tactic) AS n
  FROM times
),
means AS (
  SELECT
    tactic, n, AVG(minutes) AS mean, VAR_SAMP(minutes) / n AS variance, MIN(IF(place >= 0.5 * n, minutes, NULL)) AS median
  FROM ranked
  GROUP BY tactic, n
)
SELECT
  means.tactic, means.n, ROUND(means.median, 2) AS median_minutes, ROUND(means.mean, 2) AS mean_minutes, ROUND(means.mean - 1.96 * SQRT(means.variance), 2) AS low,
  ROUND(means.mean + 1.96 * SQRT(means.variance), 2) AS high, ROUND(without.mean - means.mean, 2) AS shorter_by,
  ROUND(without.mean - means.mean - 1.96 * SQRT(means.variance + without.variance), 2) AS shorter_by_low,
  ROUND(without.mean - means.mean + 1.96 * SQRT(means.variance + without.variance), 2) AS shorter_by_high
FROM means
LEFT JOIN means AS without ON without.tactic = 'none' AND means.tactic <> 'none'
ORDER BY means.mean
