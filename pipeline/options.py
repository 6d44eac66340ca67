"""The job's options and its --config file. Everything else is derived, or stands in the contract."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Annotated

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from msgspec import Meta, Struct

from gamebeam.pipeline.job_flags import FLAGS
from gamebeam.schemas.contract.yaml_models import read_yaml
from gamebeam.transforms.decode.secret_key import SECRET, secret_key


class JobOptions(PipelineOptions):
    """Beam's own flags (--runner …) are accepted beside these."""

    @classmethod
    def _add_argparse_args(cls, parser: ArgumentParser) -> None:
        for flag in FLAGS:
            if flag.is_switch:
                parser.add_argument(*flag.names, dest=flag.attribute, nargs="?", const=True, default=False, type=_yes, help=flag.help)
            else:
                parser.add_argument(*flag.names, dest=flag.attribute, help=flag.help)


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
