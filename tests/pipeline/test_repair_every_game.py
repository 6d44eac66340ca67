"""gamebeam repair over every packaged game and over an inferred contract with arrays: the figures stay what one run gave."""

import json

import pytest

from gamebeam.archive.contract_file import archive_contract
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import PACKAGED, load_contract, parse_contract
from gamebeam.schemas.contract.feeds import feed_tables
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.inference.infer import infer
from gamebeam.schemas.tables import tables
from tests.support.small_contract import small_contract
from tests.support.streams import answers

GAMES = sorted(p.name for p in PACKAGED.iterdir() if p.is_dir())
HOURS = ("--from=2026-10-25T00", "--to=2026-11-10T00")
REPEATED = 1_793_491_200_000  # 2026-11-01


def run_and_repair(archive, source, contract):
    """Every view's rows before and after the repair."""
    assert main(["run", f"--contract={contract}", f"--source={source}", f"--archive={archive}"]) == 0
    before = answers(archive_contract(archive), archive)
    assert main(["repair", f"--archive={archive}", *HOURS]) == 0
    return before, answers(archive_contract(archive), archive)


@pytest.mark.parametrize("game", GAMES)
def test_c10_a_repair_of_a_packaged_game_changes_no_figure(game, tmp_path):
    generate(load_contract(game), str(tmp_path / "g"), players=5, days=1, seed=31, files=1)
    before, after = run_and_repair(str(tmp_path / "a"), f"{tmp_path}/g/messages/*", game)
    assert before["ledger"] and [view for view in before if before[view] != after[view]] == []


def test_c10_a_repair_under_an_inferred_contract_with_arrays_changes_no_figure(tmp_path):
    messages = [{"event_type": "loot", "event_id": f"e{i}", "timestamp": REPEATED + i * 1000, "user_id": f"u{i % 3}", "tags": ["a", "b"],
                 "items": [{"kind": "sword", "level": i, "runes": ["x"]}]} for i in range(30)]
    (tmp_path / "sample.jsonl").write_text("\n".join(map(json.dumps, messages)))
    infer(tmp_path / "sample.jsonl", tmp_path / "game")
    [event] = load_contract(str(tmp_path / "game")).events.values()
    assert {f.name for f in event.fields if f.type.kind == "array"} == {"tags", "items"}
    before, after = run_and_repair(str(tmp_path / "a"), f"{tmp_path}/sample.jsonl", tmp_path / "game")
    assert len(before["events"]) == 30 and [view for view in before if before[view] != after[view]] == []


@pytest.mark.parametrize("game", GAMES)
def test_c10_every_part_of_a_contract_can_be_a_key(game):
    contract = load_contract(game)
    parts = (*tables(contract).values(), *feed_tables(contract).values(), *contract.rollups, *contract.notifications,
             *contract.events.values())
    assert len({hash(part) for part in parts}) > 1


@pytest.mark.parametrize("where", ["{outcome: [won]}", "{outcome: {is: won}}"])
def test_c10_a_filter_on_a_list_is_refused_because_no_field_equals_one(where):
    rollups = f"wins: {{events: [match_end], where: {where}, window: 1m, values: {{n: count}}}}"
    with pytest.raises(ContractError, match=r"rollups.yaml: wins.where.outcome: expected one value"):
        parse_contract(small_contract().text | {"rollups.yaml": rollups})
