-- title: Value per session
-- doc: What is a session worth, in USD? Sessions whose events tell no value count as unknown.
-- key: platform
-- chart: bar x=platform y=value_per_session
SELECT
  platform, COUNT(session_value) AS sessions, COUNT(*) - COUNT(session_value) AS unknown,
  COUNTIF(session_value > 0) AS paying_sessions, ROUND(SUM(session_value), 2) AS total_value,
  ROUND(AVG(session_value), 4) AS value_per_session
FROM sessions
WHERE env = @env
GROUP BY platform
ORDER BY platform
