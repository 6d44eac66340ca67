"""How often product code gives up on a type: `Any` per 1,000 lines of each room. make lint prints the table."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "archive", "transforms", "pipeline", "sql", "reports", "feeds", "collector", "loadgen", "clients", "services", "live")
MOST = 8  # per 1,000 lines of the product
MOST_OF_A_ROOM = {"schemas": 8, "archive": 8, "transforms": 8}


def counts(room: str) -> tuple[int, int]:
    """(uses of the name Any, lines) of a room's Python files; imports of it are not uses."""
    texts = [path.read_text() for path in sorted((ROOT / room).rglob("*.py"))]
    uses = sum(isinstance(node, ast.Name) and node.id == "Any" for text in texts for node in ast.walk(ast.parse(text)))
    return uses, sum(len(text.splitlines()) for text in texts)


def test_the_product_uses_any_rarely():
    found = {room: counts(room) for room in ROOMS}
    for room, (uses, lines) in found.items():
        print(f"{room:12} {uses:4} Any in {lines:6,} lines: {1000 * uses / lines:4.1f} per 1,000")
    uses, lines = (sum(n) for n in zip(*found.values(), strict=True))
    print(f"{'all':12} {uses:4} Any in {lines:6,} lines: {1000 * uses / lines:4.1f} per 1,000; at most {MOST}")
    assert 1000 * uses / lines <= MOST


@pytest.mark.parametrize("room, most", MOST_OF_A_ROOM.items())
def test_a_typed_room_uses_any_rarely(room, most):
    uses, lines = counts(room)
    assert 1000 * uses / lines <= most
