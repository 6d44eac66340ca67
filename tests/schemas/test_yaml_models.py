"""What does not fit a model of a YAML file is one line with the file, the dotted key and what the key takes."""

from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct, field

from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.yaml_models import Constant, Duration, Name, read_yaml


class Inner(Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["sum", "count"] = "sum"
    most: Annotated[int, Meta(ge=1, title="a number of rows")] = field(default=1, name="max")


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    window: Annotated[Duration, Meta(title="a duration")]
    parts: tuple[Inner, ...] = ()
    named: dict[Name, dict[str, Inner]] = {}
    equal: dict[str, Constant] = {}


@pytest.mark.parametrize("text, error", [
    ("{}", "window: missing: expected a duration"),
    ("window: 5", "window: expected a duration such as 30s, 10m, 1h or 2d, at most 400d, not 5"),
    ("window: 1h\ncolour: red", "colour: unknown; known are equal, named, parts, window"),
    ("window: 1h\nparts: sum", "parts: expected a list, not 'sum'"),
    ("window: 1h\nparts: [sum]", "parts[0]: expected a mapping, not 'sum'"),
    ("window: 1h\nparts: [{}, {kind: max}]", "parts[1].kind: expected one of sum, count, not 'max'"),
    ("window: 1h\nparts: [{max: 0}]", "parts[0].max: expected a number of rows, not 0"),
    ("window: 1h\nparts: [{max: true}]", "parts[0].max: expected a number of rows, not True"),
    ("window: 1h\nparts: [{max: [1, 2]}]", "parts[0].max: expected a number of rows, not a list"),
    ("window: 1h\nnamed: {a: {b: {}, c: {max: no}}}", "named.a.c.max: expected a number of rows, not False"),
    ("window: 1h\nnamed: {a: {b: {}, c: {colour: 1}}}", "named.a.c.colour: unknown; known are kind, max"),
    ("window: 1h\nnamed: {a: {}, B: {}}", "named.B: expected a snake_case name: a-z, 0-9 and _, starting with a letter, not 'B'"),
    ("window: 1h\nnamed: {a: {1: {}}}", "named.a.1: expected text, not 1"),
    ("window: 1h\nequal: {a: 1, b: [1]}", "equal.b: expected one value to compare with, not a list"),
    ("window: 1h\nequal: {a: 1, b: 2000-01-01}", "equal.b: expected one value to compare with, not datetime.date(2000, 1, 1)"),
    ("window: 1h\n'a` - at `$.b`': 1", "a` - at `$.b`: unknown; known are equal, named, parts, window"),
    ("window: 1h\n'a` - at `$.b': 1", "Object contains unknown field `a` - at `$.b`"),
])
def test_an_error_names_the_file_the_key_and_what_it_takes(text, error):
    with pytest.raises(ContractError) as raised:
        read_yaml(text, "f.yaml", Model)
    assert str(raised.value) == f"f.yaml: {error}"


def test_a_file_that_fits_is_its_model():
    read = read_yaml("window: 10m\nnamed: {a: {b: {max: 3}}}", "f.yaml", Model)
    assert (read.window, read.named["a"]["b"].most) == (600_000, 3)
