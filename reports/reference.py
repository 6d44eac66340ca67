"""The generated pages of docs/: the contract reference and the views. `python -m gamebeam.reports.reference` writes them."""

import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import msgspec

from gamebeam.reports import layout
from gamebeam.schemas.contract import feeds, notifications, rollups
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.fields import ROLES
from gamebeam.schemas.contract.settings import Moment, Settings
from gamebeam.schemas.contract.wire import Wire
from gamebeam.schemas.contract.yaml_models import Duration, expected, meaning
from gamebeam.sql.engine import ask, open_empty
from gamebeam.sql.views import BUILT_IN

GAMES = Path(str(files("gamebeam.schemas"))) / "games"
# File, its models with what each describes, and the packaged game whose file is the example.
MODELS: tuple[tuple[str, tuple[tuple[str, type[msgspec.Struct]], ...], str], ...] = (
    ("contract.yaml", (("Keys", Settings),), "starter"),
    ("wire.yaml", (("Keys of the file, and of each entry of `shapes`", Wire),), "gameco"),
    ("rollups.yaml", (("Keys of a rollup", rollups.Declaration), ("Aggregates of `values`, one each", rollups.Aggregate)), "khan"),
    ("feeds.yaml", (("Keys of a feed", feeds.Declaration), ("Keys of a column", feeds.Column)), "starter"),
    ("notifications.yaml", (("Keys of a rule", notifications.Rule),), "starter"),
    ("report.yaml", (("Keys", layout.Declaration), ("Keys of a section", layout.DeclaredSection)), "starter"),
)
LONGEST_EXAMPLE = 30  # lines
COLUMNS = "SELECT column_name, data_type FROM INFORMATION_SCHEMA.COLUMNS WHERE table_name = @name ORDER BY ordinal_position"

CONTRACT = """# Contract reference

A contract is a folder that says what a game's events are. This page is generated from the models that read the contract:
`python -m gamebeam.reports.reference` writes it.

| file | content |
|---|---|
| `contract.yaml` | the game's name, limits and time zone |
| `events/<event_type>.avsc` | one Avro record per event type: its own fields |
| `wire.yaml` | where the game's JSON keeps the envelope and the fields; absent for canonical JSON |
| `rollups.yaml` | windowed aggregates |
| `feeds.yaml` | CSV files that others send |
| `notifications.yaml` | what a player is told of, once |
| `report.yaml` | which questions stand on the report, in which order |
| `questions/<name>.sql`, `views/<name>.sql` | queries and views in BigQuery SQL |
| `examples/pass.jsonl`, `examples/fail.jsonl` | messages that must land, and messages that must not, with the reason |

Each example below is a file of a packaged game, which the tests load.

## events/<event_type>.avsc

A field is an Avro field with `name`, `type` and `doc`. Types are `boolean`, `int`, `long`, `float`, `double`, `string`, `bytes`, the
logical types `timestamp-millis` and `date`, an enum, an array, a record, and a union of `null` with one of these.
A contract adds these keys:

| key | takes | meaning |
|---|---|---|
| `role` | a role, or a list of roles | What the field means to rollups and views. |
| `factor` | a whole number; 1 if left out | A value with a role counts this many times. |
| `pii` | `drop` or `hash` | Personal data: never stored, or stored as a keyed hash. |
| `examples` | a list | Values for the dictionary and the load generator. |
| `also` | a dotted path | Where older events have the field, in `additional_properties`. |

| role | meaning |
|---|---|
"""

VIEWS = """# Views

Every archive has these views, and one view per event type, per declared rollup and per feed.
`python -m gamebeam.reports.reference` generates this page. The columns are those of the packaged game `starter`. A game's own states
add columns to `player_hours` and `players`.

`events` has one row per event of any type, with the columns that all types share.
"""


def contract_page() -> str:
    """Return docs/contract.md."""
    parts = [CONTRACT + "".join(f"| `{role}` | {means} |\n" for role, means in ROLES.items())]
    for file, models, game in MODELS:
        parts.append(f"\n## {file}\n")
        for title, model in models:
            rows = "".join(map(_row, msgspec.structs.fields(model)))
            parts.append(f"\n{title}:\n\n| key | takes | default | meaning |\n|---|---|---|---|\n{rows}")
        parts.append(f"\nExample, from `{game}`:\n\n```yaml\n{_example(game, file)}\n```\n")
    return "".join(parts)


def views_page() -> str:
    """Return docs/views.md."""
    con = open_empty(load_contract("starter"))
    parts = [VIEWS]
    for name in BUILT_IN:
        text = (files("gamebeam.sql") / "views" / f"{name}.sql").read_text()
        comment = []
        for line in text.splitlines():
            if not line.startswith("--"):
                break
            comment.append(line.removeprefix("--").strip())
        columns = ask(con, COLUMNS, {"name": name}).rows
        rows = "".join(f"| `{column}` | {kind} |\n" for column, kind in columns)
        parts.append(f"\n## {name}\n\n{' '.join(comment)}\n\n| column | type |\n|---|---|\n{rows}")
    return "".join(parts)


def _row(field: msgspec.structs.FieldInfo) -> str:
    default = "required" if field.required else _default(field.default)
    cells = (expected(field.type), default, meaning(field.type))
    return f"| `{field.encode_name}` | {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _default(value: object) -> str:
    if value is None or value is msgspec.NODEFAULT or value in ("", (), {}):
        return ""
    if isinstance(value, Duration):
        return f"{value // 60_000} minutes"
    if isinstance(value, Moment):
        return f"`{datetime.fromtimestamp(value / 1_000, UTC):%Y-%m-%d}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _example(game: str, file: str) -> str:
    lines = (GAMES / game / file).read_text().splitlines()
    return "\n".join(lines[:LONGEST_EXAMPLE] + (["# …"] if len(lines) > LONGEST_EXAMPLE else []))


def main() -> int:
    docs = Path(__file__).resolve().parents[1] / "docs"
    (docs / "contract.md").write_text(contract_page())
    (docs / "views.md").write_text(views_page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
