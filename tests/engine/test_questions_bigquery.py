"""The questions of the packaged games, asked of BigQuery (an emulator) in the text that DuckDB answers, word for word."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.questions import questions, report_questions
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.query import parameters
from gamebeam.transforms.sinks.bigquery.client import rest_client

pytestmark = pytest.mark.engine
PROJECT = "lab"
GAMES = ("gameco", "khan", "placebo", "starter", "victory")
PLAYERS = {"starter": 8}  # of whom some buy
NOBODY = {"suspected_bots"}  # so few players have no bot among them
LONG = {"placebo", "starter", "victory"}  # half a minute each, most of it the emulator making tables: make chaos


def asked_of(contract):
    """Its questions, and what its report asks beside them of all players."""
    return {name: q for name, q in {**questions(contract), **report_questions(contract)}.items() if "@player_id" not in q.sql}


ASKED = [pytest.param(game, name, marks=[pytest.mark.chaos] if game in LONG else []) for game in GAMES
         for name in asked_of(load_contract(game))]


@pytest.fixture(scope="module")
def archive_of(bigquery, tmp_path_factory):
    """game -> its contract and an opened archive of a few players, whose rows are also in the dataset of that name."""
    loaded = {}

    def load(game):
        if game not in loaded:
            out, contract = tmp_path_factory.mktemp(game), load_contract(game)
            generate(contract, str(out), players=PLAYERS.get(game, 4), days=2, seed=11, start=f"{datetime.now(UTC) - timedelta(days=4):%F}")
            where = [f"--contract={game}", f"--archive={out}/archive"]
            assert main(["run", *where, f"--source={out}/messages/*"]) == 0
            if (out / "feeds").exists():
                assert main(["feeds", "run", *where, f"--drop={out}/feeds"]) == 0
            assert main(["tables", "apply", f"--contract={game}", f"--tables=bq://{PROJECT}.{game}"]) == 0
            assert main(["tables", "load", *where, f"--tables=bq://{PROJECT}.{game}"]) == 0
            loaded[game] = contract, open_archive(contract, f"{out}/archive")
        return loaded[game]

    return load


def in_bigquery(game, sql, values):
    from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

    types = {"as_of": "TIMESTAMP"}
    given = [ScalarQueryParameter(name, types.get(name, "STRING"), value) for name, value in values.items() if f"@{name}" in sql]
    job = rest_client(PROJECT).query(sql, QueryJobConfig(default_dataset=f"{PROJECT}.{game}", query_parameters=given))
    found = job.result()
    return [field.name for field in found.schema], [tuple(row.values()) for row in found]


def alike(value):
    """A DuckDB sum may be a decimal, and engines add floats in an order of their own."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.mark.parametrize(("game", "name"), ASKED)
def test_bigquery_answers_the_same_text_as_duckdb(archive_of, game, name):
    contract, con = archive_of(game)
    sql, values = asked_of(contract)[name].sql, parameters(con, contract)
    expected = ask(con, sql, values)
    columns, rows = in_bigquery(game, sql, values)
    assert columns == expected.columns
    assert [[*map(alike, row)] for row in rows] == [[*map(alike, row)] for row in expected.rows]
    assert rows or name in NOBODY
