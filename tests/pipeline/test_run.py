"""gamebeam run, whole, on files: what lands, what repeats, what is refused."""

import gzip
import hashlib
import json
import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from gamebeam.archive.manifest import read_runs
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers
from gamebeam.sql.engine import ask, open_archive
from tests.support.loadgen_games import NESTED
from tests.support.stderr import error_line

STARTER = load_contract("starter")
VIEWS = ("events", "ledger", "player_hours", "sessions", "players", "dead_letters", "leaderboard", "revenue_per_minute",
         "active_players", "matches", "events_per_minute")


def run(source, archive, *flags, contract="starter"):
    options = JobOptions([f"--contract={contract}", f"--source={source}", f"--archive={archive}", *flags])
    return run_batch(options)


def rows(archive, sql, contract=STARTER):
    return sorted(ask(open_archive(contract, str(archive)), sql).rows, key=repr)


def all_views(archive, views=VIEWS):
    con = open_archive(STARTER, str(archive))
    return {view: sorted(ask(con, f"SELECT * FROM {view}").rows, key=repr) for view in views}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A hundred players and every fault."""
    out = tmp_path_factory.mktemp("played")
    generate(STARTER, str(out), players=60, days=2, seed=7, files=4)
    return out


@pytest.fixture(scope="module")
def archive(played, tmp_path_factory):
    root = tmp_path_factory.mktemp("archive") / "a"
    run(f"{played}/messages/*", root)
    return root


def test_every_figure_of_the_answer_sheet_is_found(played, archive):
    comparison = compare_answers(STARTER, str(archive), str(played / "answers"))
    assert comparison.differences == [] and sum(comparison.figures.values()) > 5_000


@pytest.mark.parametrize("game", ["victory", "placebo", "gameco", "khan"])
def test_the_games_of_the_write_ups_generate_run_and_check(game, tmp_path):
    contract = load_contract(game)
    generate(contract, str(tmp_path / "p"), players=25, days=2, seed=1)
    run(f"{tmp_path}/p/messages/*", tmp_path / "a", contract=game)
    comparison = compare_answers(contract, str(tmp_path / "a"), str(tmp_path / "p" / "answers"))
    assert comparison.differences == [] and sum(comparison.figures.values()) > 500


def test_a_game_that_nobody_has_seen_generates_runs_and_checks(tmp_path):
    """Nested wire, sessions by gap, a time zone of half hours, a sliding rollup with a value of every kind."""
    folder = tmp_path / "deepsea"
    for name, text in NESTED.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    contract = load_contract(str(folder))
    generate(contract, str(tmp_path / "p"), players=25, seed=5)
    run(f"{tmp_path}/p/messages/*", tmp_path / "a", contract=str(folder))
    assert compare_answers(contract, str(tmp_path / "a"), str(tmp_path / "p" / "answers")).differences == []


def test_the_two_equations_hold_in_every_row_of_the_ledger(archive):
    unequal = "SELECT * FROM ledger WHERE missing IS NULL AND received != landed + duplicate + dead_lettered"
    assert rows(archive, unequal) == []
    assert rows(archive, "SELECT SUM(missing) > 0 FROM ledger") == [(True,)]


def test_running_the_same_command_again_changes_no_answer(played, archive):
    before = all_views(archive)
    outcome = run(f"{played}/messages/*", archive)
    assert outcome.run is None and len(outcome.skipped) == 4
    assert all_views(archive) == before


def test_reading_again_supersedes_and_changes_no_answer(played, tmp_path):
    first = run(f"{played}/messages/*", tmp_path / "a").run
    before = all_views(tmp_path / "a")
    second = run(f"{played}/messages/*", tmp_path / "a", "--again").run
    assert {r.run_id: r.state for r in read_runs(str(tmp_path / "a"))} == {first.run_id: "superseded", second.run_id: "complete"}
    assert all_views(tmp_path / "a") == before


def test_reading_again_only_a_part_of_a_runs_files_is_refused(played, archive):
    with pytest.raises(ValueError, match="also read"):
        run(f"{played}/messages/part-000.jsonl", archive, "--again")


def test_day_by_day_gives_the_event_views_of_one_run(played, archive, tmp_path):
    for pattern in ("part-00[01].jsonl", "*"):
        run(f"{played}/messages/{pattern}", tmp_path / "a")
    events = "SELECT event_type, event_id, event_time, player_id, payload FROM events"
    assert rows(tmp_path / "a", events) == rows(archive, events)
    total = "SELECT SUM(received), SUM(landed) + SUM(duplicate) FROM ledger WHERE missing IS NULL"
    assert rows(tmp_path / "a", total) == rows(archive, total)


def test_the_order_of_the_files_changes_nothing(played, archive, tmp_path):
    for i, path in enumerate(sorted((played / "messages").iterdir(), reverse=True)):
        (tmp_path / f"{i}.jsonl").write_bytes(path.read_bytes())
    run(f"{tmp_path}/*.jsonl", tmp_path / "a")
    views = [view for view in VIEWS if view != "dead_letters"]
    assert all_views(tmp_path / "a", views) == all_views(archive, views)
    dead = "SELECT * EXCEPT (source) FROM dead_letters"  # the source is the file's name
    assert rows(tmp_path / "a", dead) == rows(archive, dead)


def test_gzip_is_read_and_a_last_line_without_its_end_too(played, archive, tmp_path):
    text = b"".join(p.read_bytes() for p in sorted((played / "messages").iterdir()))
    (tmp_path / "all.jsonl.gz").write_bytes(gzip.compress(text.rstrip(b"\n")))
    run(f"{tmp_path}/all.jsonl.gz", tmp_path / "a")
    assert rows(tmp_path / "a", "SELECT COUNT(*) FROM events") == rows(archive, "SELECT COUNT(*) FROM events")


def message(**changes):
    return json.dumps({"received_time": 1_790_000_000_000, "event_id": "e1", "event_type": "ad_impression", "env": "live",
                       "event_time": 1_790_000_000_000, "player_id": "p", "install_id": "i", "seq": 1, "network": "n",
                       "revenue_usd": 0.5} | changes)


def test_a_dead_letter_that_is_mended_and_sent_again_lands(tmp_path):
    (tmp_path / "1.jsonl").write_text(message(revenue_usd="half"))
    (tmp_path / "2.jsonl").write_text(message())
    run(f"{tmp_path}/1.jsonl", tmp_path / "a")
    run(f"{tmp_path}/*.jsonl", tmp_path / "a")
    assert rows(tmp_path / "a", "SELECT event_id, revenue_usd FROM ad_impression") == [("e1", 0.5)]
    assert rows(tmp_path / "a", "SELECT reason, field FROM dead_letters") == [("schema_violation", "revenue_usd")]


def test_the_earliest_copy_lands_whatever_file_it_is_in(tmp_path):
    (tmp_path / "1.jsonl").write_text(message(received_time=1_790_000_009_000, country="late copy"))
    (tmp_path / "2.jsonl").write_text(message(country="first copy"))
    run(f"{tmp_path}/*.jsonl", tmp_path / "a")
    assert rows(tmp_path / "a", "SELECT country FROM events") == [("first copy",)]
    assert rows(tmp_path / "a", "SELECT SUM(duplicate), SUM(landed) FROM ledger") == [(1, 1)]


def test_a_copy_five_days_later_is_a_duplicate_in_batch(tmp_path):
    generate(STARTER, str(tmp_path / "p"), players=20, seed=3, faults={"duplicated_after_days": 0.05})
    run(f"{tmp_path}/p/messages/*", tmp_path / "a")
    assert compare_answers(STARTER, str(tmp_path / "a"), str(tmp_path / "p" / "answers")).differences == []


def test_what_a_run_that_never_completed_wrote_is_not_seen_and_is_overwritten(tmp_path):
    (tmp_path / "1.jsonl").write_text(message())
    done = run(f"{tmp_path}/1.jsonl", tmp_path / "a").run
    manifest = tmp_path / "a" / "_runs" / f"{done.run_id}.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"state": "started", "finished": None}))
    assert rows(tmp_path / "a", "SELECT * FROM events") == []
    again = run(f"{tmp_path}/1.jsonl", tmp_path / "a").run
    assert again.run_id == done.run_id
    assert rows(tmp_path / "a", "SELECT event_id FROM events") == [("e1",)]
    assert len(list((tmp_path / "a" / "events").rglob("part-*.parquet"))) == 1


@pytest.mark.parametrize(("make", "says"), [
    (lambda p: [f"--source={p}/none.jsonl", f"--archive={p}/a"], "no such file"),
    (lambda p: [f"--source={p}/none*.jsonl", f"--archive={p}/a"], "no file matches"),
    (lambda p: [f"--source={p}/empty.jsonl", f"--archive={p}/a"], "the file is empty"),
    (lambda p: [f"--source={p}/1.jsonl"], "--archive is missing"),
    (lambda p: [f"--source={p}/1.jsonl", f"--archive={p}/1.jsonl"], "1.jsonl"),
    (lambda p: [f"--source={p}/1.jsonl", "--archive=/proc/nowhere"], "/proc/nowhere"),
    (lambda p: [f"--source={p}/1.jsonl", f"--archive={p}/a", "--contract=nosuchgame"], "nosuchgame"),
    (lambda p: [f"--source={p}/1.jsonl", f"--archive={p}/a", f"--contract={p}/broken"], "contract.yaml"),
    (lambda p: [f"--source={p}/1.jsonl", f"--archive={p}/a", "--sauce=x"], "--sauce"),
    (lambda p: [f"--source={p}/1.jsonl", f"--archive={p}/a", f"--config={p}/config.yaml"], "shards"),
    (lambda p: [f"--source={p}/1.jsonl", f"--archive={p}/a", f"--config={p}/zero.yaml"], "horizon_minutes: expected a number above 0"),
    (lambda p: [f"--source={p}/1.jsonl", f"--archive={p}/a", f"--config={p}/half.yaml"], "follow_files: expected a whole number above 0"),
    (lambda p: [f"--source={p}/cut.jsonl.gz", f"--archive={p}/a"], "cut.jsonl.gz: cannot be read to its end"),
])
def test_bad_input_is_one_clear_line_and_a_non_zero_exit(make, says, tmp_path, capfd):
    (tmp_path / "1.jsonl").write_text(message())
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "contract.yaml").write_text("name: [")
    (tmp_path / "config.yaml").write_text("shards: 7")
    (tmp_path / "zero.yaml").write_text("horizon_minutes: 0")
    (tmp_path / "half.yaml").write_text("follow_files: 0.5")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(message().encode())[:-5])
    assert main(["run", "--contract=starter", *make(tmp_path)]) == 1
    err = error_line(capfd.readouterr().err)
    assert says in err and err.startswith("gamebeam run: ")


def test_a_disk_that_fills_is_one_clear_line_and_leaves_nothing_that_a_view_reads(tmp_path):
    ids = (hashlib.sha256(i.to_bytes(2)).hexdigest() for i in range(4_000))  # nothing that compresses
    (tmp_path / "1.jsonl").write_text("\n".join(message(event_id=i) for i in ids))
    largest = 44_000  # bytes a file may have: enough for the manifest, too little for the events

    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    command = [sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source={tmp_path}/1.jsonl", f"--archive={tmp_path}/a"]
    done = subprocess.run(command, preexec_fn=small_files_only, capture_output=True, text=True)
    assert done.returncode == 1 and "File too large" in error_line(done.stderr) and f"{tmp_path}/a/" in done.stderr
    assert rows(tmp_path / "a", "SELECT * FROM events") == [] and not list((tmp_path / "a").rglob(".part*"))


def test_messages_without_a_time_are_refused_in_files_that_have_none_either(tmp_path, capfd):
    (tmp_path / "1.jsonl").write_text('{"userid": "u", "event_type": "default"}')
    assert main(["run", "--contract=khan", f"--source={tmp_path}/1.jsonl", f"--archive={tmp_path}/a"]) == 1
    assert "carry no time" in capfd.readouterr().err


def test_another_games_contract_cannot_write_into_the_archive(tmp_path, capfd):
    (tmp_path / "1.jsonl").write_text(message())
    run(f"{tmp_path}/1.jsonl", tmp_path / "a")
    assert main(["run", "--contract=victory", f"--source={tmp_path}/1.jsonl", f"--archive={tmp_path}/a"]) == 1
    assert "written under another contract" in capfd.readouterr().err


def test_no_password_is_in_any_file_that_a_run_wrote(tmp_path):
    secret = "hunter2-xyzzy"
    login = {"id": "a1", "timestamp": "2020-11-22 22:00:03.391456", "event_type": "login", "user_id": "9", "user_pwd": secret}
    account = {**login, "id": "a2", "event_type": "create_user", "meta": {"user_id": "9", "user_pwd": secret, "Secret": {"x": secret}}}
    lines = [json.dumps(login), json.dumps(account), json.dumps(login)[:-1], json.dumps(login | {"event_type": "zz"}),
             json.dumps(login | {"id": 7}), json.dumps(account)[:150] + secret,
             json.dumps(login | {"extra": json.dumps({"userpwd": secret})})]
    (tmp_path / "1.jsonl").write_text("\n".join(lines))
    run(f"{tmp_path}/1.jsonl", tmp_path / "a", contract="placebo")
    files = [p for p in (tmp_path / "a").rglob("*") if p.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += repr(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()).encode()
        assert secret.encode() not in content.replace(lines[5].encode()[-13:], b""), path


def test_the_victory_sample_is_one_shot_with_numbers_as_numbers(tmp_path, capsys):
    sample = Path(__file__).parents[1] / "cases" / "victory" / "sample_event.json"
    assert main(["run", "--contract=victory", f"--source={sample}", f"--archive={tmp_path}/a"]) == 0
    capsys.readouterr()
    assert main(["query", "--contract=victory", f"--archive={tmp_path}/a", "--format=csv",
                 "SELECT event_type, event_time, player_id, seq, ball_x FROM play_shot"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "play_shot,2019-09-19 20:00:20.649,1adbc9ff-a5ca-4409-8c66-75e21a181b25,11,0.85813725")
