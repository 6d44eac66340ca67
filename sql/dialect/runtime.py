"""DuckDB macros and Python functions that templates call by names that begin with bq_, created when a statement needs them."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, wraps
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import duckdb
from duckdb.func import FunctionNullHandling

NAME = re.compile(r"\bbq_\w+")


@dataclass(frozen=True)
class PythonFunction:
    """arguments, result: DuckDB's types. nulls: whether it is called with NULLs; else a NULL argument makes the result NULL."""

    call: Callable[..., Any]
    arguments: tuple[str, ...]
    result: str
    nulls: bool = False


MACROS: dict[str, str] = {}
PYTHON: dict[str, PythonFunction] = {}
_installed: "WeakKeyDictionary[duckdb.DuckDBPyConnection, set[str]]" = WeakKeyDictionary()
_lock = Lock()


def macro(name: str, body: str) -> None:
    """Describe a macro. body: what follows its name in CREATE MACRO, such as `(x) AS x + 1`. No volatile function: TRY refuses them."""
    if name in MACROS or name in PYTHON:
        raise ValueError(f"{name} is described twice")
    MACROS[name] = " ".join(body.split())


def python(name: str, call: Callable[..., Any], arguments: str, result: str, nulls: bool = False) -> None:
    """Describe a Python function. arguments: DuckDB's types between commas. It is called once a row: for what DuckDB cannot express."""
    if name in MACROS or name in PYTHON:
        raise ValueError(f"{name} is described twice")
    PYTHON[name] = PythonFunction(call, tuple(a.strip() for a in arguments.split(",")), result, nulls)


def install(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Create what the translated SQL calls, and what that calls."""
    names = set(NAME.findall(sql))
    if not names:
        return
    with _lock:
        done = _installed.setdefault(con, set())
        for name in _needed(frozenset(names)):
            if name not in done:
                _create(con, name)
                done.add(name)


@cache
def _needed(names: frozenset[str]) -> tuple[str, ...]:
    """Names in an order in which each follows those that it calls."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in ordered or (name not in MACROS and name not in PYTHON):
            return
        for inner in NAME.findall(MACROS.get(name, "")):
            if inner != name:
                visit(inner)
        ordered[name] = None

    for name in sorted(names):
        visit(name)
    return tuple(ordered)


def _create(con: duckdb.DuckDBPyConnection, name: str) -> None:
    if name in MACROS:
        con.execute(f"CREATE OR REPLACE MACRO {name}{MACROS[name]}")
        return
    f = PYTHON[name]
    with suppress(duckdb.NotImplementedException):  # another connection to the same database has created it
        con.create_function(name, f.call if f.nulls else _unless_null(f.call), list(f.arguments), f.result,
                            null_handling=FunctionNullHandling.SPECIAL)  # by default a function must not return None


def _unless_null(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)  # DuckDB counts its parameters
    def called(*arguments: Any) -> Any:
        return None if any(a is None for a in arguments) else call(*arguments)
    return called


# An error is raised in THEN or ELSE, never in a condition: AND does not keep its order, and TRY lets an error in WHEN through.
macro("bq_fail", "(message) AS CAST('BigQuery error: ' || message AS BIGINT)")  # error() is volatile, and TRY refuses that
macro("bq_check", "(fine, message) AS CASE WHEN fine THEN true ELSE bq_fail(message) = 0 END")
macro("bq_fail_text", "(message) AS CAST(bq_fail(message) AS VARCHAR)")
for _name, _type in (("date", "DATE"), ("time", "TIME"), ("datetime", "TIMESTAMP"), ("timestamp", "TIMESTAMPTZ"), ("interval", "INTERVAL")):
    macro(f"bq_fail_{_name}", f"(message) AS CAST(bq_fail_text(message) AS {_type})")
