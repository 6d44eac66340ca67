"""The job's flags, all of them. Everything else is derived, or stands in the contract or the --config file."""

import os
from argparse import ArgumentParser
from dataclasses import dataclass

from apache_beam.options.pipeline_options import PipelineOptions

from schemas.fields import load_yaml


class JobOptions(PipelineOptions):
    """Beam's own flags (--runner …) are accepted beside these."""

    @classmethod
    def _add_argparse_args(cls, parser: ArgumentParser) -> None:
        parser.add_argument("--source", help="Where messages come from: a file or a glob, such as 'messages/*' or "
                            "gs://bucket/messages/*, or kafka://broker:9092/topic?group=…&start=committed")
        parser.add_argument("--contract", default="starter", help="A packaged game's name, or the path of a contract's folder")
        parser.add_argument("--archive", help="Root folder of the Parquet archive, on disk or gs://; one per game")
        parser.add_argument("--tables", help="BigQuery tables beside the archive: bq://project.dataset; gamebeam tables apply makes them")
        parser.add_argument("--run_id", help="Name of this run; derived from its inputs by default; in a stream from the launch, "
                            "and given again to continue it from a savepoint")
        parser.add_argument("--again", action="store_true", help="Read files that a complete run has read already, and supersede it")
        parser.add_argument("--config", help="YAML file of the rarely touched: pii_key_file")


@dataclass(frozen=True)
class Config:
    """What --config may say."""

    pii_key_file: str | None = None

    @classmethod
    def load(cls, path: str | None) -> "Config":
        if path is None:
            return cls()
        with open(path) as f:
            body = load_yaml(f.read(), path)
        if unknown := set(body) - set(cls.__dataclass_fields__):
            raise ValueError(f"{path}: {sorted(unknown)[0]}: unknown; known are {', '.join(cls.__dataclass_fields__)}")
        return cls(**body)


def pii_key(config: Config) -> bytes | None:
    path = config.pii_key_file or os.environ.get("GAMEBEAM_PII_KEY_FILE")
    if path is None:
        return None
    with open(path, "rb") as f:
        return f.read().strip()
