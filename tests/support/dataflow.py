"""What the flex template's launcher does, on this machine: the template's main with the launcher's flags, and the graph that comes out.

Nothing is sent to Dataflow: with --template_location the job's description is all that is made, and the graph staged beside it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam  # noqa: F401  before its protos: it makes their modules known
from apache_beam.portability.api import beam_runner_api_pb2 as proto
from apache_beam.runners.pipeline_context import PipelineContext

ROOT = Path(__file__).parents[2]
IMAGE = "europe-west1-docker.pkg.dev/some-project/gamebeam/gamebeam:abc"
# As a launcher's main; without it the first call to a bucket looks for credentials for twenty seconds.
MAIN = ("import runpy, sys; from apache_beam.internal.gcp import auth; auth._Credentials._credentials_init = True; "
        "from unittest import mock; from google.auth.credentials import AnonymousCredentials; "
        "mock.patch('google.auth.default', lambda **_: (AnonymousCredentials(), 'some-project')).start(); "
        "sys.argv[0] = 'main.py'; runpy.run_path({main!r}, run_name='__main__')")


class Launched(NamedTuple):
    exit: int
    stdout: str
    stderr: str
    bucket: Any

    @property
    def job(self) -> dict[str, Any]:
        return json.loads(self.bucket.blob("launch/job_object").download_as_bytes())

    @property
    def graph(self) -> proto.Pipeline:
        staged, = (b for b in self.bucket.list_blobs(prefix="staging/") if b.name.endswith("/pipeline.pb"))
        return proto.Pipeline.FromString(staged.download_as_bytes())


def launch(bucket: Any, *flags: str, main: Path = ROOT / "templates" / "main.py", path: Path = ROOT) -> Launched:
    """Runs the template's main in a process of its own, over a bucket of the storage emulator. `path`: where the packages lie."""
    for old in bucket.list_blobs(prefix="staging/"):
        old.delete()
    root = f"gs://{bucket.name}"
    command = [sys.executable, "-c", MAIN.format(main=str(main)), "--runner=DataflowRunner", "--project=some-project",
               "--region=europe-west1", "--job_name=gamebeam-test", f"--template_location={root}/launch/job_object",
               f"--temp_location={root}/temp", f"--staging_location={root}/staging", f"--sdk_container_image={IMAGE}",
               "--sdk_location=container", '--labels={"goog-dataflow-provided-template-type": "flex"}', *flags]
    env = {**os.environ, "STORAGE_EMULATOR_HOST": bucket.client._connection.API_BASE_URL, "PYTHONPATH": str(path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, env=env, cwd=path)
    return Launched(done.returncode, done.stdout, done.stderr, bucket)


def described(graph: proto.Pipeline) -> list[str]:
    """What an update must find again: every step's name, and coder, windows and state at each place where data rest between bundles."""
    parts, context = graph.components, PipelineContext(graph.components)
    lines = []
    for step in sorted((t for t in parts.transforms.values() if t.unique_name and not t.subtransforms), key=lambda t: t.unique_name):
        kind = step.spec.urn.removeprefix("beam:transform:").removesuffix(":v1")
        lines.append(f"{step.unique_name} [{kind}]")
        if kind == "group_by_key":
            for source in step.inputs.values():
                collection = parts.pcollections[source]
                lines += [f"    elements: {_coder(context, collection.coder_id)}",
                          f"    windows: {_windows(context, collection.windowing_strategy_id)}"]
        if kind == "pardo":
            payload = proto.ParDoPayload.FromString(step.spec.payload)
            lines += [f"    state {name}: {_state(context, spec)}" for name, spec in sorted(payload.state_specs.items())]
            lines += [f"    timer {name}: {proto.TimeDomain.Enum.Name(spec.time_domain)}"
                      for name, spec in sorted(payload.timer_family_specs.items())]
            if payload.restriction_coder_id:
                lines.append(f"    restriction: {_coder(context, payload.restriction_coder_id)}")
    return lines


def _coder(context: PipelineContext, name: str) -> str:
    return str(context.coders.get_by_id(name))


def _windows(context: PipelineContext, name: str) -> str:
    windowing = context.windowing_strategies.get_by_id(name)
    mode = proto.AccumulationMode.Enum.Name(windowing.accumulation_mode)
    sizes = ", ".join(f"{k}={v}" for k, v in sorted(vars(windowing.windowfn).items()))
    return f"{type(windowing.windowfn).__name__}({sizes}), {windowing.triggerfn}, {mode}, lateness {windowing.allowed_lateness}"


def _state(context: PipelineContext, spec: proto.StateSpec) -> str:
    kind = spec.WhichOneof("spec")
    inner = getattr(spec, kind)
    return f"{kind.removesuffix('_spec')} of {_coder(context, getattr(inner, 'element_coder_id', '') or inner.coder_id)}"
