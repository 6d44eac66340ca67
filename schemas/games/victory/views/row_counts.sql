-- After each load: the rows that a complete run says it wrote, and those that are there.
WITH found AS (
  SELECT 'session_start' AS name, run_id, COUNT(*) AS n FROM {tables}.session_start GROUP BY run_id
  UNION ALL
  SELECT 'play_start' AS name, run_id, COUNT(*) AS n FROM {tables}.play_start GROUP BY run_id
  UNION ALL
  SELECT 'play_shot' AS name, run_id, COUNT(*) AS n FROM {tables}.play_shot GROUP BY run_id
  UNION ALL
  SELECT 'play_end' AS name, run_id, COUNT(*) AS n FROM {tables}.play_end GROUP BY run_id
  UNION ALL
  SELECT 'session_end' AS name, run_id, COUNT(*) AS n FROM {tables}.session_end GROUP BY run_id
),
written AS (
  SELECT run_id, 'session_start' AS name, COALESCE(CAST(JSON_VALUE(row_counts, '$.session_start') AS INT64), 0) AS expected
  FROM {tables}.runs
  WHERE state = 'complete' AND generation = 0
  UNION ALL
  SELECT run_id, 'play_start' AS name, COALESCE(CAST(JSON_VALUE(row_counts, '$.play_start') AS INT64), 0) AS expected
  FROM {tables}.runs
  WHERE state = 'complete' AND generation = 0
  UNION ALL
  SELECT run_id, 'play_shot' AS name, COALESCE(CAST(JSON_VALUE(row_counts, '$.play_shot') AS INT64), 0) AS expected
  FROM {tables}.runs
  WHERE state = 'complete' AND generation = 0
  UNION ALL
  SELECT run_id, 'play_end' AS name, COALESCE(CAST(JSON_VALUE(row_counts, '$.play_end') AS INT64), 0) AS expected
  FROM {tables}.runs
  WHERE state = 'complete' AND generation = 0
  UNION ALL
  SELECT run_id, 'session_end' AS name, COALESCE(CAST(JSON_VALUE(row_counts, '$.session_end') AS INT64), 0) AS expected
  FROM {tables}.runs
  WHERE state = 'complete' AND generation = 0
)
SELECT written.run_id, written.name AS table_name, written.expected, COALESCE(found.n, 0) AS found,
  written.expected = COALESCE(found.n, 0) AS complete
FROM written
LEFT JOIN found ON found.run_id = written.run_id AND found.name = written.name
