"""COLLATE, and what functions do with text that it makes case-insensitive.

The collation is a part of a STRING's type (`COLLATED`). BigQuery compares by the Unicode Collation Algorithm's first two levels, in
which case and control characters do not count. `bq_collation_key` is that key. Search inside a text knows only characters of which
ICU finds one alone: ASCII, Latin letters with accents, and control characters. Any other character is an error of the row.
"""

import re
import unicodedata

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.registry import ERROR, special
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import COLLATED, STRING
from gamebeam.sql.dialect.values import Value

TOPIC = "strings"

# DuckDB's key has three levels, in hexadecimal digits, with 01 between them; the third one holds the case
macro("bq_collation_key", "(s) AS regexp_extract(icu_sort_key(s, 'und'), '^((?:..)*?01(?:..)*?)01', 1)")


def _collate(call: Call) -> Value:
    if len(call.nodes) != 2:
        raise call.refuse("takes a STRING and a collation")
    value, collation = call.value(0), call.value(1)
    if value.type.kind not in ("STRING", "NULL", "UNKNOWN"):
        raise call.refuse(f"takes a STRING, not {value.type}; COLLATE its fields or elements")
    if not isinstance(collation.constant, str):
        raise call.refuse("the collation must be a literal: 'und:ci', or '' for none")
    if collation.constant not in ("", "und:ci"):
        raise call.refuse(f"the collation {collation.constant} is not supported here; use 'und:ci', or '' for none")
    return Value(f"CAST({value.sql} AS VARCHAR)", COLLATED if collation.constant else STRING)


special(
    "COLLATE",
    "STRING, 'und:ci' or '' -> STRING",
    _collate,
    collated=True,
    topic=TOPIC,
    examples={
        "COLLATE('abc', 'und:ci') = 'ABC'": True,
        "COLLATE('é', 'und:ci') = 'e'": False,
        "COLLATE('é', 'und:ci') = 'É'": True,
        "COLLATE('a', 'und:ci') < 'B'": True,
        "COLLATE(COLLATE('a', 'und:ci'), '') = 'A'": False,
        "COLLATE('Goo', 'und:ci') LIKE '%O'": True,
        "COLLATE('Goo', 'und:ci') LIKE 'G_o'": ERROR,
        "STARTS_WITH(COLLATE('Goo', 'und:ci'), 'go')": True,
        "SPLIT(COLLATE('1x2X3', 'und:ci'), 'x')": ["1", "2", "3"],
        "COLLATE('a', 'en_US')": ERROR,
    },
    note="see Collation below",
)


def _ignored(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Cf") and c not in "\t\n\v\f\r\x85"


def _letters(s: str) -> list[tuple[str, int]]:
    """The characters that count, without their case, and where each stands. Raises: ValueError, on one that is not examined."""
    found = []
    for at, c in enumerate(s):
        if _ignored(c):
            continue
        parts = unicodedata.normalize("NFD", c)
        if not parts[0].isascii() or c == "İ" or (len(parts) > 1 and not parts[0].isalpha()):
            raise ValueError(f"a search in text with a collation does not support the character {c!r} here")
        found.append((unicodedata.normalize("NFC", c).lower(), at))  # the Kelvin sign is a K
    return found


def _spans(s: str, part: str) -> list[tuple[int, int]]:
    """Where a part starts and ends in a text, overlapping matches included. Raises: ValueError, if nothing of the part counts."""
    letters, wanted = _letters(s), [c for c, _ in _letters(part)]
    if not wanted:
        raise ValueError("a search for an empty text with a collation is not supported here")
    size = len(wanted)
    return [(letters[i][1], letters[i + size - 1][1] + 1)
            for i in range(len(letters) - size + 1) if [c for c, _ in letters[i:i + size]] == wanted]


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The matches that do not overlap, from the left."""
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _like(s: str, pattern: str) -> bool:
    parts, escaped = [], False
    for c, _ in _letters(pattern):
        if not escaped and c == "\\":
            escaped = True
            continue
        if not escaped and c == "_":
            raise ValueError("LIKE: the pattern has _, which does not go with a collation")
        parts.append(".*" if c == "%" and not escaped else re.escape(c))
        escaped = False
    if escaped:
        raise ValueError("LIKE pattern ends with a backslash")
    return re.fullmatch("".join(parts), "".join(c for c, _ in _letters(s)), re.DOTALL) is not None


def _at_end(s: str, part: str, first: bool) -> bool:
    spans = _spans(s, part)
    if s and _ignored(s[0 if first else -1]):
        raise ValueError("a control character at the end of a text with a collation is not supported here")
    return any(start == 0 if first else end == len(s) for start, end in spans)


def _instr(s: str, part: str, position: int, occurrence: int) -> int:
    if position == 0 or occurrence < 1:
        raise ValueError("INSTR: the position cannot be 0, and the occurrence must be positive")
    if position < -1:
        raise ValueError("INSTR with a collation from a position before the end is not supported here")
    starts = [start for start, _ in _spans(s, part)]
    found = [at for at in starts if at >= position - 1] if position > 0 else starts[::-1]
    return found[occurrence - 1] + 1 if occurrence <= len(found) else 0


def _pieces(s: str, part: str) -> list[str]:
    spans = _apart(_spans(s, part))
    if any(_ignored(c) for start, end in spans for c in (s[start - 1:start] + s[end:end + 1])):
        raise ValueError("a control character beside what is found in a text with a collation is not supported here")
    return [s[start:end] for (_, start), (end, _) in zip([(0, 0), *spans], [*spans, (len(s), 0)], strict=True)]


python("bq_ci_like", _like, "VARCHAR, VARCHAR", "BOOLEAN")
python("bq_ci_starts_with", lambda s, part: _at_end(s, part, True), "VARCHAR, VARCHAR", "BOOLEAN")
python("bq_ci_ends_with", lambda s, part: _at_end(s, part, False), "VARCHAR, VARCHAR", "BOOLEAN")
python("bq_ci_instr", _instr, "VARCHAR, VARCHAR, BIGINT, BIGINT", "BIGINT")
python("bq_ci_split", _pieces, "VARCHAR, VARCHAR", "VARCHAR[]")
python("bq_ci_replace", lambda s, old, new: new.join(_pieces(s, old)), "VARCHAR, VARCHAR, VARCHAR", "VARCHAR")
