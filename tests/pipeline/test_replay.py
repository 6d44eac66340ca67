"""gamebeam replay: dead letters that are events under the contract of today."""

import json
import re

import pytest
from msgspec.structs import replace

from gamebeam.archive.manifest import read_runs, write_run
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.repair import repair
from gamebeam.pipeline.replay import replay
from gamebeam.schemas.contract.contract import load_contract, parse_contract
from gamebeam.schemas.contract.wire import ENVELOPE_ON_WIRE
from tests.support.small_contract import small_contract
from tests.support.streams import Sent, answers, rows, run_files

OLD = small_contract()
FIELDS = [{"name": "tier", "type": ["null", "long"]}]
RANKED = json.dumps({"type": "record", "name": "rank_up", "fields": FIELDS})
NEW = parse_contract(OLD.text | {"events/rank_up.avsc": RANKED})
HOUR = 3_600_000
T = 1_793_491_200_000  # 2026-11-01
UNEQUAL = "SELECT * FROM ledger WHERE missing IS NULL AND received != landed + duplicate + dead_lettered"
SUMS = "SELECT SUM(received), SUM(landed), SUM(duplicate), SUM(dead_lettered), SUM(late) FROM ledger"


def sent(event_type, event_id, event_time, arrival=None, **fields):
    envelope = {"event_id": event_id, "event_type": event_type, "event_time": event_time, "player_id": "p1", "session_id": "s1",
                "install_id": "i1", "platform": "ios", "app_version": "1.0", "env": "live"}
    return Sent(event_time if arrival is None else arrival, json.dumps(envelope | fields).encode())


def rank_up(n, **fields):
    return sent("rank_up", f"r{n}", T + n * HOUR // 20, seq=n + 2, tier=n, **fields)


def others():
    return [sent("match_end", "m", T, score=3, seq=1), sent("purchase", "p", T + 5 * HOUR, price_usd=2.0, seq=42)]


def problems(archive, contract=NEW):
    return rows(contract, archive, "SELECT fingerprint, reason, messages FROM dead_letter_problems")


@pytest.fixture
def archive(tmp_path):
    """Forty messages of a type that the contract of then did not know, and two that it did."""
    run_files(OLD, str(tmp_path), [[*others(), *(rank_up(n) for n in range(40))]], run_id="first")
    return str(tmp_path)


def test_a_type_that_the_contract_now_knows_lands_once_and_the_equations_hold(archive, tmp_path):
    [(fingerprint, reason, n)] = problems(archive, OLD)
    assert (reason, n) == ("unknown_event_type", 40)
    dry = replay(archive, NEW, fingerprint, dry_run=True)
    assert dry.lines() == ["40 of 40 dead letters would land now"] and problems(archive)[0][2] == 40
    done = replay(archive, NEW, fingerprint)
    assert done.lines() == [f"run {done.run.run_id}: 40 of 40 dead letters landed"]
    assert problems(archive) == [] and rows(NEW, archive, "SELECT * FROM dead_letters") == []
    assert rows(NEW, archive, SUMS) == [(42, 42, 0, 0, 0)] and rows(NEW, archive, UNEQUAL) == []
    assert replay(archive, NEW, fingerprint).lines() == ["0 of 0 dead letters would land now"]
    assert len(read_runs(archive)) == 2


def test_every_view_is_that_of_a_run_under_the_contract_of_today(archive, tmp_path):
    replay(archive, NEW, problems(archive)[0][0])
    run_files(NEW, f"{tmp_path}/anew", [[*others(), *(rank_up(n) for n in range(40))]])
    replayed, anew = answers(NEW, archive), answers(NEW, f"{tmp_path}/anew")
    assert [view for view in anew if replayed[view] != anew[view]] == []
    repair(archive, NEW, T, T + 6 * HOUR)
    assert answers(NEW, archive) == replayed


def test_an_event_that_landed_from_a_fixed_re_send_is_a_duplicate(archive):
    run_files(NEW, archive, [[rank_up(3), rank_up(4)]], run_id="sent_again")
    done = replay(archive, NEW, problems(archive)[0][0])
    assert "38 of 40 dead letters landed, 2 are copies of events that landed already" in done.lines()[0]
    assert rows(NEW, archive, "SELECT COUNT(*) FROM rank_up") == [(40,)]
    assert rows(NEW, archive, SUMS) == [(44, 42, 2, 0, 0)] and rows(NEW, archive, UNEQUAL) == []
    assert problems(archive) == []


def test_an_event_keeps_its_arrival_and_is_late_if_it_was(tmp_path):
    archive, arrival = str(tmp_path), T + OLD.allowed_lateness_ms + 1
    run_files(OLD, archive, [[sent("rank_up", "r", T, arrival)]])
    replay(archive, NEW, problems(archive)[0][0])
    assert rows(NEW, archive, "SELECT UNIX_MILLIS(arrival_time), late FROM rank_up") == [(arrival, True)]
    assert rows(NEW, archive, SUMS) == [(1, 1, 0, 0, 1)]
    assert rows(NEW, archive, "SELECT * FROM active_players") == []


def test_what_still_fails_is_told_by_reason_and_stays(tmp_path):
    archive = str(tmp_path)
    run_files(OLD, archive, [[rank_up(1), rank_up(2), sent("rank_up", "x", T, tier="high"), sent("rank_up", "", T)]])
    done = replay(archive, NEW, problems(archive)[0][0])
    assert done.lines()[0].endswith("2 of 4 dead letters landed")
    assert sorted(done.lines()[1:]) == ["1 still fail: schema_violation at event_id", "1 still fail: schema_violation at tier"]
    assert problems(archive)[0][1:] == ("unknown_event_type", 2)
    assert rows(NEW, archive, SUMS) == [(4, 2, 0, 2, 0)]


def test_copies_of_a_dead_letter_in_two_runs_land_once_and_repair_counts_the_other_as_duplicate(tmp_path):
    archive = str(tmp_path)
    for run_id in ("first", "second"):
        run_files(OLD, archive, [[rank_up(1)]], run_id=run_id)
    replay(archive, NEW, problems(archive)[0][0])
    assert rows(NEW, archive, "SELECT COUNT(*) FROM rank_up") == [(1,)] and problems(archive) == []
    repair(archive, NEW, T, T + HOUR)
    assert rows(NEW, archive, SUMS) == [(2, 1, 1, 0, 0)]


def test_a_replay_after_a_repair_adds_to_it(archive):
    repair(archive, OLD, T, T + 6 * HOUR)
    replay(archive, NEW, problems(archive)[0][0])
    assert rows(NEW, archive, SUMS) == [(42, 42, 0, 0, 0)] and rows(NEW, archive, UNEQUAL) == []
    assert rows(NEW, archive, "SELECT SUM(events) FROM player_hours") == [(42,)]


def test_received_moves_with_an_event_whose_hour_is_only_now_known(tmp_path):
    """Its time could not be read before: the dead letter counts in the hour of its arrival."""
    archive = str(tmp_path)
    run_files(OLD, archive, [[sent("rank_up", "r", "2026-11-01T03:30:00Z", T + 5 * HOUR)]])
    iso = parse_contract(NEW.text | {"wire.yaml": "time_format: iso\n" + "".join(f"{n}: {n}\n" for n in ENVELOPE_ON_WIRE)})
    replay(archive, iso, problems(archive)[0][0])
    assert rows(iso, archive, "SELECT EXTRACT(HOUR FROM hour), received, landed, dead_lettered FROM ledger WHERE received != 0") == [
        (3, 1, 1, 0)]
    assert rows(iso, archive, UNEQUAL) == []


def test_a_replay_that_was_killed_shows_nothing_and_lands_when_given_again(archive):
    fingerprint = problems(archive)[0][0]
    killed = replay(archive, NEW, fingerprint).run
    write_run(archive, replace(killed, state="started"))
    assert problems(archive)[0][2] == 40 and rows(NEW, archive, "SELECT * FROM rank_up") == []
    assert replay(archive, NEW, fingerprint).run.run_id == killed.run_id
    assert rows(NEW, archive, SUMS) == [(42, 42, 0, 0, 0)]


def test_reading_the_files_again_supersedes_what_was_replayed_from_them(tmp_path):
    """A starter without achievements, then with them: the door's commands, on a contract's folder."""
    folder = tmp_path / "game"
    for name, text in load_contract("starter").text.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    lines = [sent("trophy", f"t{n}", T + n, received_time=T + n).payload.decode() + "\n" for n in range(3)]
    (tmp_path / "1.jsonl").write_text("".join(lines))
    flags = [f"--contract={folder}", f"--archive={tmp_path}/a"]

    def run(*more):
        options = JobOptions([f"--source={tmp_path}/1.jsonl", *flags, *more])
        run_batch(options)

    run()
    (folder / "events" / "trophy.avsc").write_text(RANKED.replace("rank_up", "trophy"))
    contract = load_contract(str(folder))
    [(fingerprint, _, _)] = problems(f"{tmp_path}/a", contract)
    assert main(["replay", *flags, f"--fingerprint={fingerprint}"]) == 0
    assert rows(contract, f"{tmp_path}/a", SUMS) == [(3, 3, 0, 0, 0)]
    run("--again")
    assert rows(contract, f"{tmp_path}/a", SUMS) == [(3, 3, 0, 0, 0)]
    assert sorted(r.state for r in read_runs(f"{tmp_path}/a")) == ["complete", "superseded", "superseded"]


def test_a_fingerprint_that_nobody_has_is_one_clear_line(archive, capsys):
    assert main(["replay", f"--archive={archive}", "--fingerprint=nosuch", "--dry-run"]) == 1
    assert re.fullmatch(r"gamebeam replay: --fingerprint=nosuch: no dead letter of .*", capsys.readouterr().err.strip())
