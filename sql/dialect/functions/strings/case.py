"""UPPER, LOWER and INITCAP."""

from gamebeam.sql.dialect.registry import function
from gamebeam.sql.dialect.runtime import macro, python

TOPIC = "strings"

macro("bq_ascii_only", "(s) AS strlen(s) = length(s)")

# case; the upper case of a letter may be several
python("bq_unicode_upper", lambda s: s.upper(), "VARCHAR", "VARCHAR")
python("bq_unicode_lower", lambda s: s.lower(), "VARCHAR", "VARCHAR")
python("bq_bytes_upper", lambda b: b.upper(), "BLOB", "BLOB")
python("bq_bytes_lower", lambda b: b.lower(), "BLOB", "BLOB")
macro("bq_upper", "(s) AS CASE WHEN bq_ascii_only(s) THEN upper(s) ELSE bq_unicode_upper(s) END")
macro("bq_lower", "(s) AS CASE WHEN bq_ascii_only(s) THEN lower(s) ELSE bq_unicode_lower(s) END")
function(
    "UPPER",
    ("STRING -> STRING", "bq_upper({0})"),
    ("BYTES -> BYTES", "bq_bytes_upper({0})"),
    ("COLLATED -> COLLATED", "bq_upper({0})"),
    topic=TOPIC,
    examples={"UPPER('bar')": "BAR", "UPPER('straße')": "STRASSE", "UPPER(b'a\\xe9')": b"A\xe9"},
)
function(
    "LOWER",
    ("STRING -> STRING", "bq_lower({0})"),
    ("BYTES -> BYTES", "bq_bytes_lower({0})"),
    ("COLLATED -> COLLATED", "bq_lower({0})"),
    topic=TOPIC,
    examples={"LOWER('FOO')": "foo", "LOWER('ÄB')": "äb", "LOWER(b'FOO')": b"foo"},
)


def _initcap(s: str, delimiters: str) -> str:
    words, start = [], True
    for c in s:
        if c in delimiters:
            words.append(c)
            start = True
        else:
            words.append((c.upper() if len(c.upper()) == 1 else c.title()) if start else c.lower())
            start = False
    return "".join(words)


_DELIMITERS = " \t\n\v\f\r[](){}/|<>!?@\"^#$&~_,.:;*%+-\\'"
python("bq_initcap", _initcap, "VARCHAR, VARCHAR", "VARCHAR")
python("bq_initcap_of_words", lambda s: _initcap(s, _DELIMITERS), "VARCHAR", "VARCHAR")
function(
    "INITCAP",
    ("STRING -> STRING", "bq_initcap_of_words({0})"),
    ("STRING, STRING -> STRING", "bq_initcap({0}, {1})"),
    topic=TOPIC,
    examples={"INITCAP('Hello World-everyone!')": "Hello World-Everyone!", "INITCAP('Apples1oranges2pears', '12')": "Apples1Oranges2Pears"},
)
