"""The khan write-up's job as its author would run it: Structured Streaming, four Parquet queries over the same source, each with
a Python UDF as its filter (json.loads on every message) and then from_json."""

import json

from pyspark.sql import DataFrame
from pyspark.sql.functions import col, from_json, udf
from pyspark.sql.streaming import StreamingQuery
from pyspark.sql.types import StructType

from bench.columns import by_type
from bench.contenders.spark_session import local_session, struct
from bench.measure import arguments, job_part

TABLES = {
    "purchase_events": {"purchase", "refund"},
    "character_stats": {"level_up", "match_end"},
    "guild_events": {"guild_join", "guild_leave", "team_join", "team_leave"},
}
TABLES["character_events"] = set(by_type()).difference(*TABLES.values())


def main() -> None:
    args = arguments()
    # His Spark pickled what UDFs see. Arrow, today's default, was no faster here, and stops at the first text that is not UTF-8.
    spark = local_session("khan", {"spark.sql.execution.pythonUDF.arrow.enabled": "false"})
    with job_part():
        messages = spark.readStream.text(args.source)
        started = [query(messages, table, types, args.out) for table, types in TABLES.items()]
        for each in started:
            each.awaitTermination()
    spark.stop()


def query(messages: DataFrame, table: str, types: set[str], out: str) -> StreamingQuery:
    @udf("boolean")
    def is_wanted(message: str) -> bool:
        try:  # not the author's: without it the first broken message ends his job
            return json.loads(message)["event_type"] in types
        except (ValueError, KeyError, TypeError):
            return False

    rows = (
        messages.filter(is_wanted(col("value")))
        .select(col("value").alias("raw_event"), from_json(col("value"), _schema(types)).alias("event"))
        .select("raw_event", "event.*")
    )
    return (
        rows.writeStream.format("parquet")
        .option("path", f"{out}/{table}")
        .option("checkpointLocation", f"{out}/_checkpoints/{table}")
        .trigger(availableNow=True)
        .start()
    )


def _schema(types: set[str]) -> StructType:
    columns: dict[str, str] = {}
    for name in sorted(types):
        columns |= by_type()[name]
    return struct(columns)


if __name__ == "__main__":
    main()
