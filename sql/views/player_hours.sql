-- What each player did, per hour. Late events are in it; a state is the hour's last known value.
WITH latest AS (
{latest:player_hours}
)
SELECT
  hour, env, player_id,
  ARRAY_AGG(platform IGNORE NULLS ORDER BY COALESCE(platform_at, last_time) DESC, platform LIMIT 1)[SAFE_OFFSET(0)] AS platform,
  ARRAY_AGG(app_version IGNORE NULLS ORDER BY COALESCE(app_version_at, last_time) DESC, app_version LIMIT 1)[SAFE_OFFSET(0)] AS app_version,
  ARRAY_AGG(country IGNORE NULLS ORDER BY COALESCE(country_at, last_time) DESC, country LIMIT 1)[SAFE_OFFSET(0)] AS country,
  SUM(events) AS events, {sum:revenue_micros} / 1000000 AS revenue, {sum:revenue_micros} AS revenue_micros,
  {sum:score_micros} / 1000000 AS score, {sum:score_micros} AS score_micros,
  MIN(first_time) AS first_time, MAX(last_time) AS last_time{states}
FROM latest
WHERE anonymous IS NOT TRUE
GROUP BY hour, env, player_id
