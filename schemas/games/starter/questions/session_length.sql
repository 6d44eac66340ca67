-- title: Session length
-- doc: How long do sessions last, in minutes? From the first to the last event of each; half are shorter than p50.
-- key: platform
-- chart: bar x=platform y=p50,p90
WITH lengths AS (
  SELECT
    platform, TIMESTAMP_DIFF(session_end, session_start, MILLISECOND) / 60000 AS minutes
  FROM sessions
  WHERE env = @env
),
ranked AS (
  SELECT
    platform, minutes, ROW_NUMBER() OVER (PARTITION BY platform ORDER BY minutes) AS place,
    COUNT(*) OVER (PARTITION BY platform) AS sessions
  FROM lengths
)
SELECT
  platform, sessions, ROUND(AVG(minutes), 2) AS mean, ROUND(MIN(IF(place >= 0.5 * sessions, minutes, NULL)), 2) AS p50,
  ROUND(MIN(IF(place >= 0.9 * sessions, minutes, NULL)), 2) AS p90, ROUND(MAX(minutes), 2) AS longest
FROM ranked
GROUP BY platform, sessions
ORDER BY platform
