"""The data dictionary: every table and column of a game, and nothing that is not stored."""

import pytest

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract, parse_contract
from gamebeam.schemas.contract.dictionary import dictionary
from gamebeam.schemas.tables import tables
from tests.support.written_archive import DAY, HOUR, WrittenArchive


def section(text, name):
    """The lines below one heading."""
    lines = text.splitlines()
    start = lines.index(f"### {name}")
    end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith("#")), len(lines))
    return lines[start + 1 : end]


def rows(lines):
    """Cells of each row of the Markdown table, by column name."""
    cells = [[c.strip() for c in line.replace("\\|", "¦").strip("|").split("|")] for line in lines if line.startswith("|")]
    return {c[0]: c for c in cells[2:]}


def test_a_dictionary_over_an_archive_tells_when_a_type_was_seen_and_what_is_null(tmp_path, capsys):
    archive = WrittenArchive(load_contract("starter"), tmp_path)
    archive.event("purchase", "e1", DAY, player_id="a", product="gems", offer_id="weekend")
    archive.event("purchase", "e2", DAY + HOUR, player_id="a", product="gems")
    archive.event("purchase", "e2", DAY + HOUR, player_id="a", product="gems")  # a copy counts once
    assert main(["contract", "docs", "starter", f"--archive={tmp_path}"]) == 0
    told = section(capsys.readouterr().out, "purchase")
    assert "Seen 2 times, first 2026-11-02 00:00, last 2026-11-02 01:00 UTC." in told
    null = {name: cells[-1] for name, cells in rows(told).items()}
    assert (null["product"], null["offer_id"]) == ("0.0 %", "50.0 %")


@pytest.mark.parametrize("game", ["starter", "victory", "placebo", "gameco", "khan"])
def test_every_table_has_its_columns_and_each_its_meaning(game):
    contract = load_contract(game)
    text = dictionary(contract)
    envelope = set(rows(text[: text.index("## Event types")].splitlines()))
    for name, table in tables(contract).items():
        told = rows(section(text, name))
        expected = set(table.arrow.names) - (envelope | {"run_id"} if name in contract.events else set())
        assert {column for column in told if "." not in column} == expected, name
        for column, cells in told.items():
            assert len(cells) == 7, cells
            if name in contract.events:
                assert cells[3], f"{name}.{column} has no meaning"


def test_a_field_tells_its_type_whether_it_may_be_null_its_role_and_examples():
    text = dictionary(load_contract("starter"))
    assert rows(section(text, "refund"))["price_usd"] == [
        "price_usd", "double", "no", "Amount given back in USD, positive.", "revenue (subtracted)", "", "`0.99`"]
    assert rows(section(text, "match_end"))["outcome"][3] == "How it ended for the player. One of won, lost, draw."
    assert rows(section(text, "register"))["install_time"][1:3] == ["timestamp (ms, UTC)", "yes"]


def test_the_fields_of_a_record_in_an_array_have_rows_of_their_own():
    told = rows(section(dictionary(load_contract("placebo")), "view_user_data"))
    assert told["affiliations"][1] == "array of record"
    assert told["affiliations[].org"][1:3] == ["string", "no"]


def test_what_is_never_stored_is_no_column_but_is_said():
    text = dictionary(load_contract("placebo"))
    lines = section(text, "login")
    assert "user_pwd" not in rows(lines)
    assert "Never stored (pii: drop): `user_pwd`." in lines
    assert "blahdeblah" not in text


def test_what_is_stored_as_a_keyed_hash_says_so():
    event = ('{"type": "record", "name": "login", "fields": '
             '[{"name": "email", "type": "string", "doc": "a | b", "pii": "hash", "examples": ["x`|y"]}]}')
    text = dictionary(parse_contract({"contract.yaml": "name: small", "events/login.avsc": event}))
    assert rows(section(text, "login"))["email"] == ["email", "string", "no", "a ¦ b", "", "hash", "`\"x'¦y\"`"]


def test_a_declared_rollup_tells_its_window_its_keys_and_its_values():
    lines = section(dictionary(load_contract("starter")), "matches")
    assert "Windows of 5 min, over `match_end`; keys: env, platform." in lines
    assert '- `wins`: count where outcome = `"won"`' in lines
    sliding = section(dictionary(load_contract("starter")), "active_players")
    assert "Windows of 10 min, a new one every 1 min, over every event type; keys: env, platform." in sliding


def test_a_game_whose_clients_count_nothing_says_that_loss_is_not_measurable():
    assert "Clients count their events not at all, so loss is not measurable." in dictionary(load_contract("khan"))
    assert "Clients count their events per session." in dictionary(load_contract("victory"))
