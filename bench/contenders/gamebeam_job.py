"""Gamebeam's whole job, by the command that its users run."""

import sys

import apache_beam.runners.portability.fn_api_runner  # noqa: F401  start-up, not job

import gamebeam.pipeline.batch
from bench.measure import arguments, job_part
from gamebeam.pipeline.cli.__main__ import main as gamebeam


def main() -> int:
    args = arguments()
    with job_part():
        code = gamebeam(["run", "--contract=starter", f"--source={args.source}/*.jsonl", f"--archive={args.out}"])
    return code


if __name__ == "__main__":
    sys.exit(main())
