"""The khan write-up's job as its author would run it, from Kafka: four Parquet queries, each of which reads the whole topic."""

import argparse
import os
from pathlib import Path

from bench.contenders.spark_author import TABLES, query
from bench.contenders.spark_session import local_session
from bench.measure import job_part


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--servers", "--topic", "--out"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    spark = local_session("khan", {"spark.sql.execution.pythonUDF.arrow.enabled": "false",
                                   "spark.jars": ",".join(str(jar) for jar in Path(os.environ["SPARK_KAFKA_JARS"]).glob("*.jar"))})
    with job_part():
        records = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", args.servers).option("subscribe", args.topic)
                   .option("startingOffsets", "earliest").load())
        messages = records.selectExpr("CAST(value AS STRING) AS value")
        queries = [query(messages, table, types, args.out) for table, types in TABLES.items()]
        for running in queries:
            running.awaitTermination()
    spark.stop()


if __name__ == "__main__":
    main()
