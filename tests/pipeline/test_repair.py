"""gamebeam repair: runs whose input overlapped, settled from the archive."""

import json
import time

import pytest
from msgspec.structs import replace

from gamebeam.archive.manifest import Run, iso, read_runs, write_run
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.repair import hour, repair
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers
from tests.support.small_contract import small_contract
from tests.support.streams import Sent, answers, in_order, rows, run_files, run_stream

STARTER, SMALL = load_contract("starter"), small_contract()
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
T = hour("2026-11-01T00")


def run(source, archive, *flags):
    options = JobOptions(["--contract=starter", f"--source={source}", f"--archive={archive}", *flags])
    return run_batch(options).run


def match(event_id, event_time, arrival=None, **fields):
    envelope = {"event_id": event_id, "event_type": "match_end", "event_time": event_time, "player_id": "p1", "session_id": "s1",
                "install_id": "i1", "platform": "ios", "app_version": "1.0", "score": 1}
    return Sent(event_time if arrival is None else arrival, json.dumps(envelope | fields).encode())


def landed(archive):
    return rows(SMALL, archive, "SELECT SUM(received), SUM(landed), SUM(duplicate), SUM(dead_lettered), SUM(late) FROM ledger")[0]


# Whole runs


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    out = tmp_path_factory.mktemp("played")
    generate(STARTER, str(out), players=25, days=2, seed=11, files=2,
             faults={"duplicated": 0.1, "duplicated_after_days": 0.02})
    return out


@pytest.fixture(scope="module")
def at_once(played, tmp_path_factory):
    """One run over everything."""
    archive = tmp_path_factory.mktemp("at_once")
    run(f"{played}/messages/*", archive)
    return answers(STARTER, str(archive))


@pytest.fixture(scope="module")
def by_day(played, tmp_path_factory):
    """Day 1, then day 1 and day 2: what was read twice is in two runs."""
    archive = tmp_path_factory.mktemp("by_day")
    for day in ("part-000*", "part-001*"):
        run(f"{played}/messages/{day}", archive)
    return archive


def test_after_a_repair_every_view_of_two_runs_is_that_of_one(played, at_once, by_day, capsys):
    before = answers(STARTER, str(by_day))
    assert before["ledger"] != at_once["ledger"] and before["player_hours"] != at_once["player_hours"]
    assert main(["repair", f"--archive={by_day}", "--from=2026-10-01T00", "--to=2026-12-01T00"]) == 0
    assert "run repair-1: generation 1" in capsys.readouterr().out
    after = answers(STARTER, str(by_day))
    assert [view for view in at_once if after[view] != at_once[view]] == []
    assert compare_answers(STARTER, str(by_day), str(played / "answers")).differences == []


def test_a_second_repair_changes_no_answer(by_day, at_once):
    done = repair(str(by_day), STARTER, hour("2026-10-31T00"), hour("2026-11-09T00"))
    assert done.generation > 1 and answers(STARTER, str(by_day)) == at_once


# What a repair reads and leaves


def test_only_the_hours_asked_for_are_repaired(tmp_path):
    archive = str(tmp_path)
    for run_id in ("first", "second"):
        run_files(SMALL, archive, [[match("a", T), match("b", T + HOUR), match("c", T + 2 * HOUR)]], run_id=run_id)
    repair(archive, SMALL, T + HOUR, T + 2 * HOUR)
    per_hour = "SELECT landed, duplicate FROM ledger WHERE missing IS NULL ORDER BY hour"
    assert sorted(rows(SMALL, archive, per_hour)) == [(1, 1), (2, 0), (2, 0)]
    assert sorted(rows(SMALL, archive, "SELECT events FROM player_hours")) == [(1,), (2,), (2,)]
    assert sorted(rows(SMALL, archive, "SELECT total FROM scores")) == [(1,), (2,), (2,)]


def test_a_sliding_window_that_starts_in_the_last_hour_has_the_events_of_the_next(tmp_path):
    archive = str(tmp_path)
    run_files(SMALL, archive, [[match("a", T + HOUR - 1), match("b", T + HOUR + 1, player_id="p2")]])
    windows = "SELECT * EXCEPT (is_final) FROM active_players"
    before = rows(SMALL, archive, windows)
    repair(archive, SMALL, T, T + HOUR)
    assert rows(SMALL, archive, windows) == before and len(before) == 11


def test_of_copies_in_two_runs_the_one_that_arrived_first_counts(tmp_path):
    archive, lateness = str(tmp_path), SMALL.allowed_lateness_ms
    run_files(SMALL, archive, [[match("a", T, T + lateness + 1, platform="web")]], run_id="late_copy")
    run_files(SMALL, archive, [[match("a", T)]], run_id="first_copy")
    repair(archive, SMALL, T, T + HOUR)
    assert landed(archive) == (2, 1, 1, 0, 0)
    per_platform = "SELECT platform, received, landed, duplicate FROM ledger"
    assert rows(SMALL, archive, per_platform) == [("ios", 1, 1, 0), ("web", 1, 0, 1)]


def test_dead_letters_are_counted_once_an_hour_and_keep_their_numbers(tmp_path):
    archive = str(tmp_path)
    broken = match("b", T + 1, seq=2, score="many", env="live")
    for run_id, more in (("first", match("a", T, seq=1)), ("second", match("c", T + 2, seq=4))):
        run_files(SMALL, archive, [[broken, more]], run_id=run_id)
    repair(archive, SMALL, T, T + HOUR)
    assert landed(archive) == (4, 2, 1, 1, 0)
    assert rows(SMALL, archive, "SELECT seq_from, seq_to FROM counter_hours") == [(1, 2), (4, 4)]
    assert rows(SMALL, archive, "SELECT missing FROM ledger WHERE missing IS NOT NULL") == [(1,)]


def test_what_a_later_run_reads_adds_to_the_repaired_hour_until_it_is_repaired_again(tmp_path):
    archive = str(tmp_path)
    run_files(SMALL, archive, [[match("a", T)]], run_id="first")
    run_files(SMALL, archive, [[match("a", T)]], run_id="second")
    repair(archive, SMALL, T, T + HOUR)
    run_files(SMALL, archive, [[match("a", T), match("b", T + 1)]], run_id="third")
    assert landed(archive) == (4, 3, 1, 0, 0)
    assert rows(SMALL, archive, "SELECT events FROM player_hours") == [(3,)]
    repair(archive, SMALL, T, T + HOUR)
    assert landed(archive) == (4, 2, 2, 0, 0)
    assert rows(SMALL, archive, "SELECT total FROM scores") == [(2,)]


def test_a_run_that_completes_while_a_repair_reads_is_not_replaced_by_it(tmp_path):
    """It started before the repair did; what counts is that the repair had not read it."""
    archive = str(tmp_path)
    run_files(SMALL, archive, [[match("a", T)]], run_id="first")
    run_files(SMALL, archive, [[match("b", T + 1)]], run_id="slow")
    slow = next(r for r in read_runs(archive) if r.run_id == "slow")
    write_run(archive, replace(slow, state="started"))
    repair(archive, SMALL, T, T + HOUR)
    write_run(archive, slow)
    assert landed(archive) == (2, 2, 0, 0, 0)
    assert rows(SMALL, archive, "SELECT total FROM scores") == [(2,)]


def test_reading_files_again_supersedes_the_repair_that_was_made_from_them(tmp_path):
    message = {"event_id": "e", "event_type": "level_up", "event_time": T, "player_level": 2, "player_id": "p"}
    (tmp_path / "1.jsonl").write_text(json.dumps(message))
    run(f"{tmp_path}/1.jsonl", tmp_path / "a")
    repair(f"{tmp_path}/a", STARTER, T, T + HOUR)
    run(f"{tmp_path}/1.jsonl", tmp_path / "a", "--again")
    assert sorted(r.state for r in read_runs(f"{tmp_path}/a")) == ["complete", "superseded", "superseded"]
    assert rows(STARTER, f"{tmp_path}/a", "SELECT received, landed FROM ledger") == [(1, 1)]


def test_a_repair_that_was_killed_shows_nothing_and_the_next_takes_its_place(tmp_path):
    archive = str(tmp_path)
    for run_id in ("first", "second"):
        run_files(SMALL, archive, [[match("a", T), match("b", T + 9 * HOUR)]], run_id=run_id)
    killed = repair(archive, SMALL, T, T + 10 * HOUR)
    write_run(archive, replace(killed, state="started"))
    assert landed(archive) == (4, 4, 0, 0, 0)
    again = repair(archive, SMALL, T, T + HOUR)
    assert again.run_id == killed.run_id and landed(archive) == (4, 3, 1, 0, 0)


def test_a_game_of_sessions_by_gap_and_values_of_every_kind_is_repaired_too(tmp_path):
    contract, archive = small_contract(session_gap="30m"), str(tmp_path)
    sent = [match("a", T), match("b", T + HOUR // 4, score=5, league="gold"), match("c", T + HOUR, league=None), match("d", T + 3 * HOUR)]
    run_files(contract, f"{archive}/one", [sent])
    for run_id, part in (("first", sent[:3]), ("second", sent[1:])):
        run_files(contract, f"{archive}/two", [part], run_id=run_id)
    repair(f"{archive}/two", contract, T, T + 4 * HOUR)
    one, two = answers(contract, f"{archive}/one"), answers(contract, f"{archive}/two")
    assert [view for view in one if one[view] != two[view] and view != "ledger"] == []


# Streams


def test_of_an_open_stream_only_hours_that_are_closed_are_repaired(tmp_path):
    archive = str(tmp_path)
    run_files(SMALL, archive, [[match("a", T)]], run_id="live")
    write_run(archive, Run("live", "open", "streaming", SMALL.fingerprint, "2026-11-01T00:00:00+00:00"))
    now = time.time_ns() // 1_000_000 // HOUR * HOUR
    with pytest.raises(ValueError, match="run live is open and may still add to those hours: repair up to"):
        repair(archive, SMALL, T, now)
    repair(archive, SMALL, T, now, ended="live")
    assert [run.state for run in read_runs(archive)] == ["complete", "complete"]
    with pytest.raises(ValueError, match="--ended=live: no open run of that name"):
        repair(archive, SMALL, T, now, ended="live")


def test_what_an_open_stream_adds_after_the_repair_read_it_is_added_once(tmp_path):
    """A straggler of a repaired hour: its event is in the archive already, and its row in the stream's own window of arrival."""
    archive, arrived = str(tmp_path), time.time_ns() // 1_000_000 // HOUR * HOUR
    start = arrived - 24 * HOUR
    run_files(SMALL, archive, [[match("a", start)]], run_id="batch")
    run_stream(SMALL, archive, in_order([[match("a", start)], [match("straggler", start + 1, arrived)]]), run_id="live")
    repair(archive, SMALL, start, start + HOUR)
    assert landed(archive) == (3, 2, 1, 0, 1)
    assert rows(SMALL, archive, "SELECT events FROM player_hours") == [(2,)]


def test_a_stream_that_was_killed_and_one_that_began_before_its_end_are_settled(tmp_path):
    """What was read by two runs that know nothing of each other is a duplicate, and every other figure is that of one run."""
    sent = [match(f"e{n}", T + n * HOUR // 7, T + n * HOUR // 7 + n % 3 * HOUR, score=n) for n in range(20)]
    sent += [match("broken", T + HOUR, score="many", env="live", seq=7), match("e3", T + 3 * HOUR // 7, T + HOUR, score=3)]
    sent.sort(key=lambda m: m.arrival)
    run_files(SMALL, f"{tmp_path}/one", [sent])
    for run_id, part in (("killed", sent[:15]), ("later", sent[8:])):
        run_stream(SMALL, f"{tmp_path}/two", in_order([[m] for m in part]), run_id=run_id)
    assert landed(f"{tmp_path}/two")[1] > 20
    repair(f"{tmp_path}/two", SMALL, T, T + 5 * HOUR, ended="killed,later")
    one, two = answers(SMALL, f"{tmp_path}/one"), answers(SMALL, f"{tmp_path}/two")
    assert [view for view in one if one[view] != two[view]] == ["ledger"]
    assert landed(f"{tmp_path}/two") == (29, 20, 8, 1, landed(f"{tmp_path}/one")[4])


def rewound(archive, *runs):
    """Streams of one source, each (its name, what it read, the arrival from which it read again); all of them open."""
    for run_id, read, again in runs:
        run_stream(SMALL, archive, in_order([[m] for m in read]), run_id=run_id)
        run = next(r for r in read_runs(archive) if r.run_id == run_id)
        write_run(archive, replace(run, source="kafka://a/events", rewound_to=None if again is None else iso(again)))


def test_what_a_rewound_stream_read_again_was_received_once(tmp_path):
    """By runs that were killed, the last twice over; also where the next began within an hour that the former had only half of."""
    sent = [match(f"e{n}", T + n * HOUR // 7, T + n * HOUR // 7 + n % 3 * HOUR, score=n) for n in range(20)]
    sent += [match("broken", T + HOUR, score="many", env="live", seq=7), match("e3", T + 3 * HOUR // 7, T + HOUR + MINUTE, score=3)]
    sent.sort(key=lambda m: m.arrival)
    second, third = (sent[n].arrival // MINUTE * MINUTE for n in (5, 12))
    run_files(SMALL, f"{tmp_path}/one", [sent])
    rewound(f"{tmp_path}/two", ("first", sent[:9], None), ("second", [m for m in sent[:16] if m.arrival >= second], second),
            ("third", [m for m in sent if m.arrival >= third], third))
    repair(f"{tmp_path}/two", SMALL, T - HOUR, T + 3 * HOUR, ended="first,second")
    repair(f"{tmp_path}/two", SMALL, T - HOUR, T + 5 * HOUR, ended="third")
    one, two = answers(SMALL, f"{tmp_path}/one"), answers(SMALL, f"{tmp_path}/two")
    assert [view for view in one if one[view] != two[view]] == []
    assert landed(f"{tmp_path}/two") == (22, 20, 1, 1, landed(f"{tmp_path}/one")[4])


def test_of_a_rewind_beyond_what_the_broker_still_had_the_former_run_counts(tmp_path):
    archive = str(tmp_path)
    sent = [match("a", T), match("a", T, T + SECOND), match("b", T + HOUR), match("b", T + HOUR, T + HOUR + SECOND)]
    rewound(archive, ("first", sent, None), ("second", sent[2:], 0))
    repair(archive, SMALL, T, T + 2 * HOUR, ended="first,second")
    assert landed(archive) == (4, 2, 2, 0, 0)


def test_what_an_open_stream_has_read_again_since_the_repair_is_not_added_to_what_the_former_run_had(tmp_path):
    archive, arrived = str(tmp_path), time.time_ns() // 1_000_000 // HOUR * HOUR
    start = arrived - 24 * HOUR
    sent = [match("a", start), match("straggler", start + 1, arrived)]
    rewound(archive, ("former", sent, None), ("going", sent, start))
    repair(archive, SMALL, start, start + HOUR, ended="former")
    assert landed(archive) == (2, 2, 0, 0, 1)
    assert rows(SMALL, archive, "SELECT events FROM player_hours") == [(2,)]


@pytest.mark.parametrize(("flags", "says"), [
    (["--from=2026-11-01T00", "--to=2026-11-01T00"], "nothing to repair"),
    (["--from=yesterday", "--to=2026-11-01T00"], "expected an hour such as"),
    (["--from=2026-11-01T00:30", "--to=2026-11-02T00"], "whole hours"),
    (["--from=2026-11-01T00", "--to=2026-11-02T00"], "no run whose rollups"),
])
def test_bad_input_is_one_clear_line(flags, says, tmp_path, capsys):
    assert main(["repair", f"--archive={tmp_path}/none", *flags]) == 1
    err = capsys.readouterr().err
    assert says in err and len(err.strip().splitlines()) == 1
    assert not (tmp_path / "none").exists()
