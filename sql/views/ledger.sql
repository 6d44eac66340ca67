-- What came in and what became of it: received = landed + duplicate + dead_lettered.
-- What never came in has no event_type: the rows with missing, the holes in the clients' own counters.
WITH latest AS (
{latest:ledger}
),
holes AS (  -- a hole belongs to the hour and the build of the range after it
  SELECT hour, env, platform, app_version, seq_from - 1 - MAX(seq_to) OVER (
    PARTITION BY env, counter ORDER BY seq_from, seq_to, hour ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS missing
  FROM {views}.counter_hours
)
SELECT
  hour, game, env, platform, app_version, event_type,
  SUM(received) AS received, SUM(landed) AS landed, SUM(duplicate) AS duplicate, SUM(dead_lettered) AS dead_lettered,
  SUM(late) AS late, SUM(table_rejected) AS table_rejected, CAST(NULL AS INT64) AS missing
FROM latest
GROUP BY hour, game, env, platform, app_version, event_type
UNION ALL
SELECT
  hour, '{game}', env, platform, app_version, CAST(NULL AS STRING),
  0, 0, 0, 0,
  0, 0, SUM(missing)
FROM holes
WHERE missing > 0
GROUP BY hour, env, platform, app_version
