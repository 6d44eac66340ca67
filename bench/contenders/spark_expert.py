"""Spark as an expert would do it: one batch pass, from_json once with an explicit schema, no Python UDF, partitioned zstd Parquet."""

import sys
from pathlib import Path

from pyspark.sql.functions import col, from_json, hour, timestamp_millis, to_date

from bench.columns import by_type, wide
from bench.contenders.spark_session import local_session, struct
from bench.measure import arguments, job_part

BARE_FILES = Path(sys.prefix) / "java"  # compiled from BareLocalFileSystem.java where there was a javac
SETTINGS = {
    "spark.driver.memory": "4g",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.extraClassPath": str(BARE_FILES),
    "spark.hadoop.fs.file.impl": "BareLocalFileSystem" if BARE_FILES.exists() else "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
}


def main() -> None:
    args = arguments()
    spark = local_session("expert", SETTINGS)
    with job_part():
        events = spark.read.text(args.source).select(from_json("value", struct(wide())).alias("event")).select("event.*")
        known = events.filter(col("event_type").isin(*by_type()))
        when = timestamp_millis(col("event_time"))
        (
            known.withColumn("date", to_date(when))
            .withColumn("hour", hour(when))
            .write.partitionBy("event_type", "date", "hour")
            .option("compression", "zstd")
            .parquet(args.out)
        )
    spark.stop()


if __name__ == "__main__":
    main()
