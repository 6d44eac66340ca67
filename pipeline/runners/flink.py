"""A job on Flink: the runner's own flags, which Beam's Python side does not know, with values that suit this job."""

from argparse import ArgumentParser

from apache_beam.options.pipeline_options import FlinkRunnerOptions, GoogleCloudOptions, PipelineOptions

WHOLE_NUMBERS = {
    "checkpointing_interval": "ms between checkpoints; what was read since the last is read again after a crash (10000)",
    "min_pause_between_checkpoints": "ms",
    "checkpoint_timeout_millis": "ms",
    "max_bundle_time_mills": "ms that a bundle may take; small ones keep latency low (1000)",
    "max_bundle_size": "elements in a bundle at most",
    "shutdown_sources_after_idle_ms": "ms after its sources' end when a job ends (never; 0 with until=idle, and no checkpoint)",
    "number_of_execution_retries": "restarts, where the cluster's restart strategy is not to decide",
}
TEXTS = {
    "savepoint_path": "a savepoint or retained checkpoint to continue from, with --run_id",
    "state_backend": "of the cluster by default",
    "state_backend_storage_path": "",
}
SWITCHES = {
    "allow_non_restored_state": "drop state of steps that are no more in the job",
    "externalized_checkpoints_enabled": "keep the last checkpoints (on by default)",
    "retain_externalized_checkpoints_on_cancellation": "after a cancel, too (on by default)",
    "unaligned_checkpoint_enabled": "",
    "finish_bundle_before_checkpointing": "",
}
DEFAULTS = {"checkpointing_interval": 10_000, "max_bundle_time_mills": 1_000, "finish_bundle_before_checkpointing": True,
            "externalized_checkpoints_enabled": True,
            "retain_externalized_checkpoints_on_cancellation": True}


class FlinkFlags(PipelineOptions):
    """Absent is None: the runner's own default, but for DEFAULTS on Flink."""

    @classmethod
    def _add_argparse_args(cls, parser: ArgumentParser) -> None:
        for name, meaning in WHOLE_NUMBERS.items():
            parser.add_argument(f"--{name}", type=int, help=f"Flink: {meaning}")
        for name, meaning in TEXTS.items():
            parser.add_argument(f"--{name}", help=f"Flink: {meaning}")
        for name, meaning in SWITCHES.items():
            parser.add_argument(f"--{name}", action="store_true", default=None, help=f"Flink: {meaning}")


def prepare(options: PipelineOptions, run_id: str, ends: bool) -> None:
    """What suits this job on Flink, where nothing was asked for; the job has the run's name there. ends: once its source has ended."""
    flags = options.view_as(FlinkFlags)
    for name, value in (DEFAULTS | ({"shutdown_sources_after_idle_ms": 0} if ends else {})).items():
        if getattr(flags, name) is None:
            setattr(flags, name, value)
    cloud = options.view_as(GoogleCloudOptions)
    cloud.job_name = cloud.job_name or run_id


def key_groups(options: PipelineOptions) -> int:
    """The job's, by --max_parallelism, or as Flink chooses them: 128 for up to 85 tasks of a step."""
    asked = options.view_as(FlinkRunnerOptions)
    if asked.max_parallelism > 0:
        return int(asked.max_parallelism)
    tasks = max(asked.parallelism, 1)
    return min(max(1 << (tasks + tasks // 2 - 1).bit_length(), 128), 1 << 15)


def has_state(options: PipelineOptions) -> bool:
    """Whether the job continues from what an earlier one kept: a savepoint or checkpoint; on Dataflow, by --update."""
    return bool(options.view_as(FlinkFlags).savepoint_path or options.view_as(GoogleCloudOptions).update)
