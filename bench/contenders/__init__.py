"""Who is measured. Each contender is a script of its own: python -m bench.contenders.NAME --source=FOLDER --out=FOLDER."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    name: str  # its module in this package
    title: str
    does: str
    does_not: str
    on_spark: bool = False  # runs in Spark's own environment, and needs Java


CONTENDERS = (
    Contender(
        "gamebeam_job", "Gamebeam, the whole job",
        "`gamebeam run`: typed decoding under the contract, dead letters with reason and bytes, secrets dropped, duplicates removed, "
        "zstd Parquet by type and hour, ledger, counters, player hours, four declared rollups, run manifest",
        "nothing is switched off"),
    Contender(
        "spark_author", "Spark, as the khan write-up's author ran it",
        "PySpark Structured Streaming, `availableNow`, `local[2]`: four Parquet queries, each over all messages with a Python UDF "
        "(`json.loads`) as filter, then `from_json`. Two changes: a `try` around `json.loads`, since the first broken message ended the "
        "job, and pickled UDFs as in his Spark, since today's Arrow UDFs stop at the first text that is not UTF-8",
        "no check of types, no dead letters, no duplicates removed, no partitions, no sums; four tables instead of one per type",
        on_spark=True),
    Contender(
        "spark_expert", "Spark, as an expert would",
        "one batch pass on `local[2]`: `from_json` once with an explicit schema, no Python UDF, zstd Parquet by type, date and hour; "
        "where there is a `javac`, a local file system that starts no `chmod` process per file (Hadoop's does, without its native library)",
        "broken messages and unknown types vanish, a wrong value becomes null; no dead letters, no duplicates removed, no sums",
        on_spark=True),
    Contender(
        "beam_parquet", "Beam's WriteToParquet after a plain tag",
        "FnApiRunner: `ReadFromText`, `orjson.loads`, a side output per event type, Beam's own `WriteToParquet` (uncompressed)",
        "what does not fit is left out; no partitions, no dead letters, no duplicates removed, no sums"),
    Contender(
        "duckdb_ceiling", "DuckDB, the ceiling",
        "one statement on two threads: `read_json` with explicit columns, zstd Parquet by type, day and hour",
        "no pipeline at all: what does not fit is left out; no dead letters, no duplicates removed, no sums"),
)
