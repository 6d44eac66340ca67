-- Messages that could not become events: one row per dead_id and hour, as the ledger counts them.
-- Those that gamebeam replay landed later are not here: it left a row of reason landed under the same id and hour.
SELECT * EXCEPT (run_id) REPLACE ({env} AS env)
FROM {tables}.dead_letter
WHERE run_id IN ({visible_runs})
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY dead_id, TIMESTAMP_TRUNC(COALESCE(event_time, arrival_time), HOUR)
  ORDER BY IF(reason = 'landed', 0, 1), arrival_time, run_id, source) = 1
AND reason <> 'landed'
