"""Avro records as fields: the types a contract may use, and nothing else."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from gamebeam.schemas.contract.bounded_text import OutOfBounds, load_bounded_yaml

PRIMITIVES = {"boolean": "boolean", "int": "long", "long": "long", "float": "double", "double": "double",
              "string": "string", "bytes": "bytes"}
LOGICAL = {"timestamp-millis": "timestamp", "date": "date"}
ROLES = {  # by role: what a field of it means to rollups and views
    "revenue": "Money in USD, summed per player and hour. `factor: -1` subtracts it, as for refunds. Needs a number.",
    "score": "Points, summed per player and hour for `leaderboard`. Needs a number.",
    "level": "The player's level: its last known value is kept.",
    "wealth": "What the player owns: its last known value is kept.",
    "state": "Any other value of which the player's last one is kept.",
    "profile": "Kept in the player store alone, not in a table.",
    "left": "Names the state that the player has lost, such as the guild that was left.",
}
PII = {"drop", "hash"}
READ_FROM_JSON = {"boolean", "long", "double", "string", "timestamp"}
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
MOST_NESTED, MOST_COLUMNS = 15, 10_000  # of a table in BigQuery
LONGEST_LINE = 1_000  # characters of an error, which may quote the contract


class ContractError(ValueError):
    """A contract that cannot be used: names the file, the field and what to do."""

    def __init__(self, file: str, field: str | None, message: str):
        self.file, self.field = file, field
        line = " ".join(f"{file}: {field + ': ' if field else ''}{message}".split())
        super().__init__(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …")


def load_yaml(text: str, file: str) -> dict[str, object]:
    try:
        body = load_bounded_yaml(text) or {}
    except OutOfBounds as e:
        raise ContractError(file, None, str(e)) from None
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else 1
        raise ContractError(file, None, f"not YAML at line {line}: {e.problem or e.context}") from None
    except yaml.YAMLError as e:
        raise ContractError(file, None, f"not YAML: {str(e).splitlines()[0]}") from None
    if not isinstance(body, dict):
        raise ContractError(file, None, "expected a mapping")
    return body


@dataclass(frozen=True)
class FieldType:
    """kind: boolean, long, double, string, bytes, timestamp (ms since 1970), date, array or record."""

    kind: str
    item: "FieldType | None" = None
    fields: "tuple[Field, ...]" = ()
    symbols: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"array of {self.item}" if self.kind == "array" else self.kind


@dataclass(frozen=True)
class Field:
    name: str
    type: FieldType
    nullable: bool
    doc: str = ""
    pii: str | None = None
    roles: tuple[str, ...] = ()
    factor: int = 1
    examples: tuple[object, ...] = field(default=(), hash=False)  # JSON values: those of an array are lists
    also: str | None = None  # the dotted path at which additional_properties has it, in events of before it was declared

    @property
    def stored(self) -> bool:
        """Whether the field reaches a table: what is pii=drop never does."""
        return self.pii != "drop"

    @property
    def is_state(self) -> bool:
        return bool({"state", "level", "wealth"} & set(self.roles))


def parse_record(record: object, file: str) -> tuple[Field, ...]:
    """The fields of one Avro record."""
    if not isinstance(record, dict) or record.get("type") != "record":
        raise ContractError(file, None, 'expected an Avro record: {"type": "record", "name": …, "fields": […]}')
    if not isinstance(record.get("fields"), list):
        raise ContractError(file, "fields", "expected a list of fields")
    if len(record["fields"]) > MOST_COLUMNS:
        raise ContractError(file, "fields", f"{len(record['fields']):,} fields; a table has at most {MOST_COLUMNS:,} columns")
    fields = tuple(_parse_field(f, file) for f in record["fields"])
    seen: dict[str, str] = {}
    for f in fields:
        if f.name.lower() in seen:
            raise ContractError(file, f.name, f"two fields of one name ({seen[f.name.lower()]} and {f.name})")
        seen[f.name.lower()] = f.name
    return fields


def _parse_field(spec: object, file: str) -> Field:
    if not isinstance(spec, dict) or not isinstance(spec.get("name"), str):
        raise ContractError(file, None, f"a field needs a name: {spec!r}")
    name = spec["name"]
    if not NAME.match(name):
        raise ContractError(file, name, "field names are snake_case: a-z, 0-9 and _, starting with a letter")
    declared: Any = spec.get("type")
    nullable = isinstance(declared, list)
    if nullable:
        if len(declared) != 2 or declared.count("null") != 1:
            raise ContractError(file, name, 'a union is ["null", TYPE] and nothing else')
        declared = next(t for t in declared if t != "null")
    if spec.get("default") is not None:
        raise ContractError(file, name, "a default would hide what is missing: make the field nullable instead")
    pii = spec.get("pii")
    if pii is not None and (not isinstance(pii, str) or pii not in PII):
        raise ContractError(file, name, f"pii is one of {sorted(PII)}, not {pii!r}")
    roles = spec.get("role", [])
    roles = tuple([roles] if isinstance(roles, str) else roles if isinstance(roles, list) else [str(roles)])
    if unknown := set(roles) - ROLES.keys():
        raise ContractError(file, name, f"role is one of {sorted(ROLES)}, not {sorted(unknown)}")
    field_type = _parse_type(declared, name, file)
    if {"revenue", "score"} & set(roles) and field_type.kind not in ("long", "double"):
        raise ContractError(file, name, f"role {'/'.join(roles)} needs a number, not {field_type}")
    if pii == "hash" and field_type.kind != "string":
        raise ContractError(file, name, "pii=hash needs a string")
    factor, examples = spec.get("factor", 1), spec.get("examples", [])
    if type(factor) is not int:
        raise ContractError(file, name, f"factor is a whole number, such as -1 for money given back, not {factor!r}")
    if not isinstance(examples, list):
        raise ContractError(file, name, f"examples is a list, not {examples!r}")
    parsed = Field(name, field_type, nullable, spec.get("doc", ""), pii, roles, factor, tuple(examples), spec.get("also"))
    _check_also(parsed, file)
    return parsed


def _check_also(field: Field, file: str) -> None:
    if field.also is None:
        return
    if not isinstance(field.also, str) or not re.fullmatch(r"""[^.'"\\]+(\.[^.'"\\]+)*""", field.also):
        raise ContractError(file, field.name, f"also is a dotted path in additional_properties, such as gift.name, not {field.also!r}")
    if field.type.kind not in READ_FROM_JSON or not field.nullable:
        raise ContractError(file, field.name, f"also needs a nullable field of type {', '.join(sorted(READ_FROM_JSON))}")
    if field.roles or field.pii:
        raise ContractError(file, field.name, "also goes with neither role nor pii: older rollups do not know it, nor was it protected")


def _parse_type(declared: object, name: str, file: str) -> FieldType:
    if isinstance(declared, str) and declared in PRIMITIVES:
        return FieldType(PRIMITIVES[declared])
    if isinstance(declared, dict):
        kind, logical = declared.get("type"), declared.get("logicalType")
        if logical in LOGICAL and kind in ("int", "long"):
            return FieldType(LOGICAL[logical])
        if logical is None and kind in PRIMITIVES:
            return FieldType(PRIMITIVES[kind])
        if kind == "array":
            item = declared.get("items")
            return FieldType("array", item=_parse_type(item, name, file))
        if kind == "record":
            inside = parse_record(declared, file)
            if any(f.also for f in inside):
                raise ContractError(file, name, "also is for an event's own fields, not for those inside a record")
            return FieldType("record", fields=inside)
        if kind == "enum":
            symbols = declared.get("symbols")
            if not isinstance(symbols, list) or not symbols or not all(isinstance(s, str) for s in symbols):
                raise ContractError(file, name, 'an enum lists its values: "symbols": ["won", "lost"]')
            return FieldType("string", symbols=tuple(symbols))
    raise ContractError(file, name, f"type {declared!r} is not supported: use one of {sorted(PRIMITIVES)}, "
                                    f"{sorted(LOGICAL)}, array, record or enum")


def nesting(t: FieldType) -> int:
    """How many levels of records a type has."""
    inside = [nesting(f.type) for f in t.fields] + ([nesting(t.item)] if t.item else [])
    return max(inside, default=0) + (t.kind == "record")


def names_inside(t: FieldType) -> list[str]:
    """Names of the fields inside a record or an array of records, at any depth."""
    return [n for f in t.fields for n in (f.name, *names_inside(f.type))] + (names_inside(t.item) if t.item else [])
