"""Regular expressions: DuckDB's are RE2's, as BigQuery's are. What starts at a position, or counts positions, runs in Python."""

import re

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import INT64, STRING, array_of
from gamebeam.sql.dialect.values import Value

TOPIC = "regular expressions"


def _groups(call: Call) -> int:
    """How many groups a pattern captures. Raises: Refused, where the pattern is no literal or has more than one group."""
    pattern = call.values[1]
    if pattern.type.kind == "NULL":
        return 0
    if not pattern.literal or not isinstance(pattern.constant, str):
        raise call.refuse("the pattern must be a literal here; REGEXP_CONTAINS and REGEXP_REPLACE take any")
    count = len(
        re.findall(
            r"\((?!\?)|\(\?P?<(?![=!])", re.sub(r"\\Q.*?(\\E|$)|\\.|\[\^?\]?(\\.|\[:\w+:\]|[^\]\\])*\]", "", pattern.constant, flags=re.S)
        )
    )
    if count > 1:
        raise call.refuse("the pattern has more than one group; write (?:…) for the others")
    return count


def _refuse_empty_matches(call: Call) -> None:
    """The engines do not find the same matches of nothing between characters and at the end."""
    pattern = call.values[1].constant
    if not isinstance(pattern, str):
        return
    try:
        empty = any(not m[0] for s in ("", "a", " b_1\n") for m in re.finditer(pattern, s))
    except re.error:
        empty = re.search(r"[*?|^$]|\{0|\\b|\(\)", pattern, re.IGNORECASE) is not None
    if empty:
        raise call.refuse("a pattern that matches the empty text is not supported here; write + instead of *, and no ?")


def _python_pattern(call: Call) -> str:
    """The pattern for Python's engine. Raises: Refused, where the two engines may differ."""
    pattern = call.values[1]
    if pattern.type.kind == "NULL":
        return "NULL"
    _refuse_empty_matches(call)
    if (
        not isinstance(pattern.constant, str)
        or re.search(r"\\[pPCQzZA]|\[\[:|\(\?[^:P]|\(\?P[^<]|[*+?}]\+", pattern.constant)
        or "$" in pattern.constant
    ):
        raise call.refuse("with a position, this pattern is not supported here; apply the function to SUBSTR of the text")
    try:
        re.compile(pattern.constant)
    except re.error as e:
        raise call.refuse(f"cannot parse the pattern: {e}") from None
    return pattern.sql


def _search(s: str, pattern: str, position: int, occurrence: int) -> re.Match[str] | None:
    if position < 1 or occurrence < 1:
        raise ValueError("the position and the occurrence of a match must be positive")
    if position > max(1, len(s)):
        return None
    for match in re.compile(pattern, re.ASCII).finditer(s, position - 1):
        occurrence -= 1
        if not occurrence:
            return match
    return None


def _extract_at(s: str, pattern: str, position: int | None, occurrence: int | None) -> str | None:
    if s is None or pattern is None or position is None or occurrence is None:
        return None
    match = _search(s, pattern, position, occurrence)
    return match[match.re.groups] if match else None


def _instr_at(s: str, pattern: str, position: int, occurrence: int, after: int) -> int:
    if after not in (0, 1):
        raise ValueError("REGEXP_INSTR: the occurrence position is 0 or 1")
    match = _search(s, pattern, position, occurrence) if pattern else None
    return (match.end(match.re.groups) if after else match.start(match.re.groups)) + 1 if match else 0


python("bq_extract_at", _extract_at, "VARCHAR, VARCHAR, BIGINT, BIGINT", "VARCHAR", nulls=True)
python("bq_regexp_instr", _instr_at, "VARCHAR, VARCHAR, BIGINT, BIGINT, BIGINT", "BIGINT")
macro("bq_extract_match", "(s, p) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END")


def _extract(call: Call) -> Value:
    s, pattern, groups = call.values[0].sql, call.values[1].sql, _groups(call)
    if len(call.values) > 2:
        occurrence = call.values[3].sql if len(call.values) > 3 else "1::BIGINT"
        return Value(f"bq_extract_at({s}, {_python_pattern(call)}, {call.values[2].sql}, {occurrence})", STRING)
    return Value(f"regexp_extract_all({s}, {pattern}, 1)[1]" if groups else f"bq_extract_match({s}, {pattern})", STRING)


def _extract_all(call: Call) -> Value:
    s, pattern, groups = call.values[0].sql, call.values[1].sql, _groups(call)
    _refuse_empty_matches(call)
    if not groups:
        return Value(f"regexp_extract_all({s}, {pattern})", array_of(STRING))
    return Value(f"list_transform(regexp_extract_all({s}, {pattern}, 1), lambda m: coalesce(m, ''))", array_of(STRING))


def _replace(call: Call) -> Value:
    s, pattern, by = (v.sql for v in call.values)
    return Value(f"regexp_replace({s}, {pattern}, {by}, 'g')", STRING)


def _instr(call: Call) -> Value:
    _groups(call)
    given = [v.sql for v in call.values[2:]]
    places = ", ".join([*given, *["1::BIGINT", "1::BIGINT", "0::BIGINT"][len(given) :]])
    return Value(f"bq_regexp_instr({call.values[0].sql}, {_python_pattern(call)}, {places})", INT64)


function(
    "REGEXP_CONTAINS",
    ("STRING, STRING -> BOOL", "regexp_matches({0}, {1})"),
    topic=TOPIC,
    examples={
        "REGEXP_CONTAINS('foo@example.com', r'@[a-zA-Z0-9-]+\\.[a-zA-Z0-9-.]+')": True,
        "REGEXP_CONTAINS('www.example.net', r'@')": False,
        "REGEXP_CONTAINS('a', '(')": ERROR,
        "REGEXP_CONTAINS('a', NULL)": None,
    },
)
for _name in ("REGEXP_EXTRACT", "REGEXP_SUBSTR"):
    function(
        _name,
        ("STRING, STRING -> STRING", _extract),
        ("STRING, STRING, INT64[, INT64] -> STRING", _extract),
        topic=TOPIC,
        examples={
            f"{_name}('foo@example.com', r'^[a-zA-Z0-9_.+-]+')": "foo",
            f"{_name}('foo@example.com', r'@([a-z]+)')": "example",
            f"{_name}('ab', r'(x)?b')": None,
            f"{_name}('ab', 'x')": None,
            f"{_name}('Hello Helloo and Hellooo', 'H?ello+', 3)": "Helloo",
            f"{_name}('Hello Helloo and Hellooo', 'H?ello+', 1, 3)": "Hellooo",
            f"{_name}('ab', '(a)(b)')": ERROR,
            f"{_name}('ab', 'a', 0)": ERROR,
        },
    )
function(
    "REGEXP_EXTRACT_ALL",
    ("STRING, STRING -> ARRAY<STRING>", _extract_all),
    topic=TOPIC,
    examples={
        "REGEXP_EXTRACT_ALL('Try `func(x)` or `func(y)`', '`(.+?)`')": ["func(x)", "func(y)"],
        "REGEXP_EXTRACT_ALL('ab', 'x')": [],
        "REGEXP_EXTRACT_ALL('a1b2', '[a-z]')": ["a", "b"],
    },
)
function(
    "REGEXP_REPLACE",
    ("STRING, STRING, STRING -> STRING", _replace),
    topic=TOPIC,
    examples={
        "REGEXP_REPLACE('# Heading', r'^# ([a-zA-Z0-9\\s]+$)', r'<h1>\\1</h1>')": "<h1>Heading</h1>",
        "REGEXP_REPLACE('aba', 'a', '-')": "-b-",
        "REGEXP_REPLACE('a', 'a', r'\\x')": ERROR,
    },
)
function(
    "REGEXP_INSTR",
    ("STRING, STRING[, INT64, INT64, INT64] -> INT64", _instr),
    topic=TOPIC,
    examples={
        "REGEXP_INSTR('ab@cd-ef', '@[^-]*')": 3,
        "REGEXP_INSTR('a@cd-ef b@cd-ef', '@[^-]*', 1, 2)": 10,
        "REGEXP_INSTR('ab@cd-ef', '@[^-]*', 1, 1, 1)": 6,
        "REGEXP_INSTR('ab', 'x')": 0,
    },
)
