-- title: Value per session
-- doc: What is a session worth, in USD? Sessions whose events tell no value count as unknown.
-- key: platform
-- chart: bar x=platform y=value_per_session
SELECT
  platform, sessions, unknown, paying_sessions, ROUND(micros / 1000000, 2) AS total_value,
  ROUND(SAFE_DIVIDE(micros / 1000000, sessions), 4) AS value_per_session
FROM (
  SELECT
    platform, COUNT(session_value) AS sessions, COUNT(*) - COUNT(session_value) AS unknown, COUNTIF(session_value > 0) AS paying_sessions,
    CAST(SUM(CAST(session_value_micros AS BIGNUMERIC)) AS FLOAT64) AS micros
  FROM sessions
  WHERE env = @env AND player_id IS NOT NULL
  GROUP BY platform)
ORDER BY platform
