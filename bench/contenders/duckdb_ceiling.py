"""DuckDB: JSON lines to partitioned Parquet in one statement, in C++ on both cores. The ceiling, not a rival: it is no pipeline."""

import duckdb

from bench.columns import by_type, wide
from bench.measure import arguments, job_part

SQL = {"string": "VARCHAR", "long": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}
STATEMENT = """
COPY (SELECT *, event_time // 86400000 AS day, event_time // 3600000 % 24 AS hour
      FROM read_json('{source}/*.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {{{columns}}})
      WHERE event_type IN ({types}))
TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (event_type, day, hour))
"""


def main() -> None:
    args = arguments()
    columns = ", ".join(f"{name}: '{SQL[kind]}'" for name, kind in wide().items())
    types = ", ".join(f"'{name}'" for name in by_type())
    connection = duckdb.connect(config={"threads": 2})
    with job_part():
        connection.execute(STATEMENT.format(source=args.source, columns=columns, types=types, out=args.out))


if __name__ == "__main__":
    main()
