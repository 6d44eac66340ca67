"""LIKE, also with ANY and ALL."""

import re

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.registry import function
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import BOOL
from gamebeam.sql.dialect.values import Value

TOPIC = "operators"


def _like(call: Call) -> Value:
    return Value(like(*call.values), BOOL)


def like(value: Value, pattern: Value) -> str:
    """BigQuery's LIKE, in whose patterns a backslash takes the meaning from % and _."""
    if "BYTES" in (value.type.kind, pattern.type.kind):
        return f"bq_like_bytes({value.sql}, {pattern.sql})"
    if value.type.collated:
        return f"bq_ci_like({value.sql}, {pattern.sql})"
    plain = pattern.literal and "\\" not in str(pattern.constant)
    return f"({value.sql} LIKE {pattern.sql})" if plain else f"({value.sql} LIKE {pattern.sql} ESCAPE '\\')"


def _like_several(word: str, negated: str = "") -> Translator:
    return lambda call: Value(f"({f' {word} '.join(negated + like(call.values[0], p) for p in call.values[1:])})", BOOL)


def _like_bytes(value: bytes, pattern: bytes) -> bool:
    parts, escaped = [], False
    for byte in pattern:
        one = bytes([byte])
        if not escaped and one == b"\\":
            escaped = True
            continue
        parts.append(re.escape(one) if escaped or one not in b"%_" else b".*" if one == b"%" else b".")
        escaped = False
    if escaped:
        raise ValueError("LIKE pattern ends with a backslash")
    return re.fullmatch(b"".join(parts), value, re.DOTALL) is not None


python("bq_like_bytes", _like_bytes, "BLOB, BLOB", "BOOLEAN")
function(
    "LIKE",
    ("STRING, STRING -> BOOL", _like),
    ("BYTES, BYTES -> BOOL", _like),
    ("COLLATED, COLLATED -> BOOL", _like),
    kind="operator",
    topic=TOPIC,
    examples={"'a%c' LIKE r'a\\%c'": True, "'abc' LIKE r'a\\%c'": False, "'abc' LIKE 'a_c'": True, "'a' NOT LIKE 'b%'": True},
)
function(
    "LIKE ANY",
    ("STRING, STRING... -> BOOL", _like_several("OR")),
    ("BYTES, BYTES... -> BOOL", _like_several("OR")),
    ("COLLATED, COLLATED... -> BOOL", _like_several("OR")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' LIKE ANY ('x', 'a%')": True},
)
function(
    "LIKE ALL",
    ("STRING, STRING... -> BOOL", _like_several("AND")),
    ("BYTES, BYTES... -> BOOL", _like_several("AND")),
    ("COLLATED, COLLATED... -> BOOL", _like_several("AND")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' LIKE ALL ('%c', 'a%')": True},
)
function(
    "NOT LIKE ANY",
    ("STRING, STRING... -> BOOL", _like_several("OR", "NOT ")),
    ("BYTES, BYTES... -> BOOL", _like_several("OR", "NOT ")),
    ("COLLATED, COLLATED... -> BOOL", _like_several("OR", "NOT ")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' NOT LIKE ANY ('abc', 'x')": True},
)
function(
    "NOT LIKE ALL",
    ("STRING, STRING... -> BOOL", _like_several("AND", "NOT ")),
    ("BYTES, BYTES... -> BOOL", _like_several("AND", "NOT ")),
    ("COLLATED, COLLATED... -> BOOL", _like_several("AND", "NOT ")),
    kind="operator",
    topic=TOPIC,
    examples={"'abc' NOT LIKE ALL ('abc', 'x')": False},
)
