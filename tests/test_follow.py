"""FollowFiles: files dropped into a folder, each once, and its clock."""

import os
import shutil
import time
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from small_contract import small_contract

from loadgen.generate import generate
from pipeline.build import Job, build
from schemas.contract import load_contract
from sql.check import compare_answers
from transforms import follow
from transforms.draining import DRAIN
from transforms.follow import FollowFiles, ReadNewFiles
from transforms.runs import Run, claim_archive, now, write_run

STARTER, SMALL = load_contract("starter"), small_contract()
T, SECOND = 1_793_491_200_000, 1_000


def message(event_id, at):
    return f'{{"event_id": "{event_id}", "event_type": "purchase", "event_time": {at}, "price_usd": 1.0}}\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """look() reads what is new, as a runner has it done; go(s) lets time pass."""
    DRAIN.clear()
    clock = [T + 10**9]
    monkeypatch.setattr(follow, "_now", lambda: clock[0])
    source = ReadNewFiles(SMALL, interval_s=5)
    source.setup()

    class Looked:
        rest = source.initial_restriction("")
        watermark = ManualWatermarkEstimator(None)

        def look(self):
            tracker = ThreadsafeRestrictionTracker(source.create_tracker(self.rest))
            found = list(source.process(f"{tmp_path}/*.jsonl*", RestrictionTrackerView(tracker), self.watermark))
            status = tracker.deferred_status()
            tracker.check_done()
            self.rest = status[0] if status else None
            return [(Path(v.value.source).name, len(v.value.payloads), v.value.arrivals, v.timestamp.micros // 1000) for v in found]

        def clock(self):
            reached = self.watermark.current_watermark()
            return reached and reached.micros // 1000

        @staticmethod
        def go(seconds):
            clock[0] += seconds * SECOND

    return Looked()


def test_each_file_is_read_once_and_says_when_its_messages_arrived(folder, tmp_path):
    (tmp_path / "1.jsonl").write_text(message("a", T + 7) + "\n" + message("b", T + 3))
    assert folder.look() == [("1.jsonl", 2, [T + 7, T + 3], T + 3)]
    assert folder.look() == []
    (tmp_path / "2.jsonl").write_text(message("c", T + 9) + "broken\n")
    assert folder.look() == [("2.jsonl", 2, [T + 9, T + 9], T + 9)]


def test_what_is_half_written_is_left_until_it_has_its_name(folder, tmp_path):
    for name in (".1.jsonl", "2.jsonl.tmp"):
        (tmp_path / name).write_text(message("a", T))
    (tmp_path / "3.jsonl").touch()
    assert folder.look() == []
    (tmp_path / ".1.jsonl").rename(tmp_path / "1.jsonl")
    assert [found[0] for found in folder.look()] == ["1.jsonl"]


def test_a_name_is_free_again_once_its_file_is_gone(folder, tmp_path):
    for n in range(2):
        (tmp_path / "same.jsonl").write_text(message(f"e{n}", T + n))
        assert len(folder.look()) == 1
        (tmp_path / "same.jsonl").unlink()
        assert folder.look() == []
    assert folder.rest[0] == frozenset()


def test_the_folders_clock_stands_behind_the_newest_arrival_and_goes_on_with_time(folder, tmp_path):
    assert folder.look() == [] and folder.clock() is None
    folder.go(100)
    (tmp_path / "1.jsonl").write_text(message("a", T) + message("b", T + 60 * SECOND))
    folder.look()
    assert folder.clock() == T + 55 * SECOND
    folder.go(20)
    folder.look()
    assert folder.clock() == T + 75 * SECOND


def test_no_message_is_behind_the_clock_that_was_promised(folder, tmp_path):
    (tmp_path / "1.jsonl").write_text(message("a", T + 60 * SECOND))
    folder.look()
    (tmp_path / "2.jsonl").write_text(message("b", T) + message("c", T + 99 * SECOND))
    assert folder.look() == [("2.jsonl", 2, [T + 55 * SECOND, T + 99 * SECOND], T + 55 * SECOND)]


def test_many_bytes_are_read_in_several_bundles_and_the_end_comes_after_the_last(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(follow, "BUNDLE", 1)
    for n in range(3):
        (tmp_path / f"{n}.jsonl").write_text(message(f"e{n}", T + n))
        os.utime(tmp_path / f"{n}.jsonl", (n + 1, n + 1))
    DRAIN.set()
    assert [folder.look()[0][0] for _ in range(3)] == ["0.jsonl", "1.jsonl", "2.jsonl"]
    assert folder.look() == [] and folder.rest is None
    DRAIN.clear()


@pytest.mark.engine
def test_files_dropped_while_the_job_runs_on_prism_give_every_figure_of_the_answer_sheet(tmp_path, prism):
    generate(STARTER, str(tmp_path / "p"), players=20, days=2, seed=4, files=4)
    inbox, archive = tmp_path / "inbox", str(tmp_path / "a")
    inbox.mkdir()
    claim_archive(archive, STARTER)
    run = Run("live", "open", "streaming", STARTER.fingerprint, now())
    write_run(archive, run)
    DRAIN.clear()
    pipeline = beam.Pipeline(options=PipelineOptions(
        ["--runner=PrismRunner", "--streaming", "--environment_type=LOOPBACK", f"--prism_location={prism}"]))
    messages = pipeline | "Read" >> FollowFiles(f"{inbox}/*", 0.5, STARTER)
    build(messages, Job(STARTER, archive, "live", streaming=True))
    result = pipeline.run()
    try:
        for part in sorted((tmp_path / "p" / "messages").iterdir()):
            shutil.copy(part, inbox / f".{part.name}")
            os.replace(inbox / f".{part.name}", inbox / part.name)
            time.sleep(2)
        DRAIN.set()
        end = time.monotonic() + 120
        while not PipelineState.is_terminal(result.state) and time.monotonic() < end:
            time.sleep(0.5)
        assert result.state == PipelineState.DONE
    finally:
        DRAIN.clear()
        result.cancel()
    found = compare_answers(STARTER, archive, str(tmp_path / "p" / "answers"))
    assert found.differences == [] and sum(found.figures.values()) > 2_000
