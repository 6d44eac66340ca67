-- title: Events by day
-- doc: Events per day and type, each counted once, on the day on which it happened.
-- key: day, event_type
-- chart: bar x=day y=events color=event_type
SELECT day, event_type, events, is_final
FROM data_status
WHERE env = @env AND event_type IS NOT NULL
ORDER BY day, event_type
