"""SPLIT and CONCAT."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.casts.cast import cast
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import BYTES, STRING
from gamebeam.sql.dialect.values import Value

TOPIC = "strings"

macro("bq_split", "(s, delimiter) AS CASE WHEN delimiter IS NOT NULL THEN string_split(s, delimiter) END")
python("bq_bytes_split", lambda b, by: b.split(by) if by else [bytes([c]) for c in b] or [b""], "BLOB, BLOB", "BLOB[]")
function(
    "SPLIT",
    ("STRING -> ARRAY<STRING>", "string_split({0}, ',')"),
    ("STRING, STRING -> ARRAY<STRING>", "bq_split({0}, {1})"),
    ("BYTES, BYTES -> ARRAY<BYTES>", "bq_bytes_split({0}, {1})"),
    ("COLLATED, COLLATED -> ARRAY<COLLATED>", "bq_ci_split({0}, {1})"),
    topic=TOPIC,
    examples={
        "SPLIT('b,c')": ["b", "c"],
        "SPLIT('')": [""],
        "SPLIT('abc', '')": ["a", "b", "c"],
        "SPLIT('a b', ' ')": ["a", "b"],
        "SPLIT(b'a|b', b'|')": [b"a", b"b"],
    },
)


def _concat(call: Call) -> Value:
    if any(v.type == BYTES for v in call.values):
        if any(v.type.kind not in ("BYTES", "NULL", "UNKNOWN") for v in call.values):
            raise call.refuse("joins STRINGs or BYTES, not both")
        return Value(f"({' || '.join(v.sql for v in call.values)})", BYTES)
    if any(v.type.kind in ("ARRAY", "STRUCT", "JSON", "INTERVAL", "RANGE") for v in call.values):
        raise call.refuse("joins STRINGs or BYTES; use TO_JSON_STRING or ARRAY_TO_STRING first")
    return Value(f"({' || '.join(cast(v, STRING).sql for v in call.values)})", STRING)


function(
    "CONCAT",
    ("ANY, ANY... -> STRING", _concat),
    topic=TOPIC,
    examples={
        "CONCAT('T.P.', ' ', 'Bar')": "T.P. Bar",
        "CONCAT('Summer', ' ', 1923)": "Summer 1923",
        "CONCAT('a', NULL)": None,
        "CONCAT(b'a', b'b')": b"ab",
        "CONCAT('a', b'b')": ERROR,
    },
)
