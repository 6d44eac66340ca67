-- key: env, player_id, session_id, session_start
SELECT
  env, player_id, session_id, session_start, session_end, events, revenue_micros
FROM sessions
