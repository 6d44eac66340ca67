"""Additive changes of a contract: files of before and after are read together, with the figures of one contract."""

import json

import pytest

from gamebeam.archive.contract_file import archive_contract
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.repair import hour, repair
from gamebeam.schemas.contract.contract import parse_contract
from gamebeam.schemas.contract.evolution import breaking_changes, difference
from gamebeam.sql.border import border_script
from gamebeam.sql.engine import open_empty
from tests.support.small_contract import FIELDS, ROLLUPS, small_contract
from tests.support.streams import Sent, run_files
from tests.support.streams import rows as queried

T = hour("2026-11-01T00")
ITEM = [{"name": "kind", "type": "string"}, {"name": "n", "type": "long"}]
ROLLUP = ("scores: {events: [match_end], window: 1h, values: {total: {sum: score}, best: {max: score}, worst: {min: score}, "
          "latest: {last: score}, different: {distinct: score}}}")


def contract(score="long", item=ITEM, rollups=ROLLUP):
    items = {"type": "array", "items": {"type": "record", "name": "item", "fields": item}, "examples": [[{"kind": "a", "n": 1}]]}
    state = score if isinstance(score, list) else ["null", score]
    fields = [{"name": "score", "type": score, "role": ["score"]}, {"name": "rank", "type": state, "role": ["state"]},
              {"name": "items", "type": ["null", items]},
              {"name": "bag", "type": ["null", {"type": "record", "name": "bag", "fields": item}], "examples": [{"kind": "a", "n": 1}]}]
    text = {"contract.yaml": "name: small\ncounter: install\n", "rollups.yaml": rollups,
            "events/match_end.avsc": json.dumps({"type": "record", "name": "match_end", "fields": fields})}
    return parse_contract(text)


def sent(event_id, at, **fields):
    event = {"event_id": event_id, "event_type": "match_end", "event_time": at, "player_id": "p1", "install_id": "i1", "env": "live"}
    return [Sent(at, json.dumps(event | fields).encode())]


OLD = contract()
WIDER = contract("double", [{"name": "color", "type": ["null", "string"]}, ITEM[0], {"name": "n", "type": "double"}])
FIRST = [sent("a", T, score=3, items=[{"kind": "x", "n": 1}], bag={"kind": "b", "n": 2**53 + 1}), sent("b", T + 1, score=5, rank=7)]
SECOND = [sent("c", T + 2, score=2.5, items=[{"kind": "y", "n": 0.5, "color": "red"}]), sent("d", T + 3, score=3, rank=7.5)]
FIGURES = {
    "scores": "SELECT window_start, total, best, worst, latest, different FROM scores",
    "player_hours": "SELECT hour, player_id, events, score, first_time, last_time FROM player_hours",
    "items": "SELECT event_id, score, TO_JSON_STRING(items), bag.kind, bag.n, bag.color FROM match_end",
    "players": "SELECT player_id, events, rank FROM players",
    "ledger": "SELECT hour, event_type, received, landed, duplicate FROM ledger WHERE event_type IS NOT NULL"}


def figures(archive):
    return {name: queried(WIDER, archive, sql) for name, sql in FIGURES.items()}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """One run under the long and the old record, one under the double and the new record."""
    archive = str(tmp_path_factory.mktemp("mixed"))
    run_files(OLD, archive, FIRST, run_id="first")
    run_files(WIDER, archive, SECOND, run_id="second")
    return archive


@pytest.fixture(scope="module")
def at_once(tmp_path_factory):
    """All messages under the new contract."""
    archive = str(tmp_path_factory.mktemp("at_once"))
    run_files(WIDER, archive, [*FIRST, *SECOND], run_id="all")
    return figures(archive)


def test_c3_c9_files_of_before_and_after_give_the_figures_of_one_contract(mixed, at_once):
    assert figures(mixed) == at_once
    assert at_once["scores"][0][-1] == 3  # 3 as a long and as a double is one value


def test_c3_c9_a_repair_and_a_later_run_keep_the_figures(mixed, at_once):
    repair(mixed, None, T, T + 3_600_000)
    assert figures(mixed) == at_once


def test_c3_the_archive_refuses_the_long_once_it_has_the_double(mixed):
    with pytest.raises(ValueError, match=r"match_end.score was double, and is long"):
        run_files(OLD, mixed, FIRST, run_id="again")
    assert archive_contract(mixed) == WIDER


def test_c3_external_tables_have_the_wider_types():
    script = border_script(WIDER, "p.d", "gs://b/a")
    assert "`score` FLOAT64" in script and "`items` ARRAY<STRUCT<`color` STRING, `kind` STRING, `n` FLOAT64>>" in script


def record(**fields):
    return [{"name": n, "type": t} for n, t in fields.items()]


@pytest.mark.parametrize("new, line, breaks", [
    (contract("double"), "adds: match_end.score was long, and is double", False),
    (contract(["null", "long"]), "adds: match_end.score was required, and is nullable", False),
    (contract(item=record(kind="string", n="double")), "adds: match_end.items[].n was long, and is double", False),
    (contract(item=record(kind=["null", "string"], n="long")), "adds: match_end.items[].kind was required, and is nullable", False),
    (contract(item=[*ITEM, *record(color=["null", "string"])]), "adds: match_end.items[].color is new", False),
    (contract(item=[*ITEM, *record(color=["null", "string"])]), "adds: match_end.bag.color is new", False),
    (contract(item=[*ITEM, *record(color="string")]), "breaks: match_end.items[].color is new and required: make it nullable", True),
    (contract(item=record(kind="string")), "breaks: match_end.bag.n is gone", True),
    (contract(item=record(kind="long", n="long")), "breaks: match_end.items[].kind was string, and is long", True),
    (contract(rollups=ROLLUP.replace("1h", "5m")),
     "adds: rollup scores changed: in a running job its windows begin from scratch, and its view has earlier hours once gamebeam "
     "repair has recomputed them", False),
    (contract(rollups=""), "needs repair: rollup scores is gone", True),
    (contract(rollups=ROLLUP.replace(", worst: {min: score}", "")), "breaks: scores.worst is gone: give the changed rollup a new name",
     True),
])
def test_c3_c9_a_diff_names_what_adds_and_what_breaks(new, line, breaks):
    lines, refused = difference(OLD, new)
    assert line in lines and refused == breaks
    assert bool(breaking_changes(OLD, new)) == any(line.startswith("breaks") for line in lines)


# Q18: a rollup that changed


def minutes(window):
    return small_contract_with(ROLLUPS.replace("keys: [platform], window: 1m", f"keys: [platform], window: {window}"))


def small_contract_with(rollups):
    return parse_contract(small_contract().text | {"rollups.yaml": rollups})


def bought(event_id, at):
    event = {"event_id": event_id, "event_type": "purchase", "event_time": at, "player_id": "p1", "install_id": "i1", "platform": "ios",
             "env": "live", "price_usd": 1.0}
    return [Sent(at, json.dumps(event).encode())]


REVENUE = "SELECT UNIX_MILLIS(window_start), UNIX_MILLIS(window_end) - UNIX_MILLIS(window_start), revenue FROM revenue_per_minute"
MINUTE = 60_000


def test_q18_a_changed_window_shows_no_row_of_the_old_one_and_all_hours_after_a_repair(tmp_path):
    archive, old, new = str(tmp_path), minutes("1m"), minutes("5m")
    run_files(old, archive, [bought("a", T), bought("b", T + MINUTE)], run_id="first")
    assert queried(old, archive, REVENUE) == [(T, MINUTE, 1.0), (T + MINUTE, MINUTE, 1.0)]
    run_files(new, archive, [bought("c", T + 10 * MINUTE)], run_id="second")
    assert queried(new, archive, REVENUE) == [(T + 10 * MINUTE, 5 * MINUTE, 1.0)]
    repair(archive, None, T, T + 60 * MINUTE)
    assert queried(new, archive, REVENUE) == [(T, 5 * MINUTE, 2.0), (T + 10 * MINUTE, 5 * MINUTE, 1.0)]


def test_q18_a_repair_under_a_changed_declaration_replaces_the_old_rows(tmp_path):
    archive, old, new = str(tmp_path), minutes("1m"), minutes("5m")
    run_files(old, archive, [bought("a", T), bought("b", T + MINUTE)])
    repair(archive, new, T, T + 60 * MINUTE)
    assert queried(archive_contract(archive), archive, REVENUE) == [(T, 5 * MINUTE, 2.0)]
    repair(archive, old, T, T + 60 * MINUTE)
    assert queried(archive_contract(archive), archive, REVENUE) == [(T, MINUTE, 1.0), (T + MINUTE, MINUTE, 1.0)]


def test_q18_a_changed_filter_with_an_equal_window_is_not_mixed_either(tmp_path):
    archive, old = str(tmp_path), minutes("1m")
    new = small_contract_with(old.text["rollups.yaml"].replace("keys: [platform]", "keys: [platform], where: {product: gems}"))
    run_files(old, archive, [bought("a", T)], run_id="first")
    run_files(new, archive, [bought("b", T + 1)], run_id="second")
    assert queried(new, archive, REVENUE) == [] and queried(old, archive, REVENUE) == [(T, MINUTE, 1.0)]


# C11: SQL of the contract that cannot run


BROKEN = small_contract().text | {
    "views/spenders.sql": "SELECT player_id, gold FROM {views}.purchases", "views/whales.sql": "SELECT * FROM {views}.spenders",
    "questions/wins.sql": "-- title: Wins\nSELECT winner FROM match_end"}


def test_c11_a_broken_view_breaks_no_other_and_says_why_when_queried(tmp_path, capsys):
    run_files(parse_contract(BROKEN), str(tmp_path), [bought("a", T)])
    assert main(["query", f"--archive={tmp_path}", "SELECT COUNT(*) FROM purchase, runs"]) == 0
    assert main(["query", f"--archive={tmp_path}", "SELECT gold FROM spenders"]) == 1
    err = capsys.readouterr().err
    assert "view spenders: " in err and "views/spenders.sql" in err
    assert "purchases does not exist" in err


def test_c11_contract_check_names_the_file_of_sql_that_cannot_run(tmp_path, capsys):
    for name, body in BROKEN.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(body)
    assert main(["contract", "check", str(tmp_path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["views/spenders.sql", "views/whales.sql", "questions/wins.sql"]
    assert "purchases" in lines[0] and "winner" in lines[2]


def test_an_empty_archive_has_every_view_of_a_contract():
    assert FIELDS and open_empty(small_contract()).execute("SELECT COUNT(*) FROM ledger").fetchone() == (0,)
