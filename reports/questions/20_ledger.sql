-- title: Received, and what became of it
-- doc: received = landed + duplicate + dead-lettered, per build, in every environment. Implausible: numbers that a client's counter skipped, more in a row than can have been lost.
-- key: env, app_version
-- chart: table highest=no
SELECT
  env, app_version, SUM(received) AS received, SUM(landed) AS landed, SUM(duplicate) AS duplicate,
  SUM(dead_lettered) AS dead_lettered, SUM(late) AS late,
  CAST(SUM(CAST(COALESCE(implausible, 0) AS BIGNUMERIC)) AS FLOAT64) AS implausible
FROM ledger
GROUP BY env, app_version
HAVING SUM(received) > 0
ORDER BY received DESC, env, app_version
LIMIT 30
