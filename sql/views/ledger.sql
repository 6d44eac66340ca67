-- What came in and what became of it: received = landed + duplicate + dead_lettered.
-- What never came in has no event_type: the rows with missing, the holes in the clients' own counters. A hole of more numbers than the
-- contract's max_hole is a client's nonsense and no loss: its numbers are implausible, and not missing.
WITH latest AS (
{latest:ledger}
),
holes AS (  -- a client counts on whatever its env; a hole belongs to the hour, the env and the build of the range after it
  SELECT hour, env, platform, app_version, seq_from - 1 - MAX(seq_to) OVER (
    PARTITION BY counter ORDER BY seq_from, seq_to, hour, env ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS numbers
  FROM {views}.counter_hours
)
SELECT
  hour, game, env, platform, app_version, event_type,
  SUM(received) AS received, SUM(landed) AS landed, SUM(duplicate) AS duplicate, SUM(dead_lettered) AS dead_lettered,
  SUM(late) AS late, SUM(table_rejected) AS table_rejected, CAST(NULL AS INT64) AS missing,
  CAST(NULL AS INT64) AS implausible
FROM latest
GROUP BY hour, game, env, platform, app_version, event_type
UNION ALL
SELECT
  hour, '{game}', env, platform, app_version, CAST(NULL AS STRING),
  0, 0, 0, 0,
  0, 0, SUM(IF(numbers <= {max_hole}, numbers, 0)),
  {sum:IF(numbers <= {max_hole}, 0, numbers)}
FROM holes
WHERE numbers > 0
GROUP BY hour, env, platform, app_version
