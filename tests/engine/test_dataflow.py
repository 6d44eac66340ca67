"""The job that Dataflow is given, made as the flex template's launcher makes it, and run here without what was there at the launch."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from gamebeam.archive.manifest import Run, RunError
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.options import Config, JobOptions
from gamebeam.pipeline.read_contract import read_contract
from gamebeam.pipeline.stream_run import state_settings, streaming_run
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.sql.check import compare_answers
from gamebeam.sql.engine import run
from gamebeam.transforms.dedup import dedup_key as copies
from gamebeam.transforms.dedup.seen_ids import SLICES
from gamebeam.transforms.dedup.transform import HORIZON_MS
from gamebeam.transforms.rollups import partials
from gamebeam.transforms.rollups import transform as rollup
from services.gcs import gcs_emulator
from tests.support.dataflow import IMAGE, ROOT, described, launch

pytestmark = pytest.mark.engine
GOLDEN = Path(__file__).parents[1] / "golden"
SOURCES = {"kafka": "kafka://broker:9092/events?group=gamebeam", "pubsub": "pubsub://projects/some-project/subscriptions/events"}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with gcs_emulator(tmp_path_factory.mktemp("gcs")) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        yield Client(project="local", credentials=AnonymousCredentials()).create_bucket("some-bucket")


def upload(bucket, folder, under):
    for path in (p for p in Path(folder).rglob("*") if p.is_file()):
        bucket.blob(f"{under}/{path.relative_to(folder).as_posix()}").upload_from_filename(str(path))


@pytest.fixture(scope="module", params=SOURCES)
def launched(request, bucket):
    done = launch(bucket, "--contract=starter", f"--source={SOURCES[request.param]}", f"--archive=gs://some-bucket/archive-{request.param}")
    assert done.exit == 0, done.stderr
    return request.param, done, done.graph


def test_a_stream_is_launched_as_a_streaming_job_of_the_one_image_and_its_run_is_open(launched, bucket):
    name, done, _ = launched
    assert done.job["type"] == "JOB_TYPE_STREAMING" and done.job["name"] == "gamebeam-test"
    images = {i["containerImage"] for pool in done.job["environment"]["workerPools"] for i in pool["sdkHarnessContainerImages"]}
    assert images == {IMAGE}
    manifest, = bucket.list_blobs(prefix=f"archive-{name}/_runs/")
    assert json.loads(manifest.download_as_bytes())["state"] == "open"


def test_an_update_finds_every_step_coder_window_and_state_again(launched):
    """A changed line breaks --update of a running job: say so in docs/operations.md, then GOLDEN=write pytest writes the file anew."""
    name, _, graph = launched
    frozen = [f"shards {copies.SHARDS}, bucket {copies.bucket_ms(True, HORIZON_MS)} ms in {SLICES} slices, "
              f"rollup shards {partials.SHARDS}, "
              f"stretches {rollup.LEDGER_S} or {rollup.OTHERS_S} s"]
    now, file = frozen + described(graph), GOLDEN / f"dataflow_{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text("\n".join(now) + "\n")
    assert now == file.read_text().splitlines()


def test_no_step_is_named_after_a_line_of_our_code(launched):
    assert not [t.unique_name for t in launched[2].components.transforms.values()
                if ".py:" in t.unique_name and "core.py" not in t.unique_name]


def test_an_update_by_template_continues_the_run_that_it_names(launched, bucket):
    name, first, _ = launched
    run_id = first.stdout.split()[1].rstrip(":")
    before = len(list(bucket.list_blobs(prefix=f"archive-{name}/_runs/")))
    second = launch(bucket, f"--source={SOURCES[name]}", f"--archive=gs://some-bucket/archive-{name}", f"--run_id={run_id}")
    assert second.stdout == f"run {run_id}: open\n"
    assert len(list(bucket.list_blobs(prefix=f"archive-{name}/_runs/"))) == before


def open_run(run_id):
    return Run(run_id, "open", "streaming", "", "2026-11-01T00:00:00+00:00")


def test_an_update_without_a_template_finds_the_run_of_its_job_and_a_cold_start_under_its_name_is_refused():
    contract, runs = load_contract("starter"), [open_run("game-20261101T000000Z"), open_run("game-eu-20261102T000000Z")]

    def asked(*flags):
        return streaming_run(JobOptions(["--runner=DataflowRunner", "--job_name=game", *flags]), contract, runs, on_prism=False,
                             settings=state_settings(Config()))

    assert asked("--update") is runs[0]
    assert asked("--update", "--run_id=game-eu-20261102T000000Z") is runs[1]
    assert asked().run_id not in {r.run_id for r in runs}
    with pytest.raises(RunError, match="give --update to continue its state"):
        asked("--run_id=game-20261101T000000Z")
    with pytest.raises(RunError, match="no open run of job other"):
        asked("--update", "--job_name=other")


@pytest.mark.parametrize("path, said", [("gs://some-bucket/nowhere", "gs://some-bucket/nowhere: no such folder, or nothing in it"),
                                        ("nosuch://bucket/game", "nosuch://bucket/game: cannot be read")])
def test_a_contract_that_is_not_there_is_one_line(bucket, monkeypatch, path, said):
    monkeypatch.setattr("apache_beam.internal.gcp.auth._Credentials._credentials_init", True)
    with pytest.raises(ContractError, match=said) as e:
        read_contract(path)
    assert "\n" not in str(e.value)


RUN_GRAPH = """
import sys
from apache_beam.internal.gcp import auth
auth._Credentials._credentials_init = True
import apache_beam as beam
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2 as proto
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
graph = proto.Pipeline.FromString(open(sys.argv[1], "rb").read())
for environment in graph.components.environments.values():
    environment.CopyFrom(proto.Environment(urn="beam:env:embedded_python:v1", capabilities=environment.capabilities))
FnApiRunner().run_via_runner_api(graph, PipelineOptions()).wait_until_finish()
"""


def test_a_new_game_needs_no_new_image_and_a_launched_batch_run_commits_itself(bucket, tmp_path):
    """The contract is on gs:// alone, and gone before the job's graph runs, in another process."""
    game = tmp_path / "mygame"
    shutil.copytree(ROOT / "schemas" / "games" / "starter", game)
    (game / "contract.yaml").write_text((game / "contract.yaml").read_text().replace("name: starter", "name: mygame"))
    generate(load_contract(str(game)), tmp_path / "sent", players=40, days=1, seed=1, files=2)
    upload(bucket, game, "contracts/mygame")
    upload(bucket, tmp_path / "sent" / "messages", "messages")
    done = launch(bucket, "--source=gs://some-bucket/messages/*", "--archive=gs://some-bucket/batch",
                  "--contract=gs://some-bucket/contracts/mygame", "--again=false")
    assert done.exit == 0 and "handed to Dataflow" in done.stdout, done.stderr
    for blob in bucket.list_blobs(prefix="contracts/"):
        blob.delete()
    (tmp_path / "graph").write_bytes(done.graph.SerializeToString())
    subprocess.run([sys.executable, "-c", RUN_GRAPH, tmp_path / "graph"], check=True, capture_output=True, cwd=ROOT)
    for blob in bucket.list_blobs(prefix="batch/"):
        (tmp_path / blob.name).parent.mkdir(parents=True, exist_ok=True)
        blob.download_to_filename(str(tmp_path / blob.name))
    contract = load_contract(str(game))
    comparison = compare_answers(contract, str(tmp_path / "batch"), str(tmp_path / "sent" / "answers"))
    assert comparison.figures and not comparison.differences
    assert run(contract, str(tmp_path / "batch"), "SELECT state FROM runs").rows == [("complete",)]
