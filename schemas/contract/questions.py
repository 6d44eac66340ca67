"""What people ask of a game: questions/<name>.sql and views/<name>.sql of its folder, in BigQuery's SQL.

A question begins with comment lines: `-- title: …` and `-- doc: …`; `-- key: a, b` names the columns that tell its rows apart, the
others are figures; `-- chart: bar x=… y=…` says how a report draws it. It may use @as_of (what came before that moment), @env and
@time_zone. A view's {views} and {tables} are the datasets, {time_zone} is the contract's; {base} is the view of that name which
the contract makes, and which this one then stands in for: it may add columns, and should drop none. In a view {micros:amount} is an
amount in millionths, an INT64, rounded as the job rounds, and {sum:column} the sum of INT64s that stops at the greatest one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

from gamebeam.schemas.contract.fields import ContractError

HEADER = re.compile(r"-- (\w+): (.*)")
NAMES = ("title", "doc", "key", "chart")
CHARTS = ("bar", "line", "area", "pie", "histogram", "heatmap", "scatter", "number", "table")


class HasFiles(Protocol):
    """A contract, of which only its files are read here: the contract's own module needs this one."""

    @property
    def text(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Chart:
    kind: str
    options: dict[str, str]  # x, y, color, low, high -> a column; y may name several: dau,wau


@dataclass(frozen=True)
class Question:
    name: str
    title: str
    doc: str
    key: tuple[str, ...]
    chart: Chart | None
    sql: str

    @property
    def has_date(self) -> bool:
        """Whether the answer depends on a moment, which its title then names."""
        return "@as_of" in self.sql


def questions(contract: HasFiles) -> dict[str, Question]:
    """By name. Workers, whose contract is only what events are, have none."""
    return {name: parse_question(name, body, f"questions/{name}.sql") for name, body in _group(contract, "questions").items()}


def report_questions(contract: HasFiles) -> dict[str, Question]:
    """What stands on the game's pages beside its questions: reports/<name>.sql, written alike. @player_id: it is about one player."""
    return {name: parse_question(name, body, f"reports/{name}.sql") for name, body in _group(contract, "reports").items()}


def own_views(contract: HasFiles) -> dict[str, str]:
    """View's name -> its SELECT, with placeholders; each after those of the game's own that it reads."""
    found = {name: body.strip().removesuffix(";") for name, body in _group(contract, "views").items()}
    reads = {name: {n for n in re.findall(r"\{views\}\.(\w+)", body) if n in found} for name, body in found.items()}
    try:
        return {name: found[name] for name in TopologicalSorter(reads).static_order()}
    except CycleError as e:
        raise ContractError("views", None, f"read each other in a circle: {', '.join(e.args[1])}") from None


def parse_question(name: str, text: str, file: str) -> Question:
    said: dict[str, str] = {}
    lines = text.splitlines()
    while lines and (match := HEADER.fullmatch(lines[0].strip())):
        if match[1] not in NAMES:
            raise ContractError(file, match[1], f"unknown; a question's head says {', '.join(NAMES)}")
        said[match[1]] = f"{said[match[1]]} {match[2]}" if match[1] in said else match[2]
        lines = lines[1:]
    if not said.get("title"):
        raise ContractError(file, "title", "missing: begin with a line -- title: …")
    if not "\n".join(lines).strip():
        raise ContractError(file, None, "no SQL after its head")
    key = tuple(k.strip() for k in said.get("key", "").split(",") if k.strip())
    return Question(name, said["title"], said.get("doc", ""), key, _chart(said.get("chart"), file), "\n".join(lines).strip())


def _chart(text: str | None, file: str) -> Chart | None:
    if text is None:
        return None
    kind, *options = text.split()
    if kind not in CHARTS or any("=" not in o for o in options):
        raise ContractError(file, "chart", f"expected one of {', '.join(CHARTS)}, then x=column y=column, not {text!r}")
    return Chart(kind, dict(o.split("=", 1) for o in options))


def _group(contract: HasFiles, folder: str) -> dict[str, str]:
    return {file.removeprefix(f"{folder}/").removesuffix(".sql"): body
            for file, body in contract.text.items() if file.startswith(f"{folder}/")}
