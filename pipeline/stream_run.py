"""Which run a stream is: a new one, or the one whose state a savepoint, a checkpoint or an update gives back."""

import re
from datetime import UTC, datetime

from apache_beam.options.pipeline_options import GoogleCloudOptions

from gamebeam.archive.manifest import Run, RunError, StateSettings, now
from gamebeam.archive.overlap import require_name
from gamebeam.pipeline.options import Config, JobOptions, on_dataflow
from gamebeam.pipeline.runners.flink import has_state
from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.dedup.dedup_key import SHARDS, bucket_ms


def state_settings(config: Config) -> StateSettings:
    """Return what the state of a stream under this --config depends on."""
    horizon_ms = round(config.horizon_minutes * 60_000)
    return StateSettings(horizon_ms, round(config.rollup_minutes * 60_000), SHARDS, bucket_ms(True, horizon_ms))


def _require_same_state(known: Run, settings: StateSettings) -> None:
    """Refuse to continue a run from a state that other settings shaped. Manifests of older versions do not record the settings."""
    before = known.state_settings
    if before is None or before == settings:
        return
    for name, flag in (("horizon_ms", "horizon_minutes"), ("rollup_window_ms", "rollup_minutes")):
        if (was := getattr(before, name)) != (now_is := getattr(settings, name)):
            raise RunError(f"--run_id={known.run_id}: its state was made with {flag}: {was / 60_000:g}, not {now_is / 60_000:g}; set that "
                           "in --config again, or leave --run_id out to start a new run")
    raise RunError(f"--run_id={known.run_id}: its state was made with {before.shards} shards and buckets of {before.bucket_ms} ms, this "
                   f"version of gamebeam has {settings.shards} and {settings.bucket_ms} ms; continue it with the version that started it, "
                   "or leave --run_id out to start a new run")


def streaming_run(options: JobOptions, contract: Contract, earlier: list[Run], on_prism: bool, settings: StateSettings) -> Run:
    """A new run, or the one that --run_id names: its state comes back from the savepoint or checkpoint given with it."""
    cloud = options.view_as(GoogleCloudOptions)
    launch, job = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"), cloud.job_name or contract.name
    run_id = options.run_id or (_continued(job, earlier) if cloud.update else f"{job}-{launch}")
    require_name(run_id)
    known = next((r for r in earlier if r.run_id == run_id), None)
    if known is None:
        if has_state(options):
            raise RunError(f"--run_id={options.run_id or ''}: the archive knows no such run; give that of the job whose state this is")
        return Run(run_id, "open", "streaming", contract.fingerprint, now(), state_settings=settings)
    if known.mode != "streaming" or not known.visible:
        raise RunError(f"--run_id={run_id}: a {known.mode} run of this name is {known.state}; leave --run_id out, or choose another")
    if on_prism:
        raise RunError(f"--run_id={run_id}: used before, and Prism keeps no state to continue it from: its windows would begin anew "
                       "and hide what they held; leave --run_id out: views add a new run's rows")
    if on_dataflow(options):
        if not (cloud.update or cloud.template_location):  # a template's launcher does not say which it is
            raise RunError(f"--run_id={run_id}: used before; give --update to continue its state, or leave --run_id out for a cold start")
    elif not has_state(options):
        raise RunError(f"--run_id={run_id}: used before; give --savepoint_path, a savepoint or retained checkpoint of it, or leave "
                       "--run_id out, for a new run with start=rewind:…: without its state it would overwrite what it wrote")
    _require_same_state(known, settings)
    known.state_settings = settings
    return known


def _continued(job: str, earlier: list[Run]) -> str:
    """The run whose state an update of this job takes over."""
    mine = [r for r in earlier if r.state == "open" and re.fullmatch(rf"{re.escape(job)}-\d{{8}}T\d{{6}}Z", r.run_id)]
    if not mine:
        raise RunError(f"--update: the archive has no open run of job {job}; give its --run_id, or leave --update out for a cold start")
    return mine[-1].run_id
