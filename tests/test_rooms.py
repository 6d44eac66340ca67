"""The rooms and the arrows between them: schemas ← transforms ← pipeline, schemas ← loadgen, schemas ← sql."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "schemas": set(),
    "transforms": {"schemas"},
    "loadgen": {"schemas"},
    "sql": {"schemas"},
    "reports": {"schemas", "sql"},
    "feeds": {"schemas", "transforms"},
    "collector": {"schemas", "transforms"},  # what decode says of an event, said at the door
    "pipeline": {"schemas", "transforms", "loadgen", "sql", "reports", "feeds", "collector"},  # the door opens every room
}
WITHOUT_BEAM = ("schemas", "loadgen", "sql", "reports", "collector")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_point_one_way(room):
    modules = list((ROOT / room).rglob("*.py"))
    assert modules
    for path in modules:
        others = imported(path) & set(MAY_IMPORT) - {room}
        assert others <= MAY_IMPORT[room], f"{path} imports {others - MAY_IMPORT[room]}"
        assert room not in WITHOUT_BEAM or "apache_beam" not in imported(path), path


def test_only_the_doors_modules_reach_into_loadgen_and_sql():
    doors = {"__main__.py", "demo.py"}
    for path in (ROOT / "pipeline").glob("*.py"):
        assert path.name in doors or not imported(path) & {"loadgen", "sql"}, path


def test_no_module_is_longer_than_300_lines_and_none_has_a_name_that_says_nothing():
    for path in (p for room in (*MAY_IMPORT, "bench") for p in (ROOT / room).rglob("*.py")):
        assert len(path.read_text().splitlines()) <= 300, path
        assert path.stem not in ("util", "utils", "common", "helpers", "constants", "base", "misc", "manager"), path


def test_a_field_of_a_game_is_named_only_in_its_contract():
    """price_usd, enemy, ball_x …: code computes with roles and types, never with a game's own names."""
    telling = {"price_usd", "guild_name", "ball_x", "weapon_type", "amount_purchased", "player_wealth", "revenue_usd", "stack_hash"}
    for room in ("schemas", "transforms", "sql"):
        for path in (ROOT / room).rglob("*.py"):
            strings = {n.value for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            assert not strings & telling, path
