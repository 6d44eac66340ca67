"""A YAML file of a contract as a msgspec model: what does not fit is one line with the file, the key and what the key takes.

The `title` of a key in a model completes the sentence "expected …"; its `description` says what the key means.
"""

import re
from datetime import date
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self, TypeGuard, TypeVar, Union, get_args, get_origin

import msgspec

from gamebeam.schemas.contract.fields import ContractError, load_yaml

Model = TypeVar("Model")
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*\Z", title="a snake_case name: a-z, 0-9 and _, starting with a letter")]
Constant = Annotated[str | int | float | bool | None, msgspec.Meta(title="one value to compare with")]
Where = Annotated[dict[str, Constant], msgspec.Meta(title="a mapping of fields to values")]
Names = Annotated[tuple[str, ...], msgspec.Meta(title="a list of names")]

UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST_MS = 400 * UNITS["d"]
PLAIN: dict[object, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "a mapping",
                            list: "a list", tuple: "a list"}
STEP = re.compile(r"\.([^.\[]+)|\[([0-9]+|\.\.\.)\]")


class Parsed(Protocol):
    """A type of a model that reads its own text; the ValueError of `parse` is what an error says of the key.

    takes: what the key takes, for the reference.
    """

    takes: ClassVar[str]

    @classmethod
    def parse(cls, value: object) -> Self: ...


class Duration(int):
    """Milliseconds, written as 30s, 10m, 1h or 2d."""

    takes: ClassVar[str] = "a duration such as 30s, 10m, 1h or 2d"

    @classmethod
    def parse(cls, value: object) -> Self:
        match = re.fullmatch(r"([0-9]{1,9})\s*([smhd])", str(value))
        length = int(match[1]) * UNITS[match[2]] if match else 0
        if not 0 < length <= LONGEST_MS:
            raise ValueError(f"expected {cls.takes}, at most {LONGEST_MS // UNITS['d']}d, not {value!r}")
        return cls(length)


def read_yaml(text: str, file: str, model: type[Model]) -> Model:
    """Parse one YAML file of a contract into its model; an empty file is an empty mapping.

    Raises:
        ContractError: the text is no YAML, is out of bounds, or does not fit the model.
    """
    return convert(load_yaml(text, file), model, file)


def convert(body: object, model: type[Model], file: str, at: str = "") -> Model:
    """Convert what YAML holds to a model without casts. at: the dotted key of `body` in the file. Raises ContractError."""
    try:
        return msgspec.convert(body, model, dec_hook=_parse)
    except msgspec.ValidationError as e:
        names, message = _explained(e, body, model, [at] if at else [])
        raise ContractError(file, ".".join(names) or None, message) from None


def _parse(kind: type[Parsed], value: object) -> Parsed:
    return kind.parse(value)


def _explained(error: msgspec.ValidationError, body: object, model: object, names: list[str]) -> tuple[list[str], str]:
    """(dotted key, what is wrong with it) from msgspec's message, which ends in a path such as `$.columns[0].type`."""
    found = re.fullmatch(r"(.*) - at `((?:key` in `)?\$[^`]*)`", str(error), re.DOTALL)
    problem, path = found.groups() if found else (str(error), "")
    try:
        names, kind, value = _located(path, body, model, names)
    except (StopIteration, LookupError, TypeError, AttributeError):  # an unknown key that looks like the end of msgspec's message
        return names, str(error)
    keys = {f.encode_name: f.type for k in _alternatives(kind) if _is_struct(k) for f in msgspec.structs.fields(k)}
    if match := re.fullmatch(r"Object missing required field `(.*)`", problem):
        return [*names, match[1]], f"missing: expected {expected(keys[match[1]])}"
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", problem, re.DOTALL):
        return [*names, match[1]], f"unknown; known are {', '.join(sorted(keys))}"
    if error.__cause__:
        return names, str(error.__cause__)
    said = repr(value) if not value or isinstance(value, str | int | float | date) else PLAIN.get(type(value), "a value")
    return names, f"expected {expected(kind)}, not {said}"


# value is what YAML holds, of any shape: it was searched by msgspec on the same path.
def _located(path: str, value: Any, kind: object, names: list[str]) -> tuple[list[str], object, object]:
    """(dotted key, type there, value there). msgspec's path leaves out the keys of mappings: they are searched for."""
    for name, index in [*STEP.findall(path), *([("", "key")] if path.startswith("key") else [])]:
        kinds = _alternatives(kind)
        if name:
            kind = next(f.type for k in kinds if _is_struct(k) for f in msgspec.structs.fields(k) if f.encode_name == name)
            names, value = [*names, name], value[name]
        elif index.isdigit():
            kind = next(get_args(k)[0] for k in kinds if get_origin(k) in (list, tuple))
            names, value = [*names[:-1], f"{''.join(names[-1:])}[{index}]"], value[int(index)]
        else:
            of_key, of_value = next(get_args(k) for k in kinds if get_origin(k) is dict)
            key = next(k for k, v in value.items() if not (_fits(k, of_key) if index == "key" else _fits(v, of_value)))
            names = [*names, str(key)]
            kind, value = (of_key, key) if index == "key" else (of_value, value[key])
    return names, kind, value


def _alternatives(kind: object) -> list[object]:
    """The types of a union, without their annotations."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    return [a for k in get_args(kind) for a in _alternatives(k)] if get_origin(kind) in (Union, UnionType) else [kind]


def meaning(kind: object) -> str:
    """Return what a model says of a key of this type: the description of its annotation, or nothing."""
    if get_origin(kind) is Annotated:
        inner, *metas = get_args(kind)
        return next((m.description for m in reversed(metas) if m.description), None) or meaning(inner)
    return next((text for k in get_args(kind) if (text := meaning(k))), "") if get_origin(kind) in (Union, UnionType) else ""


def expected(kind: object) -> str:
    """Return what a key of this type takes: it completes the sentence "expected …"."""
    if get_origin(kind) is Annotated:
        inner, *metas = get_args(kind)
        return next((m.title for m in reversed(metas) if m.title), None) or expected(inner)
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(expected(k) for k in get_args(kind) if k is not type(None))
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    return "a mapping" if _is_struct(kind) else PLAIN.get(get_origin(kind) or kind) or str(getattr(kind, "takes", "a value"))


def _is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, dec_hook=_parse)
    except msgspec.ValidationError:
        return False
    return True
