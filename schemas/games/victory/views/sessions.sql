-- Sessions: the built-in view, and what the player paid in each: running totals that every event of the session carries.
-- user_id, app_ver and event_timestamp are the names of the older loader's columns (json_path.json).
WITH totals AS (
  SELECT env, player_id, session_id, session_purchases, session_value FROM {views}.session_start
  UNION ALL
  SELECT env, player_id, session_id, session_purchases, session_value FROM {views}.play_start
  UNION ALL
  SELECT env, player_id, session_id, session_purchases, session_value FROM {views}.play_shot
  UNION ALL
  SELECT env, player_id, session_id, session_purchases, session_value FROM {views}.play_end
  UNION ALL
  SELECT env, player_id, session_id, session_purchases, session_value FROM {views}.session_end
),
paid AS (
  SELECT env, player_id, session_id, MAX(session_purchases) AS session_purchases, MAX(session_value) AS session_value
  FROM totals
  WHERE session_id IS NOT NULL AND player_id IS NOT NULL
  GROUP BY env, player_id, session_id
)
SELECT
  base.*, base.player_id AS user_id, base.app_version AS app_ver, base.session_start AS event_timestamp,
  paid.session_purchases, paid.session_value, {micros:paid.session_value} AS session_value_micros
FROM {base} AS base
LEFT JOIN paid
  ON paid.player_id = base.player_id AND paid.session_id = base.session_id AND paid.env = base.env
