"""Parts and lengths of strings and bytes: SUBSTR, LEFT, RIGHT, LENGTH."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro

TOPIC = "strings"

macro("bq_not_negative", """(n, name) AS CASE WHEN n < 0 THEN bq_fail(name || ': a negative number') WHEN n > 2147483647 THEN 2147483647
      ELSE n END""")

# parts; a substring of BYTES is one of their hexadecimal text
macro("bq_start", """(p, length) AS CASE WHEN p > 0 THEN least(p, 2147483647) WHEN p = 0 THEN 1 WHEN p < 0 THEN greatest(length +
      p + 1, 1) END""")
macro("bq_substr", "(s, p) AS substring(s, bq_start(p, length(s)))")
macro("bq_substr_of", "(s, p, n) AS substring(s, bq_start(p, length(s)), bq_not_negative(n, 'SUBSTR'))")
macro("bq_slice", "(b, p) AS unhex(substring(hex(b), bq_start(p, octet_length(b)) * 2 - 1))")
macro(
    "bq_slice_of",
    "(b, p, n) AS unhex(substring(hex(b), bq_start(p, octet_length(b)) * 2 - 1, bq_not_negative(n, 'SUBSTR') * 2))",
)
macro("bq_right_slice", "(b, n) AS CASE WHEN b IS NULL THEN NULL WHEN n = 0 THEN ''::BLOB ELSE bq_slice(b, -n) END")
for _name in ("SUBSTR", "SUBSTRING"):
    function(
        _name,
        ("STRING, INT64 -> STRING", "bq_substr({0}, {1})"),
        ("STRING, INT64, INT64 -> STRING", "bq_substr_of({args})"),
        ("BYTES, INT64 -> BYTES", "bq_slice({0}, {1})"),
        ("BYTES, INT64, INT64 -> BYTES", "bq_slice_of({args})"),
        topic=TOPIC,
        examples={
            f"{_name}('apple', 2)": "pple",
            f"{_name}('apple', 2, 2)": "pp",
            f"{_name}('apple', -2)": "le",
            f"{_name}('apple', 0, 2)": "ap",
            f"{_name}('apple', -10, 2)": "ap",
            f"{_name}('apple', 2, -1)": ERROR,
            f"{_name}('apple', 7, 3)": "",
            f"{_name}(b'apple', -3, 2)": b"pl",
        },
    )
function(
    "LEFT",
    ("STRING, INT64 -> STRING", "left({0}, bq_not_negative({1}, 'LEFT'))"),
    ("BYTES, INT64 -> BYTES", "bq_slice_of({0}, 1, {1})"),
    topic=TOPIC,
    examples={"LEFT('banana', 3)": "ban", "LEFT('ab', 5)": "ab", "LEFT('ab', -1)": ERROR, "LEFT(b'banana', 3)": b"ban"},
)
function(
    "RIGHT",
    ("STRING, INT64 -> STRING", "right({0}, bq_not_negative({1}, 'RIGHT'))"),
    ("BYTES, INT64 -> BYTES", "bq_right_slice({0}, bq_not_negative({1}, 'RIGHT'))"),
    topic=TOPIC,
    examples={"RIGHT('apple', 3)": "ple", "RIGHT('ab', 5)": "ab", "RIGHT('ab', -1)": ERROR, "RIGHT(b'apple', 3)": b"ple"},
)

for _name in ("LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH"):
    _bytes = (("BYTES -> INT64", "octet_length({0})"),) if _name == "LENGTH" else ()
    function(_name, ("STRING -> INT64", "length({0})"), *_bytes, topic=TOPIC, examples={f"{_name}('абвгд')": 5})
for _name in ("BYTE_LENGTH", "OCTET_LENGTH"):
    function(
        _name,
        ("STRING -> INT64", "strlen({0})"),
        ("BYTES -> INT64", "octet_length({0})"),
        topic=TOPIC,
        examples={f"{_name}('абвгд')": 10, f"{_name}(b'abc')": 3},
    )
