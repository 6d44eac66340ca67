"""The job's BigQuery tables, on an emulator: what lands there is what the archive has and what the players sent."""

import json
import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

from gamebeam.feeds.load import load
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.bigquery import parse_target
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.feeds import feeds
from gamebeam.schemas.tables import tables
from gamebeam.sql.check import checks
from gamebeam.sql.engine import ask, open_archive
from gamebeam.transforms.sinks.bigquery.append_rows import Appender
from gamebeam.transforms.sinks.bigquery.client import rest_client
from gamebeam.transforms.sinks.bigquery.load_runs import load_runs
from gamebeam.transforms.sinks.bigquery.plan_tables import apply_tables, plan_tables
from services import free_port
from services.bigquery import bigquery_emulator, emulator_binary
from tests.support.small_contract import FIELDS, small_contract
from tests.support.streams import Advance, Sent, run_stream

pytestmark = pytest.mark.engine
PROJECT = "lab"
NOW = datetime.now(UTC).replace(microsecond=0)
GIVE_UP_S = 120  # in tests
FEED = "spend: {bad_rows: dead_letter, columns: [{name: day, type: date, required: true}, {name: usd, type: double}]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A contract of two event types."""
    return written(small_contract(), tmp_path_factory.mktemp("contract") / "small")


def written(contract, folder, **changed):
    for name, body in (contract.text | changed).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body)
    return folder


@pytest.fixture(scope="module")
def played(bigquery, folder, tmp_path_factory):
    """60 players and every fault, through the job, into an archive and into tables: (answers, archive)."""
    out = tmp_path_factory.mktemp("played")
    generate(load_contract(str(folder)), str(out), players=60, days=2, seed=7, files=4, start=f"{NOW - timedelta(days=4):%F}")
    assert main(["tables", "apply", f"--contract={folder}", "--tables=bq://lab.small"]) == 0
    assert run(folder, out) == 0
    return out


def run(folder, out, *flags, tables="bq://lab.small"):
    return main(["run", f"--contract={folder}", f"--source={out}/messages/*", f"--archive={out}/archive", f"--tables={tables}", *flags])


def in_bigquery(sql, dataset="small"):
    from google.cloud.bigquery import QueryJobConfig

    job = rest_client(PROJECT).query(sql, QueryJobConfig(default_dataset=f"{PROJECT}.{dataset}"))
    return [dict(row.items()) for row in job.result()]


def counted(rows):
    """Rows as a bag, moments alike whoever names their zone, and no list where there is nothing: a REPEATED column has no null."""
    return Counter(repr(sorted((k, _plain(v)) for k, v in row.items())) for row in rows)


def _plain(value):
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat()
    if isinstance(value, list):
        return [_plain(v) for v in value] or None
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def differences_from_the_answers(folder, out, dataset="small"):
    wrong, compared = [], 0
    known = checks(load_contract(str(folder)))
    for path in sorted((out / "answers").glob("*.parquet")):
        relation = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
        expected = counted(dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall())
        found = counted(in_bigquery(known[path.stem].sql, dataset))
        compared += expected.total()
        wrong += [(path.stem, *difference) for difference in ((expected - found).items(), (found - expected).items()) if difference]
    return wrong, compared


def test_every_figure_of_the_answer_sheet_is_found_in_bigquery(played, folder):
    wrong, compared = differences_from_the_answers(folder, played)
    assert wrong == [] and compared > 500


def test_every_view_of_bigquery_is_the_archives(played, folder):
    con = open_archive(load_contract(str(folder)), str(played / "archive"))
    for view in ("purchase", "match_end", "events", "ledger", "dead_letters", "player_hours", "counter_hours", "sessions", "players",
                 "leaderboard", "revenue_per_minute", "active_players", "scores", "runs", "dead_letter_problems"):
        archived = ask(con, f"SELECT * FROM {view}")
        assert archived.rows, view
        assert counted(in_bigquery(f"SELECT * FROM {view}")) == counted(
            dict(zip(archived.columns, row, strict=True)) for row in archived.rows), view


def test_a_run_that_reads_again_hides_the_first_one_in_bigquery_too(played, folder):
    before = {view: counted(in_bigquery(f"SELECT * FROM {view}")) for view in ("events", "ledger", "revenue_per_minute")}
    rows = in_bigquery("SELECT COUNT(*) AS n FROM small_tables.purchase")[0]["n"]
    assert run(folder, played, "--again") == 0
    assert in_bigquery("SELECT COUNT(*) AS n FROM small_tables.purchase")[0]["n"] == 2 * rows
    assert [row["state"] for row in in_bigquery("SELECT state FROM runs ORDER BY started")] == ["superseded", "complete"]
    assert {view: counted(in_bigquery(f"SELECT * FROM {view}")) for view in before} == before


def test_applying_twice_changes_nothing_and_a_new_nullable_field_is_one_new_column(played, folder, tmp_path, capsys):
    plan = ["tables", "plan", "--tables=bq://lab.small"]
    assert main([*plan, f"--contract={folder}"]) == 0
    assert capsys.readouterr().out == ""
    more = written(small_contract(), tmp_path / "more", **{"events/purchase.avsc": event("purchase", gift=["null", "string"])})
    assert main([*plan, f"--contract={more}"]) == 0
    tables_only = [s for s in capsys.readouterr().out.split(";\n\n") if s.startswith(("CREATE TABLE", "ALTER"))]
    assert tables_only == ["ALTER TABLE `lab`.small_tables.purchase\n  ADD COLUMN `gift` STRING"]


@pytest.mark.parametrize("change, why", [
    ({"price_usd": "long"}, "lab.small_tables.purchase: price_usd is FLOAT64, and in the contract INT64"),
    ({"gift": "string"}, "lab.small_tables.purchase: gift is new and required: make it nullable")])
def test_a_change_that_no_new_column_mends_is_refused_with_the_difference(played, change, why, tmp_path, capsys):
    other = written(small_contract(), tmp_path / "other", **{"events/purchase.avsc": event("purchase", **change)})
    assert main(["tables", "apply", f"--contract={other}", "--tables=bq://lab.small"]) == 1
    shown = capsys.readouterr()
    assert why in shown.err.splitlines() and shown.out == ""


def test_a_repair_of_the_archive_is_loaded_once_and_changes_the_views_as_there(played, folder):
    hour = f"{NOW - timedelta(days=3):%F}T00"
    where = [f"--contract={folder}", f"--archive={played}/archive"]
    assert main(["repair", *where, f"--from={hour}", f"--to={hour[:-2]}12"]) == 0
    load = ["tables", "load", *where, "--tables=bq://lab.small"]
    assert main(load) == 0
    loaded = "SELECT COUNT(*) AS n FROM small_tables.ledger WHERE run_id LIKE 'repair-%'"
    rows = in_bigquery(loaded)[0]["n"]
    assert rows > 0 and main(load) == 0 and in_bigquery(loaded)[0]["n"] == rows
    con = open_archive(load_contract(str(folder)), str(played / "archive"))
    for view in ("ledger", "player_hours", "revenue_per_minute", "runs"):
        archived = ask(con, f"SELECT * FROM {view}")
        assert counted(in_bigquery(f"SELECT * FROM {view}")) == counted(
            dict(zip(archived.columns, row, strict=True)) for row in archived.rows), view


def test_a_csv_feed_is_loaded_beside_the_events(bigquery, tmp_path):
    contract = load_contract(str(written(small_contract(), tmp_path / "fed", **{"feeds.yaml": FEED})))
    target = make_tables("fed", contract)
    load(contract, str(tmp_path / "a"), feeds(contract)["spend"], "spend.csv", b"day,usd\n2026-11-01,1.5\n2026-11-02,many\n")
    assert [rows for _, rows in load_runs(str(tmp_path / "a"), contract, target)] == [2]
    con = open_archive(contract, str(tmp_path / "a"))
    for table in ("spend", "feed_dead_letters"):
        archived = ask(con, f"SELECT * FROM tables.{table}")
        assert len(archived.rows) == 1 and counted(in_bigquery(f"SELECT * FROM fed_tables.{table}")) == counted(
            dict(zip(archived.columns, row, strict=True)) for row in archived.rows), table


def test_events_older_than_their_table_keeps_them_go_to_the_archive_alone(bigquery, folder, tmp_path):
    contract = load_contract(str(folder))
    make_tables("old", contract)
    (tmp_path / "messages").mkdir()
    long_ago = int((NOW - timedelta(days=31)).timestamp() * 1000)
    (tmp_path / "messages" / "1.jsonl").write_text(
        purchase("new") + "\n" + purchase("old", event_time=long_ago, received_time=long_ago))
    assert run(folder, tmp_path, tables="bq://lab.old") == 0
    assert in_bigquery("SELECT event_id FROM old_tables.purchase") == [{"event_id": "new"}]
    assert in_bigquery("SELECT SUM(landed) AS n FROM old_tables.ledger") == [{"n": 2}]
    archived = ask(open_archive(contract, str(tmp_path / "archive")), "SELECT event_id FROM purchase ORDER BY event_id")
    assert archived.rows == [("new",), ("old",)]


def event(name, **changed):
    fields = [f | {"type": changed.pop(f["name"], f["type"])} for f in FIELDS[name]]
    return json.dumps({"type": "record", "name": name, "fields": fields + [{"name": n, "type": t} for n, t in changed.items()]})


def test_a_run_into_tables_that_are_not_there_is_refused_before_it_reads(bigquery, folder, tmp_path, capfd):
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "1.jsonl").write_text(purchase("e1"))
    assert run(folder, tmp_path, tables="bq://lab.nowhere") == 1
    said = capfd.readouterr().err
    assert "no table lab.nowhere_tables.run_manifests and 10 more; run: gamebeam tables apply" in said


def purchase(event_id, **changes):
    ms = int(NOW.timestamp() * 1000) - 7_200_000
    return json.dumps({"event_id": event_id, "event_type": "purchase", "event_time": ms, "received_time": ms, "env": "live",
                       "player_id": "p", "install_id": "i", "label": "x", "price_usd": 1.5} | changes)


def make_tables(name, contract, change=lambda statement: statement):
    """Tables without views, quicker."""
    target, client = parse_target(f"bq://lab.{name}"), rest_client(PROJECT)
    apply_tables(client, [change(s) for s in plan_tables(client, target, contract, ())])
    return target


def test_rows_that_bigquery_refuses_are_dead_letters_with_its_words_and_the_others_land(bigquery, folder, tmp_path, capfd):
    contract = load_contract(str(folder))
    make_tables("strict", contract, lambda s: s.replace("`label` STRING", "`label` STRING NOT NULL"))
    (tmp_path / "messages").mkdir()
    lines = [purchase(f"e{i}", seq=i + 1, label=None if i in (3, 7, 11) else "x") for i in range(20)]
    (tmp_path / "messages" / "1.jsonl").write_text("\n".join(lines))
    assert run(folder, tmp_path, tables="bq://lab.strict") == 0
    assert "landed 20 (late 0) + duplicate 0 + dead-lettered 0; 3 of the landed were refused by BigQuery" in capfd.readouterr().out
    landed = {row["event_id"] for row in in_bigquery("SELECT event_id FROM strict_tables.purchase")}
    assert landed == {f"e{i}" for i in range(20)} - {"e3", "e7", "e11"}
    dead = "SELECT reason, detail, event_type, seq FROM {} ORDER BY seq"
    refused = [{"reason": "table_rejected", "detail": "Missing required field: label.", "event_type": "purchase", "seq": n}
               for n in (4, 8, 12)]
    assert in_bigquery(dead.format("strict_dead_letters.dead_letter")) == refused
    con = open_archive(contract, str(tmp_path / "archive"))
    assert [dict(zip(refused[0], row, strict=True)) for row in ask(con, dead.format("dead_letters")).rows] == refused
    counts = "SUM(received), SUM(landed), SUM(duplicate), SUM(dead_lettered), SUM(table_rejected)"
    assert ask(con, f"SELECT {counts} FROM ledger WHERE missing IS NULL").rows == [(20, 20, 0, 0, 3)]
    assert [tuple(r.values()) for r in in_bigquery(f"SELECT {counts} FROM strict_tables.ledger")] == [(20, 20, 0, 0, 3)]


def test_a_stream_on_prism_writes_the_tables_that_it_archives_and_counts_what_was_refused(bigquery, folder, prism, tmp_path):
    contract = load_contract(str(folder))
    target = make_tables("live", contract, lambda s: s.replace("`label` STRING", "`label` STRING NOT NULL"))
    start = int(NOW.timestamp() * 1000) // 3_600_000 * 3_600_000 - 86_400_000

    def sent(event_id, minutes, arrived=None, **changes):
        changes |= {"event_time": start + minutes * 60_000}
        return Sent(start + (arrived or minutes) * 60_000, purchase(event_id, **changes).encode())

    steps = [Advance(), [sent("a", 0), sent("b", 1), sent("a", 0, 1)], Advance(), [sent("refused", 2, label=None), Sent(start, b"{")],
             Advance(), [sent("c", 180), sent("late", 3, 181)], Advance(), [sent("refused too", 300, label=None)]]
    run_stream(contract, str(tmp_path / "a"), steps, runner="PrismRunner", tables=target,
               flags=[f"--prism_location={prism}", "--environment_type=LOOPBACK"])
    assert sorted(r["event_id"] for r in in_bigquery("SELECT event_id FROM live_tables.purchase")) == ["a", "b", "c", "late"]
    dead = "SELECT reason, COUNT(*) AS n FROM {} GROUP BY reason ORDER BY reason"
    reasons = {row["reason"]: row["n"] for row in in_bigquery(dead.format("live_dead_letters.dead_letter"))}
    assert reasons == {"malformed": 1, "table_rejected": 2}
    con = open_archive(contract, str(tmp_path / "a"))
    assert ask(con, dead.format("dead_letters")).rows == [("malformed", 1), ("table_rejected", 2)]
    counts = "SUM(received), SUM(landed), SUM(duplicate), SUM(dead_lettered), SUM(table_rejected)"
    assert ask(con, f"SELECT {counts} FROM ledger WHERE missing IS NULL").rows == [(8, 6, 1, 1, 2)]
    for table in ("ledger", "player_hours", "revenue_per_minute", "active_players"):
        archived = ask(con, f"SELECT * FROM tables.{table}")
        assert archived.rows and counted(in_bigquery(f"SELECT * FROM live_tables.{table}")) == counted(
            dict(zip(archived.columns, row, strict=True)) for row in archived.rows), table


def rows_of(contract, table, number, **columns):
    schema = tables(contract)[table].arrow
    blank = {f.name: "x" if pa.types.is_string(f.type) else NOW if pa.types.is_timestamp(f.type) else 0 for f in schema if not f.nullable}
    rows = [blank | {"late": False, "event_id": f"e{i}"} | columns for i in range(number)]
    return pa.RecordBatch.from_pylist(rows, schema)


def test_a_table_that_lacks_a_column_is_waited_for_with_the_command_that_mends_it(bigquery, folder, tmp_path, caplog):
    old = load_contract(str(folder))
    target = make_tables("older", old)
    new = load_contract(str(written(small_contract(), tmp_path / "new", **{
        "events/purchase.avsc": event("purchase", gift=["null", "string"])})))
    with caplog.at_level(logging.WARNING, "gamebeam.tables"):
        appending = InThread(lambda: Appender(target, "small", GIVE_UP_S).append("purchase", rows_of(new, "purchase", 3, gift="rose")))
        appending.until(lambda: caplog.messages)
        make_tables("older", new)
        assert appending.result() == []
    assert caplog.messages[0].startswith("lab.older_tables.purchase: it lacks gift; run: gamebeam tables apply --contract=small")
    assert in_bigquery("SELECT gift, COUNT(*) AS n FROM older_tables.purchase GROUP BY gift") == [{"gift": "rose", "n": 3}]


def test_a_column_that_comes_between_the_refusal_and_the_look_at_the_table_costs_no_row(bigquery, folder, tmp_path, monkeypatch):
    target = make_tables("meanwhile", load_contract(str(folder)))
    new = load_contract(str(written(small_contract(), tmp_path / "new", **{
        "events/purchase.avsc": event("purchase", gift=["null", "string"])})))
    appender = Appender(target, "small", GIVE_UP_S)
    look = appender._lacking
    monkeypatch.setattr(appender, "_lacking", lambda *asked: make_tables("meanwhile", new) and look(*asked))
    assert appender.append("purchase", rows_of(new, "purchase", 3, gift="rose")) == []
    assert in_bigquery("SELECT gift, COUNT(*) AS n FROM meanwhile_tables.purchase GROUP BY gift") == [{"gift": "rose", "n": 3}]


def test_a_bigquery_that_is_away_loses_nothing(folder, tmp_path, monkeypatch, caplog):
    contract, ports = load_contract(str(folder)), (free_port(), free_port())
    emulator_binary()
    with bigquery_emulator(tmp_path, PROJECT, ports) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        target = make_tables("away", contract)
        appender = Appender(target, "small", GIVE_UP_S)
        assert appender.append("purchase", rows_of(contract, "purchase", 5)) == []
    with caplog.at_level(logging.WARNING, "gamebeam.tables"):
        appending = InThread(lambda: appender.append("purchase", rows_of(contract, "purchase", 7, event_id="later")))
        appending.until(lambda: caplog.messages)
        with bigquery_emulator(tmp_path, PROJECT, ports):
            assert appending.result() == []
            assert in_bigquery("SELECT COUNT(*) AS n FROM away_tables.purchase WHERE event_id = 'later'")[0]["n"] >= 7
            assert in_bigquery("SELECT COUNT(*) AS n FROM away_tables.purchase WHERE event_id <> 'later'") == [{"n": 5}]


class InThread:
    """A call that waits for something that the test does meanwhile."""

    def __init__(self, call):
        self.done, self.error = [], None
        self.thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self.thread.start()

    def _run(self, call):
        try:
            self.done.append(call())
        except Exception as e:
            self.error = e

    def until(self, seen, seconds=GIVE_UP_S):
        end = time.monotonic() + seconds
        while not seen() and time.monotonic() < end:
            time.sleep(0.05)
        assert seen(), self.error

    def result(self):
        self.thread.join(2 * GIVE_UP_S)
        assert self.done, self.error
        return self.done[0]
