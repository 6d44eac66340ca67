"""CSV feeds that a contract declares in feeds.yaml: what cost and other figures look like that others send as files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import NAME, ContractError, Field, FieldType, load_yaml
from gamebeam.schemas.contract.reserved import BIGQUERY_RESERVED, RESERVED_VIEWS
from gamebeam.schemas.contract.wire import LONGEST_FORMAT
from gamebeam.schemas.tables import Table

FILE = "feeds.yaml"
FOLDER = "feeds"
ONCE = "QUALIFY ROW_NUMBER() OVER (PARTITION BY run_id, line ORDER BY loaded_at) = 1"  # BigQuery takes rows at least once
KINDS = {"string": "string", "id": "string", "country": "string", "long": "long", "double": "double", "boolean": "boolean",
         "date": "date", "timestamp": "timestamp"}
SETTINGS = {"doc", "files", "header", "delimiter", "quote", "encoding", "nulls", "bad_rows", "identity", "replaces", "assumed", "columns",
            "schemas", "lower"}
OF_A_COLUMN = {"name", "type", "doc", "format", "required", "max", "lower"}
STRING, LONG, TIMESTAMP = FieldType("string"), FieldType("long"), FieldType("timestamp")
DEAD = "feed_dead_letters"
HEAD = (Field("run_id", STRING, False, "The load that wrote the row."), Field("loaded_at", TIMESTAMP, False, "When it was loaded."),
        Field("file", STRING, False, "The file it came from."), Field("line", LONG, False, "Its line there."))


@dataclass(frozen=True)
class Column:
    """kind: a key of KINDS; format: strptime's, of dates and timestamps, else ISO 8601; max: characters of a text."""

    name: str
    kind: str
    doc: str = ""
    format: str | None = None
    required: bool = False
    max: int | None = None
    lower: bool = False


@dataclass(frozen=True)
class Feed:
    """files: the glob of the names it arrives under. replaces: a later load stands in for all earlier rows equal in these columns."""

    name: str
    columns: tuple[Column, ...]
    files: str
    doc: str = ""
    header: bool = True
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    nulls: frozenset[str] = frozenset([""])
    bad_rows: str = "fail"  # the whole file; or dead_letter: those rows alone
    identity: str = "content"  # or name_and_content: the same content under another name is another load
    replaces: tuple[str, ...] = ()
    assumed: bool = False  # nobody documents the names of its columns
    notes: tuple[str, ...] = ()  # where the files of `schemas` differ


def feeds(contract: Contract) -> dict[str, Feed]:
    body = load_yaml(contract.text.get(FILE, ""), FILE)
    taken = {*RESERVED_VIEWS, *contract.events, *(r.name for r in contract.rollups)}
    found = {name: _feed(name, _with_columns(name, settings, contract.text)) for name, settings in body.items()}
    for name in found:
        if not NAME.match(str(name)) or name in BIGQUERY_RESERVED or {name, f"{name}_loads"} & taken or f"{name}_loads" in found:
            raise ContractError(FILE, str(name), "is a view already, or no name: take another, snake_case; its loads are a view, too")
    return found


def feed_tables(contract: Contract) -> dict[str, Table]:
    """A table per feed, and one of the rows that could not be read."""
    return {name: feed_table(feed) for name, feed in feeds(contract).items()} | {DEAD: dead_table()}


def feed_table(feed: Feed) -> Table:
    return Table(feed.name, feed.doc, (*HEAD, *(_field(c, feed) for c in feed.columns)), "loaded_at", FOLDER)


def dead_table() -> Table:
    dead = (Field("feed", STRING, False, "The feed."), Field("field", STRING, True, "The column that failed; null: the line itself."),
            Field("detail", STRING, False, "What was expected; never a value."), Field("row", STRING, False, "The row as it stood."))
    return Table(DEAD, "Rows of feeds that could not be read.", (*HEAD, *dead), "loaded_at", FOLDER)


def feed_view(feed: Feed) -> str:
    """What holds now."""
    return f"SELECT * EXCEPT (replaced_at)\nFROM {{views}}.{feed.name}_loads\nWHERE replaced_at IS NULL"


def loads_view(feed: Feed, visible_runs: str) -> str:
    """Every row ever loaded: what held at T is loaded_at <= T AND (replaced_at IS NULL OR replaced_at > T)."""
    rows = f"SELECT * FROM {{tables}}.{feed.name}\n  WHERE run_id IN ({visible_runs})\n  {ONCE}"
    if not feed.replaces:
        return f"SELECT * EXCEPT (run_id), CAST(NULL AS TIMESTAMP) AS replaced_at\nFROM ({rows})"
    keys = ", ".join(f"`{k}`" for k in feed.replaces)
    same = " AND ".join(f"given.`{k}` = loads.`{k}`" for k in feed.replaces)
    return (f"WITH given AS (\n  {rows}\n),\nloads AS (\n"
            f"  SELECT {keys}, run_id, LEAD(loaded_at) OVER (PARTITION BY {keys} ORDER BY loaded_at, run_id) AS replaced_at\n"
            f"  FROM (SELECT DISTINCT {keys}, run_id, loaded_at FROM given)\n)\n"
            f"SELECT given.* EXCEPT (run_id), loads.replaced_at\nFROM given\nJOIN loads ON given.run_id = loads.run_id AND {same}")


def feed_views(contract: Contract, visible_runs: str) -> dict[str, str]:
    texts = {DEAD: f"SELECT * EXCEPT (run_id)\nFROM {{tables}}.{DEAD}\nWHERE run_id IN ({visible_runs})\n{ONCE}"}
    for f in feeds(contract).values():
        texts |= {f"{f.name}_loads": loads_view(f, visible_runs), f.name: feed_view(f)}
    return texts


def _field(column: Column, feed: Feed) -> Field:
    doc = f"{column.doc} The name is an assumption.".strip() if feed.assumed else column.doc
    return Field(column.name, FieldType(KINDS[column.kind]), not column.required, doc)


def _with_columns(name: str, settings: Any, text: dict[str, str]) -> Any:
    """`schemas: [a.yaml, b.yaml]`: columns as those files of the folder feeds/ name them; where two differ the later one holds."""
    files = settings.get("schemas") if isinstance(settings, dict) else None
    if files is None:
        return settings
    if not isinstance(files, list) or not files or "columns" in settings:
        raise ContractError(FILE, f"{name}.schemas", "expected a list of files in feeds/, in place of columns")
    types: dict[str, str] = {}
    notes = []
    for file in files:
        if f"{FOLDER}/{file}" not in text:
            raise ContractError(FILE, f"{name}.schemas", f"there is no {FOLDER}/{file}")
        found = _types_in(load_yaml(text[f"{FOLDER}/{file}"], f"{FOLDER}/{file}"), f"{FOLDER}/{file}")
        notes += [f"{column}: {types[column]} before, {kind} in {file}, which holds" for column, kind in found.items()
                  if types.get(column, kind).lower() != kind.lower()]
        if types and list(types) != list(found):
            raise ContractError(f"{FOLDER}/{file}", None, f"other columns, or in another order, than in {files[0]}")
        types = found
    return {**settings, "columns": [{"name": column, "type": kind} for column, kind in types.items()], "notes": tuple(notes)}


def _types_in(body: dict[str, Any], file: str) -> dict[str, str]:
    """{column: TYPE}, or {table: [{name: column, type: TYPE}, …]}."""
    [only] = body.values() if len(body) == 1 else [None]
    types = {c["name"]: c["type"] for c in only if isinstance(c, dict) and {"name", "type"} <= c.keys()} if isinstance(only, list) else body
    if not types or not all(isinstance(k, str) and isinstance(v, str) for k, v in types.items()):
        raise ContractError(file, None, "expected column: TYPE, or table: [{name: column, type: TYPE}, …]")
    return types


def _feed(name: str, settings: Any) -> Feed:
    if not isinstance(settings, dict) or not isinstance(settings.get("columns"), list) or not settings["columns"]:
        raise ContractError(FILE, str(name), "expected files: GLOB and columns: [{name: …, type: …}, …]")
    _no_others(settings, SETTINGS | {"notes"}, name)
    for setting in ("delimiter", "quote"):
        if not isinstance(mark := settings.get(setting, ","), str) or len(mark) != 1:
            raise ContractError(FILE, f"{name}.{setting}", "expected one character")
    if not isinstance(settings.get("nulls", []), list):
        raise ContractError(FILE, f"{name}.nulls", "expected a list, such as [n/a]")
    columns = tuple(_column(c, f"{name}.columns[{i}]", settings.get("lower") is True) for i, c in enumerate(settings["columns"]))
    _once([c.name for c in columns], name)
    replaces = tuple(settings.get("replaces", ()))
    for key in replaces:
        if key not in {c.name for c in columns if c.required}:
            raise ContractError(FILE, f"{name}.replaces", f"{key} is no required column of this feed")
    plain = SETTINGS - {"nulls", "replaces", "columns", "schemas", "lower"} | {"notes"}
    given = {k: settings[k] for k in plain if k in settings}
    feed = Feed(str(name), columns, **{"files": f"{name}*.csv", **given}, nulls=frozenset(["", *map(str, settings.get("nulls", ()))]),
                replaces=replaces)
    _one_of(name, "bad_rows", feed.bad_rows, ("fail", "dead_letter"))
    _one_of(name, "identity", feed.identity, ("content", "name_and_content"))
    try:
        "".encode(feed.encoding)
    except (LookupError, TypeError):  # TypeError: a codec of bytes, such as zlib
        raise ContractError(FILE, f"{name}.encoding", f"no such encoding: {feed.encoding}") from None
    return feed


def _column(spec: Any, at: str, lower: bool = False) -> Column:
    if not isinstance(spec, dict) or not NAME.match(str(spec.get("name", ""))):
        raise ContractError(FILE, at, "expected {name: snake_case, type: …}")
    _no_others(spec, OF_A_COLUMN, at)
    kind, most = str(spec.get("type", "string")), spec.get("max")
    if sized := re.fullmatch(r"(?i)varchar\((\d+)\)", kind):  # as in the tables that such files came from
        kind, most = "string", int(sized[1])
    kind = {"integer": "long", "int": "long", "float": "double"}.get(kind.lower(), kind.lower())
    _one_of(at, "type", kind, tuple(KINDS))
    if len(str(spec.get("format") or "")) > LONGEST_FORMAT:
        raise ContractError(FILE, f"{at}.format", f"at most {LONGEST_FORMAT} characters, such as %Y-%m-%d")
    return Column(spec["name"], kind, spec.get("doc", ""), spec.get("format"), bool(spec.get("required", False)), most,
                  bool(spec.get("lower", lower and kind == "string")))


def _no_others(settings: dict[Any, Any], known: set[str], at: object) -> None:
    if unknown := set(settings) - known:
        raise ContractError(FILE, f"{at}.{sorted(map(str, unknown))[0]}", f"unknown; known are {', '.join(sorted(known))}")


def _once(names: Iterable[str], at: object) -> None:
    seen: set[str] = {"run_id", "loaded_at", "file", "line"}
    for name in names:
        if name in seen:
            raise ContractError(FILE, f"{at}.{name}", "is there twice, or is a column of every feed")
        seen.add(name)


def _one_of(at: object, setting: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ContractError(FILE, f"{at}.{setting}", f"is one of {', '.join(known)}, not {value!r}")
