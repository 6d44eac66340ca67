-- title: Rows after each load
-- doc: Does each table hold the rows that each run says it wrote? complete is false where not.
-- key: run_id, table_name
-- chart: table
SELECT run_id, table_name, expected, found, complete
FROM row_counts
ORDER BY run_id, table_name
