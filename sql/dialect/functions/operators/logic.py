"""AND, OR, NOT and concatenation."""

from gamebeam.sql.dialect.calls import Translator
from gamebeam.sql.dialect.registry import function
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import BOOL
from gamebeam.sql.dialect.values import Value

TOPIC = "operators"


def _joined(word: str) -> Translator:
    return lambda call: Value(f"({f' {word} '.join(v.sql for v in call.values)})", BOOL)


function(
    "AND",
    ("BOOL, BOOL... -> BOOL", _joined("AND")),
    kind="operator",
    topic=TOPIC,
    examples={"true AND false": False, "false AND NULL": False},
)
function(
    "OR", ("BOOL, BOOL... -> BOOL", _joined("OR")), kind="operator", topic=TOPIC, examples={"true OR false": True, "false OR NULL": None}
)
function("NOT", ("BOOL -> BOOL", "(NOT {0})"), kind="operator", topic=TOPIC, examples={"NOT true": False})

function(
    "||",
    ("STRING, STRING -> STRING", "({0} || {1})"),
    ("BYTES, BYTES -> BYTES", "({0} || {1})"),
    ("COLLATED, COLLATED -> COLLATED", "({0} || {1})"),
    ("ARRAY<T>, ARRAY<T> -> ARRAY<T>", "bq_concat_arrays({0}, {1})"),
    kind="operator",
    topic=TOPIC,
    examples={"'a' || 'b'": "ab", "b'a' || b'b'": b"ab", "'a' || NULL": None, "[1] || [2]": [1, 2]},
)
macro("bq_concat_arrays", "(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_concat(a, b) END")
