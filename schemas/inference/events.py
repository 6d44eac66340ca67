"""The own fields of every event type: where they stand, what they are called, what they hold."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gamebeam.schemas.contract.fields import NAME
from gamebeam.schemas.contract.reserved import BIGQUERY_RESERVED, RESERVED_VIEWS
from gamebeam.schemas.contract.wire import snake
from gamebeam.schemas.inference.guess import Guess, paths_of
from gamebeam.schemas.inference.own_fields import OwnFields, Unclear
from gamebeam.schemas.inference.sample import replace_at
from gamebeam.schemas.inference.secrets import in_secret, is_secret
from gamebeam.schemas.inference.unwrap import Leaf, Opened, leaf_values


@dataclass
class Findings:
    """The own fields of every event type, and what became of the rest."""

    own: OwnFields
    type_names: dict[str, str]  # type on the wire -> event type
    json_strings: list[str]
    strip_quotes: bool
    empty_is_null: bool
    root: str = ""
    events: dict[str, dict[str, Any]] = field(default_factory=dict)  # event type -> its Avro record
    seen: dict[str, int] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)  # path -> why it is no column

    def options(self, found: Guess) -> dict[str, tuple[Any, str]]:
        """Option of wire.yaml -> (value, why)."""
        own = self.own
        types = {wire: name for wire, name in self.type_names.items() if name not in (wire, snake(wire))}
        in_text = sorted(own.numbers_as_strings | ({"seq"} if found.seq_as_text else set()))
        told = {
            "fields": (self.root, "most own fields stand there"),
            "case": (own.case(), "names on the wire are camelCase"),
            "time_format": (found.time_format, "as the times in the sample are written"),
            "numbers_as_strings": (bool(in_text), f"text that holds nothing but numbers: {', '.join(in_text[:5])}"),
            "ids_as_numbers": (found.ids_as_numbers, "an id or version is a number on the wire, and text in tables"),
            "empty_is_null": (self.empty_is_null, 'some values are ""'),
            "strip_quotes": (self.strip_quotes, "some values stand in single quotes"),
            "json_strings": (self.json_strings, "text that holds JSON"),
            "arrival_time": (found.arrival_time, "when a message in a plain file arrived"),
            "types": (types, "names of types that tables can use"),
            "renames": (own.renames(), "names of fields that tables can use"),
            "paths": (own.paths, "fields that stand elsewhere"),
        }
        no: tuple[object, ...] = ("", "same", "ms", False, None, [], {})
        return {name: (value, why) for name, (value, why) in told.items() if value not in no}


def own_fields(opened: Opened, found: Guess) -> Findings:
    own = OwnFields(found.time_format, opened.empty_is_null, is_secret)
    findings = Findings(own, _type_names(found.types), json_strings=opened.json_strings, strip_quotes=opened.strip_quotes,
                        empty_is_null=opened.empty_is_null)
    by_type: dict[str, list[int]] = {}
    for i, wire_type in enumerate(found.types):
        by_type.setdefault(findings.type_names[wire_type], []).append(i)
    keyed = found.envelope["event_type"].endswith("*")
    inside, outside = _inside(opened, found) if keyed else ({}, opened.leaves)
    taken = {*paths_of(found.envelope), found.arrival_time}
    free = {p: leaf for p, leaf in outside.items() if p not in taken}
    for path in list(free):
        if reason := _no_column(path, free[path], opened, found):
            findings.left_out[path] = reason
            del free[path]
    findings.root = found.envelope["event_type"] if keyed else _root(free)
    near = [p for p in free if not keyed and p.rpartition(".")[0] == findings.root]
    columns = [(inside[key], own.name_for(key, by_path=False)) for key in inside]
    columns += [(free[p], own.name_for(p, by_path=False)) for p in near]
    columns += [(free[p], own.name_for(p, by_path=True)) for p in free if p not in near]
    for name, rows in by_type.items():
        findings.events[name] = _event(name, rows, columns, findings)
    own.forget_all_but({n for record in findings.events.values() for n in _names(record)})
    return findings


def _names(kind: object) -> list[str]:
    """Names of fields at any depth of an Avro type."""
    if isinstance(kind, list):
        return [n for k in kind for n in _names(k)]
    if not isinstance(kind, dict):
        return []
    return [*_names(kind.get("items")), *(n for f in kind.get("fields", ()) for n in (f["name"], *_names(f["type"])))]


def _inside(opened: Opened, found: Guess) -> tuple[dict[str, Leaf], dict[str, Leaf]]:
    """(fields of the events' own objects by name, leaves of everything else), where the type is the key itself."""
    parent = found.envelope["event_type"].removesuffix("*").removesuffix(".")
    mine, rest = [], []
    for body, wire_type in zip(opened.bodies, found.types, strict=True):
        holder: Any = body
        for part in parent.split(".") if parent else ():
            holder = holder[part]
        mine.append(holder[wire_type])
        others = {k: v for k, v in holder.items() if k != wire_type}
        rest.append(replace_at(body, parent, others) if parent else others)
    keys = dict.fromkeys(k for fields in mine for k in fields)
    empty = "" if opened.empty_is_null else None
    inside = {k: Leaf(k, [None if v == empty else v for v in (fields.get(k) for fields in mine)]) for k in keys if "." not in k}
    return inside, {p: Leaf(p, [None if v == empty else v for v in values]) for p, values in leaf_values(rest).items()}


def _no_column(path: str, leaf: Leaf, opened: Opened, found: Guess) -> str | None:
    if not leaf.present:
        return "" if any(p.startswith(f"{path}.") for p in opened.leaves) else "always null or empty"
    if any(p.startswith(f"{path}.") for p in opened.leaves) or (isinstance(leaf.present[0], dict) and not in_secret(path)):
        if all(v == {} for v in leaf.present):
            return ""
        return "holds an object here and something else there, or its keys are data"
    for name, of in found.envelope.items():
        twin = opened.leaves.get(of)
        same_name = twin and snake(path.rpartition(".")[2]) == snake(of.rpartition(".")[2])
        if twin and same_name and all(v is None or v == w for v, w in zip(leaf.values, twin.values, strict=True)):
            return f"a copy of {name}"
    return None


def _root(free: dict[str, Leaf]) -> str:
    """Where most of the own fields stand; the top, if none has more."""
    count = Counter(p.rpartition(".")[0] for p in free)
    return max(count, key=lambda parent: (count[parent], parent == "", -parent.count("."))) if count else ""


def _event(name: str, rows: list[int], columns: list[tuple[Leaf, str]], findings: Findings) -> dict[str, object]:
    """The Avro record of one event type: its columns that held anything in its own messages."""
    fields: list[dict[str, object]] = []
    for leaf, column in columns:
        values = [leaf.values[i] for i in rows]
        present = [v for v in values if v is not None]
        if present and in_secret(leaf.path):
            findings.secrets.add(leaf.path)
            doc = "Named like a secret: never stored."
            fields.append({"name": column, "type": ["null", "string"], "doc": doc, "pii": "drop"})
        elif present:
            try:
                kind = findings.own.avro_type(present, column)
            except Unclear as e:
                findings.left_out[f"{name}: {leaf.path}"] = str(e)
                continue
            required = len(present) == len(values) > 1  # one message alone says nothing about what is always there
            told = {"name": column, "type": kind if required else ["null", kind],
                    "doc": "" if leaf.path == column else f"{leaf.path} on the wire.",
                    "examples": findings.own.examples(present, kind)}
            fields.append({k: v for k, v in told.items() if v})
    findings.seen[name] = len(rows)
    doc = f"Seen {len(rows)} times in the sample."
    return {"type": "record", "name": name, "doc": doc, "weight": len(rows), "fields": fields}


def _type_names(types: list[str]) -> dict[str, str]:
    """Type on the wire -> event type: snake_case, and no name that is taken."""
    names: dict[str, str] = {}
    for i, wire_type in enumerate(dict.fromkeys(types), 1):
        name = snake(wire_type)
        if not NAME.match(name):
            name = f"event_{name or i}"
        names[wire_type] = f"{name}_event" if name in RESERVED_VIEWS or name in BIGQUERY_RESERVED else name
    return names
