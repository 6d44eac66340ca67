"""The job's options and its --config file. Everything else is derived, or stands in the contract."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import dataclass

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from gamebeam.pipeline.job_flags import FLAGS
from gamebeam.schemas.contract.fields import load_yaml
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


@dataclass(frozen=True)
class Config:
    """What --config may say."""

    pii_key_file: str | None = None
    follow_seconds: float = 2.0  # between looks for new files; what comes between two is read together
    follow_still_seconds: float = 2.0  # for which nothing was written to a file before it is read
    follow_files: int | None = None  # at most so many new files make a batch (a bundle); none: as many as are there, up to 64 MiB
    horizon_minutes: float = 2_880  # of arrival, in which a stream knows a copy again
    rollup_minutes: float = 10  # of arrival, which a stream's player_hours and counter_hours gather before they write rows

    @classmethod
    def load(cls, path: str | None) -> "Config":
        if path is None:
            return cls()
        with FileSystems.open(path) as f:
            body = load_yaml(f.read().decode(), path)
        if unknown := set(body) - set(cls.__dataclass_fields__):
            raise ValueError(f"{path}: {sorted(unknown)[0]}: unknown; known are {', '.join(cls.__dataclass_fields__)}")
        for name in ("follow_seconds", "follow_still_seconds", "horizon_minutes", "rollup_minutes"):
            value = body.get(name, 1)
            if type(value) not in (int, float) or not 0 < value < float("inf"):
                raise ValueError(f"{path}: {name}: a number above 0, not {value!r}")
        if type(most := body.get("follow_files", 1)) is not int or most < 1:
            raise ValueError(f"{path}: follow_files: a whole number above 0, not {most!r}")
        return cls(**body)


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
