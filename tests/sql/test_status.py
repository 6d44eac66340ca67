"""gamebeam status: what it says of an archive's runs."""

import os
import time

import pytest

from gamebeam.archive.followed_files import Followed
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.status import status
from tests.support.written_archive import DAY, HOUR, WrittenArchive

STARTER = load_contract("starter")


@pytest.fixture
def archive(tmp_path):
    """A complete batch run, and a stream whose job may or may not be there."""
    written = WrittenArchive(STARTER, tmp_path / "archive")
    written.write("ledger", {"hour": DAY, "event_type": "purchase", "received": 10, "landed": 7, "late": 1, "duplicate": 2,
                             "dead_lettered": 1})
    written.run("live", "open", mode="streaming", started="2026-11-04T00:00:00Z")
    return written


def ledger(archive, received, hour, pane_index, emitted):
    return archive.write("ledger", {"hour": hour, "event_type": "purchase", "received": received, "landed": received,
                                    "pane_index": pane_index, "emitted_time": emitted}, run_id="live")


def lines(archive):
    return [" ".join(line.replace("│", " ").split()) for line in status(STARTER, archive.root).splitlines()]


def test_every_run_has_its_own_counts_of_last_panes_and_together_they_are_the_ledgers(archive):
    ledger(archive, 3, DAY, 0, DAY)
    ledger(archive, 4, DAY, 1, DAY + 1)
    shown = lines(archive)
    assert [line.split()[-5:] for line in shown if line.startswith(("r1 ", "live "))][:2] == [["10", "7", "1", "2", "1"],
                                                                                          ["4", "4", "0", "0", "0"]]
    assert "14 11 1 2 1 0 0" in shown


def test_dead_letters_are_counted_by_reason(archive):
    for n, reason in enumerate(("malformed", "malformed", "too_large")):
        archive.write("dead_letter", {"dead_id": f"d{n}", "reason": reason, "arrival_time": DAY + n})
    assert {"malformed 2 2026-11-02 00:00:00.001", "too_large 1 2026-11-02 00:00:00.002"} <= set(lines(archive))


def test_a_stream_that_writes_says_how_long_its_messages_took(archive):
    now = time.time()
    arrivals = [round((now - seconds) * 1000) for seconds in range(1, 101)]
    path = archive.write("purchase", *({"event_id": f"e{at}", "event_time": at, "arrival_time": at} for at in arrivals), run_id="live")
    os.utime(path, (now, now))
    assert any(line.startswith("live: from arrival to the archive 51.0 s (p50), 96.0 s (p95), 100.0 s (p99), over 100 messages")
               for line in lines(archive))


def test_a_stream_that_stays_open_and_writes_nothing_comes_with_the_command_that_ends_it(archive):
    old = ledger(archive, 3, DAY + 5 * HOUR, 0, DAY)
    os.utime(old, (DAY / 1000, DAY / 1000))
    assert "live is open, and has written nothing for 10 minutes. If it will never go on:" in lines(archive)
    assert (f"gamebeam repair --archive={archive.root} --from=2026-11-02T00 --to=2026-11-03T00 --ended=live"
            in lines(archive))


def test_the_command_says_what_is_wrong_with_an_archive(archive, tmp_path, capsys):
    assert main(["status", f"--archive={archive.root}"]) == 0
    assert "live" in capsys.readouterr().out
    assert main(["status", f"--archive={tmp_path}/nowhere"]) == 1
    assert "no such archive" in capsys.readouterr().err


def test_f6_files_that_a_run_over_a_folder_could_not_read_are_listed(archive):
    Followed(archive.root, "live").note_unreadable({"inbox/1.gz": "inbox/1.gz: cannot be read to its end; is it cut off?"})
    assert "live: inbox/1.gz: cannot be read to its end; is it cut off?" in lines(archive)
    Followed(archive.root, "live").note_unreadable({})
    assert not any("inbox" in line for line in lines(archive))
