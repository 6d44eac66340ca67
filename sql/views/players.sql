-- Each player's life so far, from player_hours and sessions. A state is the last known value.
WITH hours AS (
  SELECT
    env, player_id,
    ARRAY_AGG(platform IGNORE NULLS ORDER BY hour DESC LIMIT 1)[SAFE_OFFSET(0)] AS platform,
    ARRAY_AGG(app_version IGNORE NULLS ORDER BY hour DESC LIMIT 1)[SAFE_OFFSET(0)] AS app_version,
    ARRAY_AGG(country IGNORE NULLS ORDER BY hour DESC LIMIT 1)[SAFE_OFFSET(0)] AS country,
    MIN(first_time) AS first_seen, MAX(last_time) AS last_seen, SUM(events) AS events,
    {sum:revenue_micros} AS revenue_micros{states}
  FROM {views}.player_hours
  GROUP BY env, player_id
),
counted AS (
  SELECT env, player_id, COUNT(*) AS sessions
  FROM {views}.sessions
  WHERE player_id IS NOT NULL
  GROUP BY env, player_id
)
SELECT
  hours.env, hours.player_id, hours.platform, hours.app_version, hours.country, hours.first_seen, hours.last_seen,
  COALESCE(counted.sessions, 0) AS sessions, hours.events, hours.revenue_micros / 1000000 AS revenue, hours.revenue_micros{state_columns}
FROM hours
LEFT JOIN counted ON hours.player_id = counted.player_id AND hours.env = counted.env
