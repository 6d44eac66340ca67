"""Tables as code: the DDL that a contract means, as a reviewer sees it, and what a contract may become."""

import json
import os
from pathlib import Path

import pytest

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.bigquery import RUN_FIELDS, create_dataset, create_table, parse_target, wanted_tables
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.archive import RUNS
from gamebeam.sql.bigquery import bigquery_views
from tests.support.small_contract import FIELDS, small_contract

GOLDEN = Path(__file__).parents[1] / "cases" / "ddl"
TARGET = parse_target("bq://my-project.game")


def ddl(contract):
    made = [create_dataset(TARGET, name, contract.name) for name in TARGET.datasets]
    made += [create_table(TARGET, table, contract.name) for table in wanted_tables(contract).values()]
    return ";\n\n".join(made) + ";\n"


@pytest.mark.parametrize("game", ["starter", "placebo"])
def test_a_contracts_tables_are_the_ddl_that_was_reviewed(game):
    """WRITE_GOLDEN=1 writes the files anew."""
    path = GOLDEN / f"{game}.sql"
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(ddl(load_contract(game)))
    assert ddl(load_contract(game)) == path.read_text()


def test_event_tables_expire_in_30_days_dead_letters_in_14_and_rollups_in_25_months():
    days = {name: table.expiry_days for name, table in wanted_tables(small_contract()).items()}
    assert days == {"run_manifests": None, "purchase": 30, "match_end": 30, "dead_letter": 14, "ledger": 760, "counter_hours": 760,
                    "player_hours": 760, "revenue_per_minute": 760, "active_players": 760, "scores": 760, "feed_dead_letters": 14}


def test_dead_letters_lie_in_a_dataset_of_their_own_and_their_view_reads_it():
    assert TARGET.table_id("dead_letter") == "my-project.game_dead_letters.dead_letter"
    assert TARGET.table_id("purchase") == "my-project.game_tables.purchase"
    view = next(v for v in bigquery_views(small_contract(), TARGET) if v.name == "dead_letters")
    assert "FROM `my-project`.game_dead_letters.dead_letter\n" in view.ddl and view.dataset == "game"


def test_bigquery_knows_of_a_run_what_the_archive_knows():
    assert {f.name for f in RUN_FIELDS} == {*RUNS.names, "written_time"}


@pytest.mark.parametrize("uri", ["bq://project", "project.dataset", "bq://project.data-set", "bq://project.a.b", "bq://"])
def test_a_target_that_is_none_is_refused(uri, capfd):
    assert main(["tables", "plan", "--contract=starter", f"--tables={uri}"]) == 1
    assert f"--tables={uri}: expected bq://project.dataset" in capfd.readouterr().err


def written(folder, change=lambda text: None):
    text = dict(small_contract().text)
    change(text)
    for name, body in text.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(body)
    return str(folder)


def with_field(name, kind, event="purchase"):
    def change(text):
        was = next((f for f in FIELDS[event] if f["name"] == name), {"name": name})
        fields = [f for f in FIELDS[event] if f["name"] != name] + ([was | {"type": kind}] if kind else [])
        text[f"events/{event}.avsc"] = json.dumps({"type": "record", "name": event, "fields": fields})
    return change


def rollup_without_worst(text):
    text["rollups.yaml"] = text["rollups.yaml"].replace(", worst: {min: score}", "")


@pytest.mark.parametrize("change, line, code", [
    (lambda text: None, "nothing that a table or a file would notice", 0),
    (with_field("gift", ["null", "string"]), "adds: purchase.gift is new", 0),
    (with_field("gift", "string"), "breaks: purchase.gift is new and required: make it nullable", 1),
    (with_field("price_usd", "long"), "breaks: purchase.price_usd was double, and is long", 1),
    (with_field("label", None), "breaks: purchase.label is gone", 1),
    (with_field("price_usd", ["null", "double"]), "adds: purchase.price_usd was required, and is nullable", 0),
    (lambda text: text.pop("events/match_end.avsc") and text.pop("rollups.yaml"), "breaks: event type match_end is gone", 1),
    (rollup_without_worst, "breaks: scores.worst is gone: give the changed rollup a new name", 1),
])
def test_a_studios_ci_sees_what_a_changed_contract_would_break(change, line, code, tmp_path, capsys):
    old, new = written(tmp_path / "old"), written(tmp_path / "new", change)
    assert main(["contract", "diff", old, new]) == code
    assert line in capsys.readouterr().out.splitlines()
