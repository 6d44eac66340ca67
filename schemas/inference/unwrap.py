"""A sample unwrapped in the way in which the wire will unwrap it, and every leaf with what it held."""

from dataclasses import dataclass, field
from typing import Any

from gamebeam.schemas.inference.sample import Sample, as_json_object, flatten, is_quoted, maps, objects, replace_at, unquote
from gamebeam.schemas.inference.secrets import in_secret, is_secret

MOST_FIELDS = 2_000  # of a sample, all event types together


@dataclass
class Leaf:
    path: str
    values: list[Any]  # by message; None where absent, null or empty
    present: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.present = [v for v in self.values if v is not None]

    @property
    def always(self) -> bool:
        return len(self.present) == len(self.values)

    @property
    def distinct(self) -> int:
        return len({repr(v) for v in self.present})

    def holds(self, *types: type) -> bool:
        """Whether every value is of these types; true and false are no numbers."""
        return bool(self.present) and all(isinstance(v, types) and not isinstance(v, bool) for v in self.present)


@dataclass
class Opened:
    """The sample with everything unwrapped that the wire will unwrap, and what of it is a leaf."""

    bodies: list[dict[str, object]]
    leaves: dict[str, Leaf]
    json_strings: list[str] = field(default_factory=list)
    strip_quotes: bool = False
    empty_is_null: bool = False


def open_sample(read: Sample) -> Opened:
    """JSON inside strings parsed, single quotes off, every leaf collected: as decode will see it."""
    bodies = [m.body for m in read.messages]
    json_strings: list[str] = []
    while inside := [p for p, held in leaf_values(bodies).items() if p not in json_strings and _holds_json(p, held)]:
        json_strings += inside
        for path in inside:
            bodies = [_parsed_at(body, path) for body in bodies]
    values = leaf_values(bodies)
    strip = any(2 * sum(map(is_quoted, held)) >= sum(v is not None for v in held) > 0 for held in values.values())
    if strip:
        bodies = [unquote(body) for body in bodies]
        values = leaf_values(bodies)
    empty = any(v == "" for held in values.values() for v in held)
    leaves = {p: Leaf(p, [None if v == "" else v for v in held] if empty else held) for p, held in values.items()}
    return Opened(bodies, leaves, json_strings, strip, empty)


def leaf_values(bodies: list[dict[str, object]]) -> dict[str, list[object]]:
    """Path of every leaf -> its value in each message, null where it is absent."""
    found = objects(bodies)
    stop = frozenset(maps(found)) | frozenset(p for p in found if is_secret(p.rpartition(".")[2]))
    flat = [flatten(body, stop) for body in bodies]
    paths = dict.fromkeys(p for f in flat for p in f)
    if len(paths) > MOST_FIELDS:
        raise ValueError(f"{len(paths):,} different fields, such as {next(reversed(paths))[:100]}; at most {MOST_FIELDS:,}: "
                         "are its keys data? Then send them as an array of objects")
    return {path: [f.get(path) for f in flat] for path in paths}


def _holds_json(path: str, values: list[object]) -> bool:
    present = [v for v in values if v is not None]
    return bool(present) and not in_secret(path) and all(as_json_object(v) is not None for v in present)


def _parsed_at(body: dict[str, object], path: str) -> dict[str, object]:
    at: object = body
    for part in path.split("."):
        at = at.get(part) if isinstance(at, dict) else None
    parsed = as_json_object(at)
    return body if parsed is None else replace_at(body, path, parsed)
