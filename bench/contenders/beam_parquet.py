"""Beam's own file sink after a plain tag by event type, on FnApiRunner: no contract, no dead letters, no duplicates removed."""

import logging
from typing import Any

import apache_beam as beam
import apache_beam.runners.portability.fn_api_runner  # start-up, not job
import orjson
import pyarrow as pa

from bench.columns import by_type
from bench.measure import arguments, job_part

ARROW = {"string": pa.string(), "long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}
PYTHON: dict[str, Any] = {"string": str, "long": int, "double": (int, float), "boolean": bool}


class Tag(beam.DoFn):
    """JSON lines to dicts, by event type. What does not fit is left out: one wrong value would stop WriteToParquet."""

    def __init__(self, columns: dict[str, dict[str, str]]):
        self.accepts = {t: {n: PYTHON[kind] for n, kind in own.items()} for t, own in columns.items()}

    def process(self, line: bytes) -> Any:
        try:
            event = orjson.loads(line)
            accepts = self.accepts[event["event_type"]]
        except (ValueError, KeyError, TypeError):
            return []
        if all(isinstance(v, accepts.get(n, object)) for n, v in event.items() if v is not None):
            return [beam.pvalue.TaggedOutput(event["event_type"], event)]
        return []


def main() -> None:
    args = arguments()
    logging.getLogger().setLevel(logging.ERROR)
    columns = by_type()
    with job_part(), beam.Pipeline(runner="FnApiRunner") as p:
        lines = p | beam.io.ReadFromText(f"{args.source}/*.jsonl", coder=beam.coders.BytesCoder())
        tagged = lines | beam.ParDo(Tag(columns)).with_outputs(*columns)
        for name, own in columns.items():
            schema = pa.schema([(n, ARROW[kind]) for n, kind in own.items()])
            tagged[name] | name >> beam.io.WriteToParquet(f"{args.out}/{name}/part", schema, file_name_suffix=".parquet")


if __name__ == "__main__":
    main()
