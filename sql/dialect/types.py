"""BigQuery's types, their DuckDB counterparts, and which type is coerced to which."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused


@dataclass(frozen=True)
class Type:
    """kind: a BigQuery type, NULL (a NULL without a type) or UNKNOWN. fields: of a STRUCT, "" where a field has no name.

    collated: of a STRING, whether it is compared by the collation und:ci.
    """

    kind: str
    item: "Type | None" = None
    fields: tuple[tuple[str, "Type"], ...] = ()
    collated: bool = False

    def __str__(self) -> str:
        if self.kind == "ARRAY":
            return f"ARRAY<{self.item}>"
        if self.kind == "RANGE":
            return f"RANGE<{self.item}>"
        if self.kind == "STRUCT":
            return f"STRUCT<{', '.join(f'{name} {t}'.strip() for name, t in self.fields)}>"
        return self.kind


INT64, FLOAT64, NUMERIC, BIGNUMERIC = Type("INT64"), Type("FLOAT64"), Type("NUMERIC"), Type("BIGNUMERIC")
BOOL, STRING, BYTES, JSON = Type("BOOL"), Type("STRING"), Type("BYTES"), Type("JSON")
DATE, DATETIME, TIME, TIMESTAMP, INTERVAL = Type("DATE"), Type("DATETIME"), Type("TIME"), Type("TIMESTAMP"), Type("INTERVAL")
NULL, UNKNOWN = Type("NULL"), Type("UNKNOWN")
COLLATED = Type("STRING", collated=True)

DUCKDB = {"INT64": "BIGINT", "FLOAT64": "DOUBLE", "NUMERIC": "DECIMAL(38,9)", "BIGNUMERIC": "DECIMAL(38,9)", "BOOL": "BOOLEAN",
          "STRING": "VARCHAR", "BYTES": "BLOB",
          "DATE": "DATE", "DATETIME": "TIMESTAMP", "TIME": "TIME", "TIMESTAMP": "TIMESTAMPTZ", "INTERVAL": "INTERVAL", "JSON": "JSON"}
NAMES = {"INT": "INT64", "SMALLINT": "INT64", "INTEGER": "INT64", "BIGINT": "INT64", "TINYINT": "INT64", "BYTEINT": "INT64",
         "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC", "BOOLEAN": "BOOL", **{kind: kind for kind in DUCKDB}}
COERCED = {"INT64": ("NUMERIC", "BIGNUMERIC", "FLOAT64"), "NUMERIC": ("BIGNUMERIC", "FLOAT64"), "BIGNUMERIC": ("FLOAT64",),
           "DATE": ("DATETIME",)}
OF_STRING_LITERALS = ("DATE", "DATETIME", "TIME", "TIMESTAMP")
OF_FLOAT_LITERALS = ("NUMERIC", "BIGNUMERIC")


def array_of(item: Type) -> Type:
    return Type("ARRAY", item)


def struct_of(fields: Iterable[tuple[str, Type]]) -> Type:
    return Type("STRUCT", fields=tuple(fields))


def field_names(t: Type) -> list[str]:
    """The names of a STRUCT's fields in DuckDB, which has no struct fields without names."""
    return [name or f"_{i}" for i, (name, _) in enumerate(t.fields)]


def has_collation(t: Type) -> bool:
    """Whether a value of the type is, or holds, a STRING with a collation."""
    return t.collated or bool(t.item and has_collation(t.item)) or any(has_collation(f) for _, f in t.fields)


def without_collation(t: Type) -> Type:
    fields = tuple((name, without_collation(f)) for name, f in t.fields)
    return Type(t.kind, without_collation(t.item) if t.item else None, fields)


def duckdb_type(t: Type) -> str:
    """DuckDB's name of a type. Raises: Refused, if DuckDB has none."""
    if t.kind == "ARRAY":
        return f"{duckdb_type(t.item or STRING)}[]"
    if t.kind == "STRUCT":
        return f"STRUCT({', '.join(f'{quoted(n)} {duckdb_type(x)}' for n, (_, x) in zip(field_names(t), t.fields, strict=True))})"
    if t.kind == "RANGE":
        item = duckdb_type(t.item or DATE)
        return f'STRUCT("start" {item}, "end" {item})'
    if t.kind == "NULL":
        return "BIGINT"
    if t.kind not in DUCKDB:
        raise Refused(f"the type {t} is not supported here")
    return DUCKDB[t.kind]


def quoted(name: str) -> str:
    """An identifier of DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def of_duckdb(text: str) -> Type:
    """The BigQuery type of a column from DuckDB's name of its type, such as `STRUCT(a BIGINT, b VARCHAR[])[]`."""
    text = text.strip()
    if text.endswith("]"):
        return array_of(of_duckdb(text[:text.rindex("[")]))
    if text.startswith("STRUCT("):
        fields = []
        for part in _split(text[len("STRUCT("):-1]):
            name = re.match(r'"((?:[^"]|"")*)"|(\w+)', part)
            if not name:
                return UNKNOWN
            fields.append(((name[1] or name[2] or "").replace('""', '"'), of_duckdb(part[name.end():])))
        return struct_of(fields)
    if text.startswith("DECIMAL("):
        return NUMERIC
    return _OF_DUCKDB.get(text, UNKNOWN)


_OF_DUCKDB = {"TINYINT": INT64, "SMALLINT": INT64, "INTEGER": INT64, "BIGINT": INT64, "UTINYINT": INT64, "USMALLINT": INT64,
              "UINTEGER": INT64, "HUGEINT": INT64, "UBIGINT": INT64,
              "FLOAT": FLOAT64, "DOUBLE": FLOAT64, "BOOLEAN": BOOL, "VARCHAR": STRING, "BLOB": BYTES,
              "DATE": DATE, "TIME": TIME, "TIMESTAMP": DATETIME, "TIMESTAMP WITH TIME ZONE": TIMESTAMP, "TIMESTAMPTZ": TIMESTAMP,
              "INTERVAL": INTERVAL, "JSON": JSON, '"NULL"': NULL}


def _split(text: str) -> list[str]:
    """The parts between commas that are in no brackets and no quotes."""
    parts, depth, quote, start = [], 0, False, 0
    for i, c in enumerate(text):
        if c == '"':
            quote = not quote
        elif not quote and c in "([":
            depth += 1
        elif not quote and c in ")]":
            depth -= 1
        elif not quote and c == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


def of_text(text: str) -> Type:
    """A type from BigQuery's name of it, such as `ARRAY<STRING>`."""
    text = text.strip()
    if text.startswith("ARRAY<"):
        return array_of(of_text(text[6:-1]))
    if text.startswith("RANGE<"):
        return Type("RANGE", of_text(text[6:-1]))
    return COLLATED if text == "COLLATED" else Type(NAMES.get(text, text))


def of_node(node: exp.Expr | None) -> Type:
    """The type that a parsed type names. Raises: Refused, for a type that BigQuery or this list has not."""
    if not isinstance(node, exp.DataType):
        raise Refused(f"{node} is no type")
    if node.this in (exp.DType.ARRAY, exp.DType.STRUCT) and node.find(exp.DataTypeParam):
        raise Refused("parameters of a type inside ARRAY or STRUCT are not supported here; cast the elements")
    kind = node.this.value if isinstance(node.this, exp.DType) else str(node.this)
    if kind == "ARRAY":
        return array_of(of_node(node.expressions[0]))
    if kind == "RANGE":
        return Type("RANGE", of_node(node.expressions[0]))
    if kind == "STRUCT":
        return struct_of((f.name, of_node(f.args["kind"])) if isinstance(f, exp.ColumnDef) else ("", of_node(f)) for f in node.expressions)
    if kind not in _OF_PARSED:
        raise Refused(f"the type {kind} is not supported here")
    return _OF_PARSED[kind]


_OF_PARSED = {"BIGINT": INT64, "INT": INT64, "SMALLINT": INT64, "TINYINT": INT64, "DOUBLE": FLOAT64, "DECIMAL": NUMERIC,
              "BIGDECIMAL": BIGNUMERIC,
              "BOOLEAN": BOOL, "TEXT": STRING, "VARCHAR": STRING, "BINARY": BYTES, "VARBINARY": BYTES, "DATE": DATE, "DATETIME": DATETIME,
              "TIMESTAMP": DATETIME, "TIMESTAMPTZ": TIMESTAMP, "TIME": TIME, "INTERVAL": INTERVAL, "JSON": JSON}


def supertype(types: Iterable[Type]) -> Type | None:
    """The one type that all are coerced to, as in CASE, in an array and in UNION ALL; None if there is none."""
    known = [t for t in dict.fromkeys(types) if t.kind != "NULL"]
    if not known:
        return NULL
    if any(t.kind == "UNKNOWN" for t in known):
        return next((t for t in known if t.kind != "UNKNOWN"), UNKNOWN)
    if all(t.kind == "STRING" for t in known):
        return COLLATED if COLLATED in known else known[0]
    for t in known:
        if all(o == t or t.kind in COERCED.get(o.kind, ()) for o in known):
            return t
    if {t.kind for t in known} <= {"INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64"}:
        return FLOAT64
    first = known[0]
    if all(t.kind == "ARRAY" for t in known):
        item = supertype(t.item or UNKNOWN for t in known)
        return array_of(item) if item else None
    if all(t.kind == "STRUCT" and len(t.fields) == len(first.fields) for t in known):
        joined = [supertype(t.fields[i][1] for t in known) for i in range(len(first.fields))]
        if all(joined):
            return struct_of((name, j) for (name, _), j in zip(first.fields, joined, strict=True) if j)
    return None
