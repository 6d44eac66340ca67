"""REPLACE, REPEAT, REVERSE and TRANSLATE."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value

TOPIC = "strings"

python("bq_bytes_replace", lambda b, old, new: b.replace(old, new) if old else b, "BLOB, BLOB, BLOB", "BLOB")
function(
    "REPLACE",
    ("STRING, STRING, STRING -> STRING", "replace({args})"),
    ("BYTES, BYTES, BYTES -> BYTES", "bq_bytes_replace({args})"),
    ("COLLATED, COLLATED, COLLATED -> COLLATED", "bq_ci_replace({args})"),
    topic=TOPIC,
    examples={
        "REPLACE('apple pie', 'pie', 'cobbler')": "apple cobbler",
        "REPLACE('abc', '', 'x')": "abc",
        "REPLACE(b'aba', b'a', b'xx')": b"xxbxx",
    },
)
macro("bq_times", """(size, n) AS CASE WHEN n < 0 OR size > 0 AND n > 1048576 // size THEN bq_fail('REPEAT: a negative number, or
      more than 1 MB')
      WHEN size = 0 THEN 0 ELSE n END""")
function(
    "REPEAT",
    ("STRING, INT64 -> STRING", "repeat({0}, bq_times(strlen({0}), {1}))"),
    ("BYTES, INT64 -> BYTES", "repeat({0}, bq_times(octet_length({0}), {1}))"),
    topic=TOPIC,
    examples={"REPEAT('abc', 3)": "abcabcabc", "REPEAT('abc', 0)": "", "REPEAT('a', -1)": ERROR, "REPEAT(b'ab', 2)": b"abab"},
)
python("bq_bytes_reverse", lambda b: b[::-1], "BLOB", "BLOB")
macro("bq_reverse", "(s) AS CASE WHEN bq_ascii_only(s) THEN reverse(s) ELSE array_to_string(list_reverse(string_split(s, '')), '') END")
function(
    "REVERSE",
    ("STRING -> STRING", "bq_reverse({0})"),
    ("BYTES -> BYTES", "bq_bytes_reverse({0})"),
    topic=TOPIC,
    examples={"REVERSE('abc')": "cba", "REVERSE('e\\u0301x')": "x\u0301e", "REVERSE(b'abc')": b"cba"},
)


def _translated(s: str, source: str, target: str) -> str:
    if len(set(source)) < len(source):
        raise ValueError("TRANSLATE: a character occurs twice in the source characters")
    return s.translate({ord(c): target[i] if i < len(target) else None for i, c in enumerate(source)})


def _translated_bytes(b: bytes, source: bytes, target: bytes) -> bytes:
    return _translated(b.decode("latin-1"), source.decode("latin-1"), target.decode("latin-1")).encode("latin-1")


def _translate(call: Call) -> Value:
    source, target = call.values[1:]
    if source.literal and target.literal and isinstance(source.constant, str) and len(set(source.constant)) == len(source.constant):
        return Value(f"translate({', '.join(v.sql for v in call.values)})", STRING)
    return Value(f"bq_translate({', '.join(v.sql for v in call.values)})", STRING)


python("bq_translate", _translated, "VARCHAR, VARCHAR, VARCHAR", "VARCHAR")
python("bq_bytes_translate", _translated_bytes, "BLOB, BLOB, BLOB", "BLOB")
function(
    "TRANSLATE",
    ("STRING, STRING, STRING -> STRING", _translate),
    ("BYTES, BYTES, BYTES -> BYTES", "bq_bytes_translate({args})"),
    topic=TOPIC,
    examples={
        "TRANSLATE('This is a cookie', 'sco', 'zku')": "Thiz iz a kuukie",
        "TRANSLATE('abc', 'ab', 'x')": "xc",
        "TRANSLATE('abcde', 'aa', 'xy')": ERROR,
    },
)
