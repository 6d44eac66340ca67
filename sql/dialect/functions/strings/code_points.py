"""Characters as numbers: CHR, ASCII, UNICODE, TO_CODE_POINTS and their inverses."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python

TOPIC = "strings"

macro(
    "bq_code_point",
    """(n) AS CASE WHEN n BETWEEN 0 AND 55295 OR n BETWEEN 57344 AND 1114111 THEN chr(CAST(n AS INTEGER))
      WHEN n IS NOT NULL THEN bq_fail_text('invalid code point: ' || n) END""",
)
macro(
    "bq_ascii",
    """(s) AS CASE WHEN s = '' THEN 0 WHEN unicode(s) < 128 THEN CAST(unicode(s) AS BIGINT)
      ELSE CASE WHEN s IS NOT NULL THEN bq_fail('ASCII: ' || s || ' does not begin with an ASCII character') END END""",
)
macro("bq_unicode", "(s) AS CASE WHEN s = '' THEN 0 ELSE CAST(unicode(s) AS BIGINT) END")
macro(
    "bq_code_points", "(s) AS CASE WHEN s = '' THEN [] ELSE list_transform(string_split(s, ''), lambda c: CAST(unicode(c) AS BIGINT)) END"
)
macro(
    "bq_of_code_points",
    """(a) AS CASE WHEN list_contains(list_transform(a, lambda x: x IS NULL), true) THEN NULL WHEN len(a) = 0 THEN ''
      ELSE array_to_string(list_transform(a, lambda x: bq_code_point(x)), '') END""",
)
python("bq_bytes_code_points", lambda b: list(b), "BLOB", "BIGINT[]")

macro(
    "bq_byte",
    "(n) AS CASE WHEN n BETWEEN 0 AND 255 THEN format('{:02x}', n) ELSE bq_fail_text('CODE_POINTS_TO_BYTES: no byte: ' || n) END",
)
macro(
    "bq_bytes_of_code_points",
    """(a) AS CASE WHEN list_contains(list_transform(a, lambda x: x IS NULL), true) THEN NULL
      WHEN len(a) = 0 THEN ''::BLOB ELSE unhex(array_to_string(list_transform(a, lambda x: bq_byte(x)), '')) END""",
)
function(
    "CHR",
    ("INT64 -> STRING", "bq_code_point({0})"),
    topic=TOPIC,
    examples={"CHR(65)": "A", "CHR(1024)": "\u0400", "CHR(-1)": ERROR, "CHR(55296)": ERROR},
)
function(
    "ASCII",
    ("STRING -> INT64", "bq_ascii({0})"),
    topic=TOPIC,
    examples={"ASCII('abcd')": 97, "ASCII('')": 0, "ASCII('é')": ERROR, "ASCII(NULL)": None},
)
function(
    "UNICODE",
    ("STRING -> INT64", "bq_unicode({0})"),
    topic=TOPIC,
    examples={"UNICODE('âbcd')": 226, "UNICODE('')": 0, "UNICODE(NULL)": None},
)
function(
    "TO_CODE_POINTS",
    ("STRING -> ARRAY<INT64>", "bq_code_points({0})"),
    ("BYTES -> ARRAY<INT64>", "bq_bytes_code_points({0})"),
    topic=TOPIC,
    examples={"TO_CODE_POINTS('Āć')": [256, 263], "TO_CODE_POINTS(b'\\x00\\xff')": [0, 255], "TO_CODE_POINTS('')": []},
)
function(
    "CODE_POINTS_TO_STRING",
    ("ARRAY<INT64> -> STRING", "bq_of_code_points({0})"),
    topic=TOPIC,
    examples={
        "CODE_POINTS_TO_STRING([65, 255, 513, 1024])": "AÿȁЀ",
        "CODE_POINTS_TO_STRING([65, NULL])": None,
        "CODE_POINTS_TO_STRING([])": "",
        "CODE_POINTS_TO_STRING([55296])": ERROR,
    },
)
function(
    "CODE_POINTS_TO_BYTES",
    ("ARRAY<INT64> -> BYTES", "bq_bytes_of_code_points({0})"),
    topic=TOPIC,
    examples={"CODE_POINTS_TO_BYTES([65, 98])": b"Ab", "CODE_POINTS_TO_BYTES([256])": ERROR, "CODE_POINTS_TO_BYTES([65, NULL])": None},
)
python("bq_safe_text", lambda b: b.decode("utf-8", "replace"), "BLOB", "VARCHAR")
function(
    "SAFE_CONVERT_BYTES_TO_STRING",
    ("BYTES -> STRING", "bq_safe_text({0})"),
    topic=TOPIC,
    examples={"SAFE_CONVERT_BYTES_TO_STRING(b'\\xc2')": "\ufffd", "SAFE_CONVERT_BYTES_TO_STRING(b'a')": "a"},
)
