"""The job's flags, all of them. Everything else is derived, or stands in the contract or the --config file."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Annotated

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from msgspec import Meta, Struct

from gamebeam.schemas.contract.yaml_models import read_yaml
from gamebeam.transforms.decode.secret_key import SECRET, secret_key


class JobOptions(PipelineOptions):
    """Beam's own flags (--runner …) are accepted beside these."""

    @classmethod
    def _add_argparse_args(cls, parser: ArgumentParser) -> None:
        parser.add_argument("--source", help="Where messages come from: a file or a glob, such as 'messages/*' or "
                            "gs://bucket/messages/*, or kafka://broker:9092/topic?group=…&start=committed, or "
                            "pubsub://projects/PROJECT/subscriptions/SUBSCRIPTION")
        parser.add_argument("--follow", nargs="?", const=True, default=False, type=_yes,
                            help="Read the glob's files as they are dropped, each once, without end")
        parser.add_argument("--contract", help="A packaged game's name, or the path of a contract's folder, on disk or gs://; "
                            "by default the archive's own, so that only a new archive needs it")
        parser.add_argument("--archive", help="Root folder of the Parquet archive, on disk or gs://; one per game")
        parser.add_argument("--tables", help="BigQuery tables beside the archive: bq://project.dataset; gamebeam tables apply makes them")
        parser.add_argument("--run_id", help="Name of this run; derived from its inputs by default; in a stream from the launch, "
                            "and given again to continue it from a savepoint")
        parser.add_argument("--again", nargs="?", const=True, default=False, type=_yes,
                            help="Read files that a complete run has read already, and supersede it")
        parser.add_argument("--players", help="Where each player's last known values are kept, beside the archive: redis://host:6379/0")
        parser.add_argument("--config", help="YAML file of the rarely touched, on disk or gs://: pii_key_file, "
                            "follow_seconds, follow_still_seconds, follow_files, horizon_minutes, rollup_minutes")


AboveZero = Annotated[float, Meta(gt=0, le=1e9, title="a number above 0")]


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """What --config may say."""

    pii_key_file: str | None = None
    follow_seconds: Annotated[AboveZero, Meta(description="Between looks for new files; what comes between two is read together.")] = 2.0
    follow_still_seconds: Annotated[AboveZero, Meta(description="For which nothing was written to a file before it is read.")] = 2.0
    follow_files: Annotated[int, Meta(ge=1, title="a whole number above 0", description=(
        "At most so many new files make a batch (a bundle); as many as are there, up to 64 MiB, if left out."))] | None = None
    horizon_minutes: Annotated[AboveZero, Meta(description="Of arrival, in which a stream knows a copy again.")] = 2_880
    rollup_minutes: Annotated[AboveZero, Meta(
        description="Of arrival, which a stream's player_hours and counter_hours gather before they write rows.")] = 10

    @classmethod
    def load(cls, path: str | None) -> "Config":
        if path is None:
            return cls()
        with FileSystems.open(path) as f:
            return read_yaml(f.read().decode(), path, cls)


def pii_key(config: Config, travels: bool = False) -> bytes | None:
    """travels: the job's graph lies in a bucket, where no key may lie."""
    path = config.pii_key_file or os.environ.get("GAMEBEAM_PII_KEY_FILE")
    if path is None:
        return None
    if SECRET.fullmatch(path):
        return secret_key(path)
    if travels:
        raise ValueError(f"pii_key_file: {path}: would travel in the job's graph; give projects/P/secrets/S/versions/V of Secret Manager")
    with open(path, "rb") as f:
        return f.read().strip()


def on_dataflow(options: PipelineOptions) -> bool:
    return (options.view_as(StandardOptions).runner or "").rsplit(".", 1)[-1].lower() == "dataflowrunner"


def _yes(text: str) -> bool:
    """A template's launcher gives every flag a value."""
    if text.lower() not in ("true", "false", ""):
        raise ArgumentTypeError(f"true or false, not {text!r}")
    return text.lower() == "true"
