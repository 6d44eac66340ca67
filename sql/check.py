"""Compares every figure of an answer sheet with what an archive's views say."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.questions import questions
from gamebeam.schemas.contract.rollups import Rollup
from gamebeam.schemas.tables import declared_table
from gamebeam.sql.engine import Result, ask, open_archive
from gamebeam.sql.query import parameters
from gamebeam.sql.show import plain
from gamebeam.sql.views import SKETCH_SIZE, fill, micros_of, money_micros

Row = tuple[object, ...]
SHOWN = 20  # differences printed per answer
ESTIMATE_ERROR = 5 / math.sqrt(SKETCH_SIZE)  # five standard errors of a distinct count: one in a million is further off


class Difference(NamedTuple):
    """expected None: the archive says more than the answer sheet; found None: it says less."""

    answer: str
    key: dict[str, object]
    figure: str
    expected: object
    found: object

    def __str__(self) -> str:
        of = "".join(f" {name}={_shown(value)}" for name, value in self.key.items())
        return f"{self.answer}{of} {self.figure}: expected {_shown(self.expected)}, found {_shown(self.found)}"


class Comparison(NamedTuple):
    figures: dict[str, int]  # compared, by answer
    differences: list[Difference]


class Check(NamedTuple):
    sql: str
    key: list[str]  # the other columns are figures; a row without any is a figure itself
    estimates: frozenset[str] = frozenset()  # figures that are exact only below SKETCH_SIZE


def check(contract: Contract, archive: str, answers: str) -> list[Difference]:
    return compare_answers(contract, archive, answers).differences


def compare_answers(contract: Contract, archive: str, answers: str) -> Comparison:
    """Every ANSWERS/<name>.parquet against the query of that name."""
    paths = sorted(Path(answers).glob("*.parquet"))
    if not paths:
        raise FileNotFoundError(f"{answers}: no answers there; give the folder that gamebeam generate wrote, OUT/answers")
    con = open_archive(contract, archive)
    known = checks(contract)
    given = parameters(con, contract)
    figures: dict[str, int] = {}
    differences: list[Difference] = []
    for path in paths:
        name = path.stem
        expected = _read(path)
        if name not in known:
            differences.append(Difference(name, {}, "answer", "a query of that name", None))
            continue
        found = ask(con, known[name].sql, given)
        if sorted(found.columns) != sorted(expected.columns):
            differences.append(Difference(name, {}, "columns", ", ".join(expected.columns), ", ".join(found.columns)))
            continue
        key = known[name].key
        figures[name], wrong = _compare(name, known[name], _by_key(expected, key, found.columns), _by_key(found, key, found.columns))
        differences += wrong
    return Comparison(figures, differences)


def report(comparison: Comparison) -> str:
    """A line per answer, its differences under it, and the sum of both."""
    by_answer: dict[str, list[Difference]] = defaultdict(list)
    for difference in comparison.differences:
        by_answer[difference.answer].append(difference)
    lines = []
    for name in sorted({*comparison.figures, *by_answer}):
        wrong = by_answer[name]
        lines.append(f"{name:<28}{comparison.figures.get(name, 0):>12,} figures  {_count(wrong)}")
        lines += [f"  {difference}" for difference in wrong[:SHOWN]]
        if len(wrong) > SHOWN:
            lines.append(f"  and {len(wrong) - SHOWN:,} more")
    lines.append(f"{sum(comparison.figures.values()):,} figures in {len(comparison.figures)} answers compared: "
                 f"{_count(comparison.differences)}")
    return "\n".join(lines) + "\n"


def checks(contract: Contract) -> dict[str, Check]:
    """A query per answer: those in sql/checks, contents, one per declared rollup, and the game's own questions."""
    found = {"contents": Check(contents_sql(contract), ["event_type", "hour", "env", "platform", "app_version"])}
    for file in (files("gamebeam.sql") / "checks").iterdir():
        if file.name.endswith(".sql"):
            text = file.read_text()
            key = re.match(r"-- key: (.*)\n", text)
            assert key, f"sql/checks/{file.name} does not begin with its key"
            found[file.name.removesuffix(".sql")] = Check(fill(text, time_zone=contract.time_zone), key[1].split(", "))
    found |= {f"rollup_{r.name}": _rollup_check(contract, r) for r in contract.rollups}
    return found | {f"question_{q.name}": Check(q.sql, list(q.key)) for q in questions(contract).values()}


def contents_sql(contract: Contract) -> str:
    """What the event tables hold, counted and summed: one event moved, dropped, copied or repriced changes a figure."""
    return "\nUNION ALL\n".join(_contents_of(contract, name) for name in contract.events)


def _contents_of(contract: Contract, event_type: str) -> str:
    return (f"SELECT '{event_type}' AS event_type, TIMESTAMP_TRUNC(event_time, HOUR) AS hour, env, platform, app_version, "
            f"COUNT(*) AS events, SUM(UNIX_MILLIS(event_time)) AS event_time_sum, SUM(COALESCE(seq, 0)) AS seq_sum, "
            f"SUM({money_micros(contract, event_type)}) AS money_micros\nFROM `{event_type}` GROUP BY 2, 3, 4, 5")


def _rollup_check(contract: Contract, rollup: Rollup) -> Check:
    key = ["window_start", *rollup.keys]
    fields = {f.name for f in declared_table(contract, rollup).fields}
    values = [f"{micros_of(f'`{v.name}`')} AS `{v.name}_micros`"
              if v.kind == "sum" and f"{v.name}_micros" in fields else f"`{v.name}`" for v in rollup.values]
    return Check(f"SELECT {', '.join([*(f'`{k}`' for k in key), *values])} FROM `{rollup.name}`", key,
                 frozenset(v.name for v in rollup.values if v.kind == "distinct"))


def _read(path: Path) -> Result:
    table = pq.read_table(path)
    return Result(table.column_names, list(zip(*(column.to_pylist() for column in table.columns), strict=True)))


def _by_key(result: Result, key: list[str], columns: Iterable[str]) -> dict[Row, list[dict[str, object]]]:
    """Figures by key; a list, because a key may come twice, and that is to be seen."""
    found: dict[Row, list[dict[str, object]]] = defaultdict(list)
    at = {name: i for i, name in enumerate(result.columns)}
    figures = [name for name in columns if name not in key]
    for row in result.rows:
        found[tuple(_same(row[at[k]]) for k in key)].append({name: _same(row[at[name]]) for name in figures})
    return found


def _same(value: object) -> object:
    """Equal moments are equal whether or not the file names their zone, and 3.0 is 3."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return tuple(_same(v) for v in value) if isinstance(value, list) else value


def _compare(answer: str, check: Check, expected: dict[Row, list[dict[str, object]]],
             found: dict[Row, list[dict[str, object]]]) -> tuple[int, list[Difference]]:
    figures, differences = 0, []
    for values in expected.keys() | found.keys():
        named = dict(zip(check.key, values, strict=True))
        wanted, got = list(expected.get(values, ())), list(found.get(values, ()))
        figures += sum(max(1, len(row)) for row in (wanted if len(wanted) >= len(got) else got))
        if len(wanted) > 1 or len(got) > 1:  # rows of one key: those that are equal belong together
            wanted, got = _without_equals(wanted, got)
        for i in range(max(len(wanted), len(got))):
            a, b = wanted[i] if i < len(wanted) else None, got[i] if i < len(got) else None
            if a is None or b is None:
                row = a or b or {"row": "one"}  # a row without figures is one itself
                differences += [Difference(answer, named, name, None if a is None else value, None if b is None else value)
                                for name, value in row.items()]
            else:
                differences += [Difference(answer, named, name, a[name], b[name]) for name in a
                                if not (_equal(a[name], b[name]) or (name in check.estimates and _is_estimate(a[name], b[name])))]
    return figures, sorted(differences, key=str)


def _equal(a: object, b: object) -> bool:
    """A sum of floats depends on its order: an average of one may differ in the last digits."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return bool(a == b)


def _is_estimate(exact: Any, found: Any) -> bool:
    """Whether a distinct count that is too large to be exact is within ESTIMATE_ERROR of the answer."""
    return exact is not None and found is not None and exact >= SKETCH_SIZE and abs(found - exact) <= ESTIMATE_ERROR * exact


def _without_equals(a: list[dict[str, object]], b: list[dict[str, object]]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    left, right = [], list(b)
    for row in a:
        if row in right:
            right.remove(row)
        else:
            left.append(row)
    return left, right


def _count(differences: list[Difference]) -> str:
    return f"{len(differences):,} difference{'' if len(differences) == 1 else 's'}"


def _shown(value: object) -> str:
    return "nothing" if value is None else str(plain(value))
