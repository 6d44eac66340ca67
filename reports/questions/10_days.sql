-- title: Days
-- doc: What is in of each day, and when it counts as final. Missing are events that clients counted and that never came. Unusual: the count or the revenue of a type is further from the median of the last 14 days than 5 times their median deviation.
-- key: day
-- chart: table highest=no
SELECT
  day, SUM(IF(event_type IS NULL, events, 0)) AS events,
  MAX(IF(event_type IS NULL, arrived_1h, NULL)) AS arrived_1h_share, MAX(IF(event_type IS NULL, arrived_1d, NULL)) AS arrived_1d_share,
  MAX(IF(event_type IS NULL, dead_letter_share, NULL)) AS dead_letter_share,
  MAX(IF(event_type IS NULL, missing_share, NULL)) AS missing_share,
  STRING_AGG(IF(unusual_events OR unusual_revenue, COALESCE(event_type, 'all'), NULL), ', ' ORDER BY event_type) AS unusual,
  MAX(IF(event_type IS NULL, final_at, NULL)) AS final_at, LOGICAL_AND(event_type IS NOT NULL OR is_final) AS is_final
FROM data_status
WHERE env = @env
GROUP BY day
HAVING SUM(events) > 0
ORDER BY day
