"""How alike two strings are: SOUNDEX and EDIT_DISTANCE."""

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.registry import ERROR, function, special
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import INT64
from gamebeam.sql.dialect.values import Value

TOPIC = "strings"


def _soundex(s: str) -> str:
    codes = {c: d for d, letters in enumerate(("AEIOUYHW", "BFPV", "CGJKQSXZ", "DT", "L", "MN", "R")) for c in letters}
    letters = [c.upper() for c in s if c.isascii() and c.isalpha()]
    if not letters:
        return ""
    digits, last = "", codes[letters[0]]
    for c in letters[1:]:
        code = codes[c]
        if code and code != last:
            digits += str(code)
        if c not in "HW":
            last = code
    return (letters[0] + digits + "000")[:4]


def _edit_distance(a: str, b: str, most: int | None) -> int:
    if most is not None and most < 0:
        raise ValueError("EDIT_DISTANCE: max_distance is negative")
    row = list(range(len(b) + 1))
    for i, c in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, d in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (c != d))
    return row[-1] if most is None else min(row[-1], most)


python("bq_soundex", _soundex, "VARCHAR", "VARCHAR")
python("bq_edit_distance", lambda a, b: _edit_distance(a, b, None), "VARCHAR, VARCHAR", "BIGINT")
python("bq_bytes_edit_distance", lambda a, b: _edit_distance(a.decode("latin-1"), b.decode("latin-1"), None), "BLOB, BLOB", "BIGINT")
python("bq_edit_distance_at_most", _edit_distance, "VARCHAR, VARCHAR, BIGINT", "BIGINT")
function(
    "SOUNDEX",
    ("STRING -> STRING", "bq_soundex({0})"),
    topic=TOPIC,
    examples={"SOUNDEX('Ashcraft')": "A261", "SOUNDEX('Robert')": "R163", "SOUNDEX('')": ""},
)


def _distance(call: Call) -> Value:

    nodes, most = call.nodes, ""
    if len(nodes) == 3:
        node = nodes[2].expression if isinstance(nodes[2], exp.Kwarg) else nodes[2]
        most = f", {call.translate(node, call.scope).sql}"
    a, b = call.value(0), call.value(1)
    if {a.type.kind, b.type.kind} <= {"STRING", "NULL"}:
        return Value(f"bq_edit_distance{'_at_most' if most else ''}({a.sql}, {b.sql}{most})", INT64)
    if {a.type.kind, b.type.kind} <= {"BYTES", "NULL"} and not most:
        return Value(f"bq_bytes_edit_distance({a.sql}, {b.sql})", INT64)
    raise call.refuse(f"takes two STRINGs or two BYTES, not {a.type} and {b.type}")


special(
    "EDIT_DISTANCE",
    "STRING, STRING[, max_distance => INT64] -> INT64",
    _distance,
    topic=TOPIC,
    examples={
        "EDIT_DISTANCE('abc', 'adc')": 1,
        "EDIT_DISTANCE('abcdefg', 'a', max_distance => 2)": 2,
        "EDIT_DISTANCE('a', 'b', max_distance => -1)": ERROR,
    },
)
