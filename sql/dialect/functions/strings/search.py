"""Search in strings and bytes: STRPOS, INSTR, STARTS_WITH, ENDS_WITH, CONTAINS_SUBSTR."""

import unicodedata

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.casts.cast import cast
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import BOOL, STRING
from gamebeam.sql.dialect.values import Value

TOPIC = "strings"

python("bq_bytes_find", lambda b, part: b.find(part) + 1, "BLOB, BLOB", "BIGINT")


def _instr(s: str, part: str, position: int, occurrence: int) -> int:
    if position == 0 or occurrence < 1:
        raise ValueError("INSTR: the position cannot be 0, and the occurrence must be positive")
    end = len(s) + (not part)  # nothing is found after the last character, too
    if abs(position) > end:
        return 0
    last = len(s) - len(part)
    starts = range(position - 1, last + 1) if position > 0 else range(min(end + position, last), -1, -1)
    found = [at for at in starts if s.startswith(part, at)]
    return found[occurrence - 1] + 1 if occurrence <= len(found) else 0


def _instr_bytes(b: bytes, part: bytes, position: int, occurrence: int) -> int:
    return _instr(b.decode("latin-1"), part.decode("latin-1"), position, occurrence)


python("bq_instr", _instr, "VARCHAR, VARCHAR, BIGINT, BIGINT", "BIGINT")
python("bq_instr_bytes", _instr_bytes, "BLOB, BLOB, BIGINT, BIGINT", "BIGINT")
function(
    "STRPOS",
    ("STRING, STRING -> INT64", "strpos({0}, {1})"),
    ("BYTES, BYTES -> INT64", "bq_bytes_find({0}, {1})"),
    ("COLLATED, COLLATED -> INT64", "bq_ci_instr({0}, {1}, 1, 1)"),
    topic=TOPIC,
    examples={"STRPOS('foo@example.com', '@')": 4, "STRPOS('éa', 'a')": 2, "STRPOS('a', 'b')": 0, "STRPOS(b'ab', b'b')": 2},
)
function(
    "INSTR",
    ("STRING, STRING -> INT64", "CAST(strpos({0}, {1}) AS BIGINT)"),
    ("STRING, STRING, INT64 -> INT64", "bq_instr({0}, {1}, {2}, 1)"),
    ("STRING, STRING, INT64, INT64 -> INT64", "bq_instr({args})"),
    ("BYTES, BYTES -> INT64", "bq_bytes_find({0}, {1})"),
    ("BYTES, BYTES, INT64 -> INT64", "bq_instr_bytes({0}, {1}, {2}, 1)"),
    ("BYTES, BYTES, INT64, INT64 -> INT64", "bq_instr_bytes({args})"),
    ("COLLATED, COLLATED -> INT64", "bq_ci_instr({0}, {1}, 1, 1)"),
    ("COLLATED, COLLATED, INT64 -> INT64", "bq_ci_instr({0}, {1}, {2}, 1)"),
    ("COLLATED, COLLATED, INT64, INT64 -> INT64", "bq_ci_instr({args})"),
    topic=TOPIC,
    examples={
        "INSTR('banana', 'an')": 2,
        "INSTR('banana', 'an', 1, 2)": 4,
        "INSTR('banana', 'an', -1, 1)": 4,
        "INSTR('banana', 'an', -3, 1)": 4,
        "INSTR('banana', 'an', -4, 1)": 2,
        "INSTR('banana', 'ann', 1, 1)": 0,
        "INSTR('helloooo', 'oo', 1, 2)": 6,
        "INSTR('banana', 'an', 0)": ERROR,
        "INSTR('banana', 'an', 1, 0)": ERROR,
    },
)
macro("bq_bytes_start", "(b, part) AS starts_with(hex(b), hex(part))")
macro("bq_bytes_end", "(b, part) AS suffix(hex(b), hex(part))")
function(
    "STARTS_WITH",
    ("STRING, STRING -> BOOL", "starts_with({0}, {1})"),
    ("BYTES, BYTES -> BOOL", "bq_bytes_start({0}, {1})"),
    ("COLLATED, COLLATED -> BOOL", "bq_ci_starts_with({0}, {1})"),
    topic=TOPIC,
    examples={"STARTS_WITH('bar', 'b')": True, "STARTS_WITH('bar', '')": True, "STARTS_WITH(b'bar', b'x')": False},
)
function(
    "ENDS_WITH",
    ("STRING, STRING -> BOOL", "suffix({0}, {1})"),
    ("BYTES, BYTES -> BOOL", "bq_bytes_end({0}, {1})"),
    ("COLLATED, COLLATED -> BOOL", "bq_ci_ends_with({0}, {1})"),
    topic=TOPIC,
    examples={"ENDS_WITH('apple', 'e')": True, "ENDS_WITH('apple', '')": True, "ENDS_WITH(b'apple', b'x')": False},
)
python("bq_unicode_fold", lambda s: unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", s).casefold()), "VARCHAR", "VARCHAR")
macro("bq_fold", "(s) AS CASE WHEN bq_ascii_only(s) THEN lower(s) ELSE bq_unicode_fold(s) END")
macro("bq_contains_folded", "(s, part) AS contains(bq_fold(s), bq_fold(part))")


def _contains_substr(call: Call) -> Value:
    value, part = call.values
    if not part.literal or part.type.kind == "NULL":
        raise call.refuse("what is searched for is a STRING literal")
    if value.type.kind in ("ARRAY", "STRUCT", "JSON", "BYTES"):
        raise call.refuse(f"searches no {value.type.kind} here; join the fields with CONCAT")
    return Value(f"bq_contains_folded({cast(value, STRING).sql}, {part.sql})", BOOL)


function(
    "CONTAINS_SUBSTR",
    ("ANY, STRING -> BOOL", _contains_substr),
    topic=TOPIC,
    examples={
        "CONTAINS_SUBSTR('the blue house', 'Blue house')": True,
        "CONTAINS_SUBSTR('the red house', 'blue')": False,
        "CONTAINS_SUBSTR('\\u2168', 'IX')": True,
        "CONTAINS_SUBSTR(123, '2')": True,
    },
)
