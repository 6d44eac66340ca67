"""CSV feeds that a contract declares in feeds.yaml: what cost and other figures look like that others send as files."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from msgspec import Meta, Struct, field
from msgspec.structs import asdict, force_setattr, replace

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import NAME, ContractError, Field, FieldType, load_yaml
from gamebeam.schemas.contract.reserved import BIGQUERY_RESERVED, RESERVED_VIEWS
from gamebeam.schemas.contract.wire import LONGEST_FORMAT
from gamebeam.schemas.contract.yaml_models import Constant, Name, Names, convert, read_yaml
from gamebeam.schemas.tables import Table

FILE = "feeds.yaml"
FOLDER = "feeds"
ONCE = "QUALIFY ROW_NUMBER() OVER (PARTITION BY run_id, line ORDER BY loaded_at) = 1"  # BigQuery takes rows at least once
KINDS = {"string": "string", "id": "string", "country": "string", "long": "long", "double": "double", "boolean": "boolean",
         "date": "date", "timestamp": "timestamp"}
SQL_KINDS = {"integer": "long", "int": "long", "float": "double", "varchar": "string"}
STRING, LONG, TIMESTAMP = FieldType("string"), FieldType("long"), FieldType("timestamp")
DEAD = "feed_dead_letters"
HEAD = (Field("run_id", STRING, False, "The load that wrote the row."), Field("loaded_at", TIMESTAMP, False, "When it was loaded."),
        Field("file", STRING, False, "The file it came from."), Field("line", LONG, False, "Its line there."))


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """A column of a feed's files. kind: a key of KINDS."""

    name: Name
    kind: Annotated[str, Meta(pattern=rf"(?i)^({'|'.join([*KINDS, *SQL_KINDS])}|varchar\([0-9]+\))\Z",
                              title=f"one of {', '.join(KINDS)}")] = field(default="string", name="type")
    doc: str = ""
    format: Annotated[str, Meta(max_length=LONGEST_FORMAT, title=f"at most {LONGEST_FORMAT} characters, such as %Y-%m-%d", description=(
        "strptime's format of dates and timestamps; ISO 8601 if left out."))] | None = None
    required: Annotated[bool, Meta(description="Whether a row without a value is refused.")] = False
    max: Annotated[int | None, Meta(description="Characters that a text may have.")] = None
    lower: Annotated[bool | None, Meta(description="Whether text is read in small letters; if left out, as the feed says.")] = None

    def __post_init__(self) -> None:
        kind, _, size = self.kind.lower().rstrip(")").partition("(")  # varchar(10): as in the tables that such files came from
        force_setattr(self, "kind", SQL_KINDS.get(kind, kind))
        if size:
            force_setattr(self, "max", int(size))


class Encoding(str):
    """A name of an encoding that Python knows, of text."""

    takes: ClassVar[str] = "an encoding such as utf-8"

    @classmethod
    def parse(cls, value: object) -> Self:
        try:
            "".encode(value)  # type: ignore[arg-type]
        except (LookupError, TypeError):  # TypeError: a codec of bytes, such as zlib
            raise ValueError(f"no such encoding: {value}") from None
        return cls(value)


OneCharacter = Annotated[str, Meta(min_length=1, max_length=1, title="one character")]


class Declaration(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A feed as feeds.yaml declares it."""

    columns: Annotated[tuple[Column, ...] | None, Meta(title="a list of {name: …, type: …}")] = None
    schemas: Annotated[tuple[str, ...] | None, Meta(
        title="a list of files in feeds/, in place of columns",
        description="Files that name columns and types, in place of columns; where two differ the later one holds.")] = None
    files: Annotated[str | None, Meta(description="The glob of the names it arrives under; the feed's name and *.csv if left out.")] = None
    doc: str = ""
    header: Annotated[bool, Meta(description="Whether the first line names the columns.")] = True
    delimiter: OneCharacter = ","
    quote: OneCharacter = '"'
    encoding: Encoding = Encoding("utf-8")
    nulls: Annotated[tuple[Constant, ...], Meta(
        title="a list, such as [n/a]", description="Texts that stand for no value, beside the empty one.")] = ()
    bad_rows: Annotated[Literal["fail", "dead_letter"], Meta(
        description="What a row that cannot be read does: it fails the whole file, or becomes a dead letter.")] = "fail"
    identity: Annotated[Literal["content", "name_and_content"], Meta(
        description="With name_and_content, the same content under another name is another load.")] = "content"
    replaces: Annotated[Names, Meta(description="A later load stands in for all earlier rows that are equal in these columns.")] = ()
    assumed: Annotated[bool, Meta(description="Whether the names of the columns are a guess that no document confirms.")] = False
    lower: Annotated[bool, Meta(description="Whether texts of all columns are read in small letters.")] = False


@dataclass(frozen=True)
class Feed:
    """A feed made ready: with its columns, from the files of `schemas` too, and every text that stands for no value."""

    name: str
    columns: tuple[Column, ...]
    files: str
    doc: str = ""
    header: bool = True
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    nulls: frozenset[str] = frozenset([""])
    bad_rows: str = "fail"
    identity: str = "content"
    replaces: tuple[str, ...] = ()
    assumed: bool = False
    notes: tuple[str, ...] = ()  # where the files of `schemas` differ


def feeds(contract: Contract) -> dict[str, Feed]:
    declared = read_yaml(contract.text.get(FILE, ""), FILE, dict[str, Annotated[Declaration, Meta(
        title="files: GLOB and columns: [{name: …, type: …}, …]")]])
    taken = {*RESERVED_VIEWS, *contract.events, *(r.name for r in contract.rollups)}
    found = {name: _feed(name, feed, contract.text) for name, feed in declared.items()}
    for name in found:
        if not NAME.match(name) or name in BIGQUERY_RESERVED or {name, f"{name}_loads"} & taken or f"{name}_loads" in found:
            raise ContractError(FILE, name, "is a view already, or no name: take another, snake_case; its loads are a view, too")
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


def _feed(name: str, declared: Declaration, text: dict[str, str]) -> Feed:
    columns = declared.columns
    notes: tuple[str, ...] = ()
    if declared.schemas is not None:
        if not declared.schemas or columns is not None:
            raise ContractError(FILE, f"{name}.schemas", "expected a list of files in feeds/, in place of columns")
        columns, notes = _columns_of(name, declared.schemas, text)
    if not columns:
        raise ContractError(FILE, name, "expected files: GLOB and columns: [{name: …, type: …}, …]")
    _once([c.name for c in columns], name)
    for key in declared.replaces:
        if key not in {c.name for c in columns if c.required}:
            raise ContractError(FILE, f"{name}.replaces", f"{key} is no required column of this feed")
    columns = tuple(replace(c, lower=declared.lower and c.kind == "string") if c.lower is None else c for c in columns)
    rest = {k: v for k, v in asdict(declared).items() if k not in ("columns", "schemas", "files", "nulls", "lower")}
    return Feed(name, columns, declared.files or f"{name}*.csv", nulls=frozenset(["", *map(str, declared.nulls)]), notes=notes, **rest)


def _columns_of(name: str, files: tuple[str, ...], text: dict[str, str]) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Columns as those files of the folder feeds/ name them, and a line for each whose type differs; the later one holds."""
    types: dict[str, str] = {}
    notes: list[str] = []
    for file in files:
        if f"{FOLDER}/{file}" not in text:
            raise ContractError(FILE, f"{name}.schemas", f"there is no {FOLDER}/{file}")
        found = _types_in(load_yaml(text[f"{FOLDER}/{file}"], f"{FOLDER}/{file}"), f"{FOLDER}/{file}")
        notes += [f"{column}: {types[column]} before, {kind} in {file}, which holds" for column, kind in found.items()
                  if types.get(column, kind).lower() != kind.lower()]
        if types and list(types) != list(found):
            raise ContractError(f"{FOLDER}/{file}", None, f"other columns, or in another order, than in {files[0]}")
        types = found
    columns = [{"name": column, "type": kind} for column, kind in types.items()]
    return convert(columns, tuple[Column, ...], FILE, f"{name}.columns"), tuple(notes)


def _types_in(body: dict[str, object], file: str) -> dict[str, str]:
    """{column: TYPE}, or {table: [{name: column, type: TYPE}, …]}."""
    [only] = body.values() if len(body) == 1 else [None]
    listed = [c for c in only if isinstance(c, dict) and {"name", "type"} <= c.keys()] if isinstance(only, list) else None
    types = body if listed is None else {c["name"]: c["type"] for c in listed}
    named = {name: kind for name, kind in types.items() if isinstance(name, str) and isinstance(kind, str)}
    if not types or len(named) < len(types):
        raise ContractError(file, None, "expected column: TYPE, or table: [{name: column, type: TYPE}, …]")
    return named


def _once(names: Iterable[str], at: object) -> None:
    seen: set[str] = {"run_id", "loaded_at", "file", "line"}
    for name in names:
        if name in seen:
            raise ContractError(FILE, f"{at}.{name}", "is there twice, or is a column of every feed")
        seen.add(name)
