"""FollowFiles: files dropped into a folder, each once, and its clock."""

import gzip
import io
import os
from dataclasses import replace
from pathlib import Path

import fastavro
import pytest
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker

from gamebeam.archive.followed_files import Followed, noted, unreadable_files
from gamebeam.loadgen.write import PUBSUB_MESSAGE
from gamebeam.transforms.sources import folder as follow
from gamebeam.transforms.sources.content import sha256_of
from gamebeam.transforms.sources.folder import ReadNewFiles
from gamebeam.transforms.sources.source_lifecycle import DRAIN
from tests.support.small_contract import small_contract
from tests.transforms.test_files_by_content import COMPRESSIONS

SMALL = small_contract()
T, SECOND = 1_793_491_200_000, 1_000


def message(event_id, at):
    return f'{{"event_id": "{event_id}", "event_type": "purchase", "event_time": {at}, "price_usd": 1.0}}\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """look() reads what is new, as a runner has it done; go(s) lets time pass."""
    clock = [T + 10**9]
    monkeypatch.setattr(follow, "_now", lambda: clock[0])
    source = ReadNewFiles(SMALL, interval_s=5, followed=Followed(str(tmp_path / "archive"), "run"))
    source.setup()

    class Looked:
        archive = source.followed.archive
        rest = source.initial_restriction("")
        watermark = ManualWatermarkEstimator(None)

        def look(self):
            tracker = ThreadsafeRestrictionTracker(source.create_tracker(self.rest))
            found = list(source.process(f"{tmp_path}/*.[ja]*", RestrictionTrackerView(tracker), self.watermark))
            status = tracker.deferred_status()
            tracker.check_done()
            self.rest = status[0] if status else None
            return [(Path(v.value.source).name, len(v.value.payloads), v.value.arrivals, v.timestamp.micros // 1000) for v in found]

        @staticmethod
        def read_at_most(files):
            source.most_files = files

        @staticmethod
        def wait_until_still(seconds):
            source.still_s = seconds

        @staticmethod
        def followed_earlier(*read):
            source.followed = replace(source.followed, earlier=frozenset(read))

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


def test_at_most_so_many_files_make_a_batch(folder, tmp_path):
    folder.read_at_most(2)
    for n in range(5):
        (tmp_path / f"{n}.jsonl").write_text(message(f"e{n}", T + n))
        os.utime(tmp_path / f"{n}.jsonl", (n + 1, n + 1))
    assert [[found[0] for found in folder.look()] for _ in range(4)] == [["0.jsonl", "1.jsonl"], ["2.jsonl", "3.jsonl"], ["4.jsonl"], []]


def export(*arrivals):
    """Pub/Sub's Avro file of messages that it took then."""
    file, other = io.BytesIO(), {"subscription_name": "s", "attributes": {}}
    fastavro.writer(file, PUBSUB_MESSAGE, [
        {**other, "message_id": str(at), "publish_time": at * 1_000, "data": message(f"e{at}", T).encode()} for at in arrivals])
    return file.getvalue()


def test_a_dropped_export_of_pubsub_says_when_the_service_took_its_messages(folder, tmp_path):
    (tmp_path / "1.avro").write_bytes(export(T + 7, T + 3))
    assert folder.look() == [("1.avro", 2, [T + 7, T + 3], T + 3)]
    assert folder.look() == []


@pytest.mark.parametrize(("name", "whole"), [("1.jsonl.gz", gzip.compress(message("a", T + 9).encode())), ("1.avro", export(T + 9))],
                         ids=["gz", "avro"])
def test_a_file_that_is_cut_off_is_left_where_it_is_and_read_once_it_is_whole(folder, tmp_path, caplog, name, whole):
    caplog.set_level("WARNING", "gamebeam.transforms.sources.folder")  # a command that ran before may have made all loggers quiet
    (tmp_path / name).write_bytes(whole[:-5])
    (tmp_path / "2.jsonl").write_text(message("b", T + 9))
    assert [found[0] for found in folder.look()] == ["2.jsonl"]
    assert f"{name}: cannot be read to its end" in caplog.text and "left where it is" in caplog.text
    caplog.clear()
    assert folder.look() == [] and caplog.text == ""
    (tmp_path / name).write_bytes(whole)
    assert [found[:3] for found in folder.look()] == [(name, 1, [T + 9])]


def test_a_file_that_is_cut_off_is_tried_again_after_a_while_and_holds_up_no_end(folder, tmp_path, caplog, monkeypatch):
    caplog.set_level("WARNING", "gamebeam.transforms.sources.folder")
    (tmp_path / "1.jsonl.gz").write_bytes(gzip.compress(message("a", T).encode())[:-5])
    for _ in range(2):
        monkeypatch.setattr(follow, "AGAIN_S", 0)
        folder.look()
        monkeypatch.setattr(follow, "AGAIN_S", 60)
        folder.look()
    assert caplog.text.count("cannot be read to its end") == 2
    DRAIN.set()
    assert folder.look() == [] and folder.rest is None
    assert noted(folder.archive, "run", complete=True) == []


def test_a_file_with_the_content_of_one_that_an_earlier_run_has_read_is_left_out(folder, tmp_path):
    (tmp_path / "1.jsonl").write_text(message("a", T))
    folder.followed_earlier(sha256_of(str(tmp_path / "1.jsonl")))
    (tmp_path / "copy.jsonl").write_text(message("a", T))
    (tmp_path / "new.jsonl").write_text(message("b", T))
    assert [found[0] for found in folder.look()] == ["new.jsonl"]
    assert folder.look() == []


def test_a_file_is_noted_as_read_once_no_window_can_hold_any_of_it(folder, tmp_path):
    (tmp_path / "1.jsonl").write_text(message("a", T))
    folder.look()
    folder.go(3_600)
    folder.look()
    assert noted(folder.archive, "run", complete=True) == []
    folder.go(10)
    folder.look()  # promises
    folder.look()
    (file,) = noted(folder.archive, "run", complete=False)
    assert file == {"name": str(tmp_path / "1.jsonl"), "sha256": sha256_of(str(tmp_path / "1.jsonl")),
                    "bytes": (tmp_path / "1.jsonl").stat().st_size}


def test_what_was_read_last_counts_as_read_only_if_the_run_came_to_its_end(folder, tmp_path):
    (tmp_path / "1.jsonl").write_text(message("a", T))
    folder.look()
    DRAIN.set()
    assert folder.look() == [] and folder.rest is None
    assert noted(folder.archive, "run", complete=False) == []
    assert [file["name"] for file in noted(folder.archive, "run", complete=True)] == [str(tmp_path / "1.jsonl")]


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_f1_f6_a_cut_file_of_any_compression_is_kept_back_listed_and_counted_once_whole(folder, tmp_path, name):
    whole, path = COMPRESSIONS[name]((message("a", T) + message("b", T)).encode()), tmp_path / "1.jsonl.Z"
    path.write_bytes(whole[:len(whole) // 2])
    assert folder.look() == []
    (listed,) = unreadable_files(folder.archive, "run")
    assert "1.jsonl.Z: cannot be read to its end" in listed
    path.write_bytes(whole)
    assert [found[:3] for found in folder.look()] == [("1.jsonl.Z", 2, [T, T])]
    assert folder.look() == [] and unreadable_files(folder.archive, "run") == []


def test_f5_a_file_is_read_once_nothing_was_written_to_it_for_a_while(folder, tmp_path):
    folder.wait_until_still(60)
    path = tmp_path / "1.jsonl"
    path.write_text(message("a", T))
    assert folder.look() == [] and folder.look() == []
    os.utime(path, (T / 1000, T / 1000))
    assert [found[:2] for found in folder.look()] == [("1.jsonl", 1)]


def test_f5_a_file_that_is_written_to_after_it_was_read_is_read_again_whole(folder, tmp_path):
    path = tmp_path / "1.jsonl"
    path.write_text(message("a", T))
    assert [found[:2] for found in folder.look()] == [("1.jsonl", 1)]
    path.write_text(message("a", T) + message("b", T))
    assert [found[:2] for found in folder.look()] == [("1.jsonl", 2)]
    assert folder.look() == []
