"""A Spark session on this machine's two cores, and its schemas."""

import os
import sys

from pyspark.sql import SparkSession
from pyspark.sql.types import BooleanType, DoubleType, LongType, StringType, StructField, StructType

SPARK = {"string": StringType(), "long": LongType(), "double": DoubleType(), "boolean": BooleanType()}


def local_session(name: str, settings: dict[str, str]) -> SparkSession:
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]").appName(name).config("spark.ui.enabled", "false")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def struct(columns: dict[str, str]) -> StructType:
    return StructType([StructField(name, SPARK[kind]) for name, kind in columns.items()])
