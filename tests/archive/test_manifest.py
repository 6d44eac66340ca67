"""Manifests: one model, read in one place; of a stream they record what its state depends on."""

import json
from pathlib import Path

import pytest

from gamebeam.archive.layout import manifest_path, run_of
from gamebeam.archive.manifest import BrokenManifest, Input, Repaired, Run, RunError, StateSettings, read_runs, write_run
from gamebeam.pipeline.options import Config, JobOptions
from gamebeam.pipeline.stream_run import state_settings, streaming_run
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.archive import read_runs as runs_as_table
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.scanned import cost_of_a_day
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, WrittenArchive

STARTER = load_contract("starter")


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    run = Run("r", "complete", "streaming", "f", "2026-12-01T00:00:00+00:00", "2026-12-01T01:00:00+00:00", [Input("a", "ab", 3)],
              {"purchase": 2}, ["old"], 4, [Repaired("old", "2026-11-30T00:00:00+00:00")], "kafka://a/t", None,
              StateSettings(1, 2, 3, 4))
    write_run(str(tmp_path), run)
    assert read_runs(str(tmp_path)) == [run]


def test_a_manifest_of_a_newer_version_is_read_without_what_is_not_known_yet(tmp_path):
    write_run(str(tmp_path), Run("r", "complete", "batch", "f", "2026-12-01T00:00:00+00:00"))
    path = Path(manifest_path(str(tmp_path), "r"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"invented_later": [1]}))
    assert [run.run_id for run in read_runs(str(tmp_path))] == ["r"]


@pytest.mark.parametrize("text, problem", [
    ('{"run_id": "r2"', "truncated"),
    ('{"run_id": "r2"}', "missing required field `state`"),
    ('{"run_id": "r2", "state": "complete", "mode": "batch", "contract": "f", "started": "2026", "rows": {"a": "b"}}', r"\$.rows"),
])
def test_a_broken_manifest_is_one_line_with_its_path_what_is_wrong_and_a_remedy(tmp_path, text, problem):
    path = Path(manifest_path(str(tmp_path), "r2"))
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(BrokenManifest, match=rf"r2\.json: not a run's manifest .*{problem}.*move it out") as e:
        read_runs(str(tmp_path))
    assert "\n" not in str(e.value)


def test_sql_reads_the_runs_that_the_job_reads(tmp_path):
    archive = WrittenArchive(small_contract(), tmp_path)
    archive.run("newer", supersedes=["r1"])
    archive.run("half", "started")
    assert {(r.run_id, r.state) for r in read_runs(archive.root)} == {("r1", "superseded"), ("newer", "complete"), ("half", "started")}
    assert {(r["run_id"], r["state"]) for r in runs_as_table(archive.root).to_pylist()} == {
        (r.run_id, r.state) for r in read_runs(archive.root)}


@pytest.mark.parametrize("name, run", [
    ("part-batch-4f-all-0.parquet", "batch-4f"),
    ("part-batch-4f-1-all-0.parquet", "batch-4f-1"),
    ("part-batch-4f-refused-all-3.parquet", "batch-4f"),
    ("part-live-1700000000-0.parquet", "live"),
    ("part-batch-4f-2-all-0.parquet", None),
    ("part-batch-4f-later.parquet", None),
    ("part-live-1700000000-0.parquet.tmp", None),
])
def test_a_part_file_belongs_to_the_run_that_its_name_gives(name, run):
    assert run_of(f"/a/events/login/date=2026-11-01/hour=07/{name}", {"batch-4f", "batch-4f-1", "live"}) == run


def test_a_feeds_file_belongs_to_the_load_that_its_folder_names():
    path = "/a/feeds/costs/load={0}/part-{0}-0.parquet"
    assert run_of(path.format("feed-costs-4f"), {"feed-costs-4f"}) == "feed-costs-4f"
    assert run_of(path.format("feed-costs-4f-2"), {"feed-costs-4f"}) is None


def test_files_of_an_unfinished_run_whose_id_begins_with_a_complete_ones_cost_nothing_and_are_not_read(tmp_path):
    archive = WrittenArchive(small_contract(), tmp_path)
    archive.run("r1-1", "started")
    archive.event("purchase", "e1", DAY)
    before = cost_of_a_day(archive.contract, archive.root, "2026-11-02", "csv")
    archive.event("purchase", "e2", DAY, run_id="r1-1").write_bytes(b"half a fi")
    assert cost_of_a_day(archive.contract, archive.root, "2026-11-02", "csv") == before
    assert ask(open_archive(archive.contract, archive.root), "SELECT event_id FROM purchase").rows == [("e1",)]


def resumed(known: Run, config: Config) -> Run:
    options = JobOptions(["--source=kafka://a/t", f"--run_id={known.run_id}", "--runner=FlinkRunner", "--savepoint_path=/s"])
    return streaming_run(options, STARTER, [known], False, state_settings(config))


def stream(settings: StateSettings | None) -> Run:
    return Run("live", "open", "streaming", STARTER.fingerprint, "2026-12-01T00:00:00+00:00", state_settings=settings)


def test_a_stream_records_what_its_state_depends_on_and_goes_on_with_the_same():
    new = streaming_run(JobOptions(["--source=kafka://a/t"]), STARTER, [], False, state_settings(Config(horizon_minutes=60)))
    assert new.state_settings == StateSettings(horizon_ms=3_600_000, rollup_window_ms=600_000, shards=64, bucket_ms=3_600_000)
    assert resumed(new, Config(horizon_minutes=60)) is new


@pytest.mark.parametrize("config, named", [
    (Config(horizon_minutes=60), "horizon_minutes: 2880, not 60; set that in --config again"),
    (Config(rollup_minutes=5), "rollup_minutes: 10, not 5; set that in --config again"),
])
def test_a_resume_with_another_config_is_refused_in_one_line(config, named):
    with pytest.raises(RunError, match=named) as e:
        resumed(stream(state_settings(Config())), config)
    assert "\n" not in str(e.value) and "--run_id=live" in str(e.value)


def test_a_resume_by_a_version_with_another_layout_of_the_state_is_refused():
    with pytest.raises(RunError, match=r"32 shards .* 64 .* continue it with the version that started it"):
        resumed(stream(StateSettings(172_800_000, 600_000, 32, 86_400_000)), Config())


def test_a_stream_of_a_version_that_recorded_no_settings_goes_on_and_records_them(tmp_path):
    write_run(str(tmp_path), stream(None))
    path = Path(manifest_path(str(tmp_path), "live"))
    manifest = json.loads(path.read_text())
    del manifest["state_settings"]
    path.write_text(json.dumps(manifest))
    (known,) = read_runs(str(tmp_path))
    assert resumed(known, Config()).state_settings == state_settings(Config())
