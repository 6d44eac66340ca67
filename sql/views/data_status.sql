-- What of each day is in, per env and event type, and from when on it counts as final. event_type null: all types together.
-- final_at: the end of the day, and then as long as it takes until 999 of 1,000 of that type's events are in (30 days at most:
-- older ones are dead letters; for a clock at the end of the calendar it stays in November 9999). A day is final once something that arrived later than that was read.
WITH arrivals AS (
{arrivals}
),
waits AS (
  SELECT env, event_type, CASE
    WHEN COUNTIF(wait_s <= 3600) >= 0.999 * COUNT(*) THEN 1
    WHEN COUNTIF(wait_s <= 21600) >= 0.999 * COUNT(*) THEN 6
    WHEN COUNTIF(wait_s <= 86400) >= 0.999 * COUNT(*) THEN 24
    WHEN COUNTIF(wait_s <= 259200) >= 0.999 * COUNT(*) THEN 72
    WHEN COUNTIF(wait_s <= 604800) >= 0.999 * COUNT(*) THEN 168
    ELSE 720 END AS wait_hours
  FROM arrivals
  GROUP BY env, event_type
),
facts AS (
  SELECT
    env, event_type, day, COUNT(*) AS events, {sum:micros} AS micros, COUNTIF(wait_s <= 3600) AS in_1h, COUNTIF(wait_s <= 21600) AS in_6h,
    COUNTIF(wait_s <= 86400) AS in_1d, COUNTIF(wait_s <= 259200) AS in_3d, COUNTIF(wait_s <= 604800) AS in_7d,
    0 AS landed, 0 AS dead_lettered, 0 AS missing
  FROM arrivals
  GROUP BY env, event_type, day
  UNION ALL
  SELECT
    env, event_type, DATE(hour, '{time_zone}'), 0, 0, 0, 0,
    0, 0, 0,
    SUM(landed), SUM(dead_lettered), SUM(COALESCE(missing, 0))
  FROM {views}.ledger
  GROUP BY 1, 2, 3
),
days AS (
  SELECT
    env, event_type, day, SUM(events) AS events, {sum:micros} AS micros, SUM(in_1h) AS in_1h, SUM(in_6h) AS in_6h, SUM(in_1d) AS in_1d,
    SUM(in_3d) AS in_3d, SUM(in_7d) AS in_7d, SUM(landed) AS landed, SUM(dead_lettered) AS dead_lettered, CAST(NULL AS INT64) AS missing
  FROM facts
  WHERE event_type IS NOT NULL
  GROUP BY env, event_type, day
  UNION ALL
  SELECT
    env, NULL, day, SUM(events), {sum:micros}, SUM(in_1h), SUM(in_6h), SUM(in_1d),
    SUM(in_3d), SUM(in_7d), SUM(landed), SUM(dead_lettered), {missing}
  FROM facts
  GROUP BY env, day
),
past AS (
  SELECT day.env, day.event_type, day.day, before.events, CAST(before.micros AS FLOAT64) AS micros  -- differences cannot overflow
  FROM days AS day
  JOIN days AS before
    ON day.env = before.env AND COALESCE(day.event_type, '') = COALESCE(before.event_type, '')
    AND before.day < day.day AND DATE_DIFF(day.day, before.day, DAY) <= 14  -- DATE_SUB fails before 0001-01-15
),
medians AS (
  SELECT
    env, event_type, day, COUNT(*) AS known,
    ARRAY_AGG(events ORDER BY events)[OFFSET(DIV((COUNT(*) - 1), 2))] AS events,
    ARRAY_AGG(micros ORDER BY micros)[OFFSET(DIV((COUNT(*) - 1), 2))] AS micros
  FROM past
  GROUP BY env, event_type, day
),
usual AS (
  SELECT
    medians.env, medians.event_type, medians.day, medians.known, medians.events, medians.micros,
    ARRAY_AGG(ABS(past.events - medians.events) ORDER BY ABS(past.events - medians.events))[OFFSET(DIV((known - 1), 2))] AS events_off,
    ARRAY_AGG(ABS(past.micros - medians.micros) ORDER BY ABS(past.micros - medians.micros))[OFFSET(DIV((known - 1), 2))] AS micros_off
  FROM medians
  JOIN past
    ON medians.env = past.env AND COALESCE(medians.event_type, '') = COALESCE(past.event_type, '')
    AND medians.day = past.day
  GROUP BY medians.env, medians.event_type, medians.day, medians.known, medians.events, medians.micros
),
worked AS (  -- nothing has arrived after the runs that read it: a later arrival is an event's own clock, taken for want of another
  SELECT MAX(COALESCE(finished, CURRENT_TIMESTAMP())) AS until FROM {views}.runs WHERE state IN ('open', 'complete')
),
settled AS (
  SELECT
    days.*,
    TIMESTAMP_ADD(TIMESTAMP(DATE_ADD(LEAST(days.day, DATE '9999-11-29'), INTERVAL 1 DAY), '{time_zone}'), INTERVAL COALESCE(wait.wait_hours, longest.wait_hours, 720) HOUR)
      AS final_at,
    TIMESTAMP(DATE_ADD(LEAST(days.day, DATE '9999-11-29'), INTERVAL 1 DAY), '{time_zone}') AS day_end,
    (SELECT MAX(arrival_time) FROM arrivals WHERE arrival_time <= (SELECT until FROM worked)) AS read_until
  FROM days
  LEFT JOIN waits AS wait ON days.env = wait.env AND days.event_type = wait.event_type
  LEFT JOIN (SELECT env, MAX(wait_hours) AS wait_hours FROM waits GROUP BY env) AS longest
    ON days.env = longest.env
)
SELECT
  settled.env, settled.event_type, settled.day, settled.events, settled.micros / 1000000 AS revenue,
  SAFE_DIVIDE(in_1h, settled.events) AS arrived_1h, SAFE_DIVIDE(in_6h, settled.events) AS arrived_6h,
  SAFE_DIVIDE(in_1d, settled.events) AS arrived_1d, SAFE_DIVIDE(in_3d, settled.events) AS arrived_3d,
  SAFE_DIVIDE(in_7d, settled.events) AS arrived_7d,
  SAFE_DIVIDE(dead_lettered, landed + dead_lettered) AS dead_letter_share,
  SAFE_DIVIDE(missing, landed + dead_lettered + missing) AS missing_share,
  final_at, COALESCE(read_until >= final_at, FALSE) AS is_final,
  known >= 7 AND read_until >= day_end AND ABS(settled.events - usual.events) > 5 * events_off AS unusual_events,
  known >= 7 AND read_until >= day_end AND ABS(settled.micros - usual.micros) > 5 * micros_off AS unusual_revenue
FROM settled
LEFT JOIN usual
  ON settled.env = usual.env AND COALESCE(settled.event_type, '') = COALESCE(usual.event_type, '')
  AND settled.day = usual.day
