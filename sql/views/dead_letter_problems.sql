-- A thousand dead letters as one problem: grouped by fingerprint, with the first message as sample.
SELECT
  fingerprint, reason, field, event_type, env,
  ARRAY_AGG(DISTINCT app_version IGNORE NULLS ORDER BY app_version) AS app_versions,
  COUNT(*) AS messages, MIN(arrival_time) AS first_seen, MAX(arrival_time) AS last_seen,
  ARRAY_AGG(COALESCE(SAFE_CONVERT_BYTES_TO_STRING(payload), TO_HEX(payload)) ORDER BY arrival_time, dead_id LIMIT 1)[OFFSET(0)]
    AS sample
FROM {views}.dead_letters
GROUP BY fingerprint, reason, field, event_type, env
