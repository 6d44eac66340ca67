"""A game's own fields, told from the values that they held: names that tables can use, Avro types, nullability, examples."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gamebeam.schemas.contract.contract import envelope_fields
from gamebeam.schemas.contract.fields import NAME
from gamebeam.schemas.contract.reserved import BIGQUERY_RESERVED
from gamebeam.schemas.contract.wire import camel, snake
from gamebeam.schemas.events import LARGEST_DOUBLE
from gamebeam.schemas.inference.times import says_time, to_ms

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
NO_NUMBER = re.compile(r"(^|_)(id|ids|uuid|guid|code|zip|phone|version|ver|name|number|no|hash|key|tag|sku)$")  # digits, yet text
TIMESTAMP = {"type": "long", "logicalType": "timestamp-millis"}
LONGEST_EXAMPLE = 80
TAKEN = {f.name for f in envelope_fields()} | {"run_id", "raw_event", "rank"}
INT64 = range(-(2**63), 2**63)


AvroType: TypeAlias = Any  # as JSON spells it: a name, a union's list, or a mapping


class Unclear(ValueError):
    """Values of which no single type can be told: the field is left out, and what it holds stays in additional_properties."""


@dataclass
class OwnFields:
    """Names given so far, and what the wire needs to be told because of them."""

    time_format: str
    empty_is_null: bool
    is_secret: Callable[[str], bool]
    numbers_as_strings: set[str] = field(default_factory=set)  # fields whose numbers came as text
    on_wire: dict[str, str] = field(default_factory=dict)  # field -> its name on the wire, for those read by name
    paths: dict[str, str] = field(default_factory=dict)  # field -> path, for those that stand elsewhere

    def name_for(self, path: str, by_path: bool) -> str:
        """A free snake_case name: the last part of the path, with its parents where that is taken."""
        parts = path.split(".")
        for depth in range(1, len(parts) + 1):
            name = snake("_".join(parts[-depth:]))
            if self._free(name):
                break
        else:
            base = name if NAME.match(name) else f"field_{name}".strip("_")
            name = next(n for n in (base, f"{base}_value", *(f"{base}_{i}" for i in range(2, 100_000))) if self._free(n))
        if by_path:
            self.paths[name] = path
        else:
            self.on_wire[name] = parts[-1]
        return name

    def _free(self, name: str) -> bool:
        taken = name in TAKEN or name in BIGQUERY_RESERVED or name in self.on_wire or name in self.paths
        return NAME.match(name) is not None and not taken

    def inner_name(self, key: str) -> str:
        """The name of a field inside a record: every field of one name has one name on the wire."""
        name = snake(key)
        if self.on_wire.get(name) == key:
            return name
        known = [n for n, wire in self.on_wire.items() if wire == key and n not in self.paths]
        return known[0] if known else self.name_for(key, by_path=False)

    def forget_all_but(self, names: set[str]) -> None:
        """Names given to fields that no event type has in the end."""
        self.on_wire = {n: wire for n, wire in self.on_wire.items() if n in names}
        self.paths = {n: path for n, path in self.paths.items() if n in names}
        self.numbers_as_strings &= names

    def case(self) -> str:
        """camel where more of the names are camelCase than not."""
        camels = sum(camel(name) == wire and wire != name for name, wire in self.on_wire.items())
        return "camel" if camels > sum(wire == name and "_" in name for name, wire in self.on_wire.items()) else "same"

    def renames(self) -> dict[str, str]:
        as_told = camel if self.case() == "camel" else str
        return {name: wire for name, wire in self.on_wire.items() if as_told(name) != wire}

    def avro_type(self, values: list[Any], name: str) -> AvroType:
        """The Avro type of these values (none of them null), or Unclear."""
        kinds = {type(v) for v in values}
        if kinds == {bool}:
            return "boolean"
        if kinds == {list}:
            return {"type": "array", "items": self._item_type([item for v in values for item in v], name)}
        if kinds == {dict}:
            return self._record(values, name)
        if kinds <= {int, float, str}:
            return self._scalar(values, kinds, name)
        raise Unclear("holds " + " and ".join(sorted({_told(v) for v in values})))

    def _scalar(self, values: list[Any], kinds: set[type], name: str) -> AvroType:
        if self._is_time(values, kinds, name):
            return TIMESTAMP
        numeric = all(not isinstance(v, str) or NUMBER.fullmatch(v) for v in values)
        if str in kinds and not (numeric and (kinds != {str} or not NO_NUMBER.search(name))):
            if kinds != {str}:
                raise Unclear("holds text and numbers")
            return "string"
        if str in kinds:
            self.numbers_as_strings.add(name)
        if any(isinstance(v, float) or (isinstance(v, str) and "." in v) for v in values):
            if any(abs(float(v)) >= LARGEST_DOUBLE for v in values):
                raise Unclear("holds numbers of 10^100 and more")
            return "double"
        if any(int(v) not in INT64 for v in values):
            raise Unclear("holds whole numbers beyond 64 bits")
        return "long"

    def _is_time(self, values: list[object], kinds: set[type], name: str) -> bool:
        in_words = self.time_format not in ("ms", "s")
        if not says_time(name) and not (in_words and str in kinds):
            return False  # a number is a time by its name only
        spelled = self.time_format if str in kinds or not in_words else "ms"
        return all(to_ms(v, spelled) is not None for v in values)

    def _item_type(self, items: list[object], name: str) -> object:
        if not items:
            raise Unclear("always an empty list: nobody knows of what")
        if any(item is None or isinstance(item, list) for item in items):
            raise Unclear("a list that holds nulls or lists")
        if all(isinstance(item, str) for item in items):
            return "string"
        return self.avro_type(items, name)

    def _record(self, values: list[dict[str, object]], name: str) -> object:
        fields = []
        for key in dict.fromkeys(k for v in values for k in v):
            if self.is_secret(key):
                continue
            present = [v[key] for v in values if not self._is_null(v.get(key))]
            inner = self.inner_name(key)
            kind = self.avro_type(present, inner) if present else "string"
            doc = "" if present else "Always null in the sample: the type is a guess."
            fields.append({"name": inner, "type": kind if len(present) == len(values) else ["null", kind], "doc": doc})
        if not fields:
            raise Unclear("objects with nothing in them")
        return {"type": "record", "name": name, "fields": fields}

    def _is_null(self, value: object) -> bool:
        return value is None or (self.empty_is_null and value == "")

    def examples(self, values: list[object], kind: object) -> list[object]:
        """Up to three different values as tables hold them: times in ms, numbers as numbers, names in snake_case."""
        out: list[object] = []
        for value in values[:200]:
            example = self._as_stored(value, kind)
            text = repr(example)
            if example not in out and len(text) <= LONGEST_EXAMPLE and not self.is_secret(text):
                out.append(example)
            if len(out) == 3:
                break
        return out

    def _as_stored(self, value: Any, kind: AvroType) -> object:
        if isinstance(kind, list):
            kind = kind[1]
        if self._is_null(value):
            return None
        if kind in ("string", "boolean"):
            return value
        if kind == TIMESTAMP:
            return to_ms(value, "ms" if isinstance(value, int) and self.time_format != "s" else self.time_format)
        if kind == "long":
            return int(value)
        if kind == "double":
            return float(value)
        if kind["type"] == "array":
            return value[:3] if kind["items"] == "string" else [self._as_stored(v, kind["items"]) for v in value[:3]]
        return {f["name"]: self._as_stored(value.get(self.on_wire[f["name"]]), f["type"]) for f in kind["fields"]}


def _told(value: object) -> str:
    return {bool: "true/false", int: "numbers", float: "numbers", str: "text", list: "lists", dict: "objects"}[type(value)]
