-- key: env, player_id, session_id, session_start
SELECT
  env, player_id, session_id, session_start, session_end, events, CAST(ROUND(revenue * 1000000) AS INT64) AS revenue_micros
FROM sessions
