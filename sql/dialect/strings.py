"""Strings and bytes: parts, search, padding, case, code points, normal forms."""

import unicodedata
from typing import Literal

from sql.dialect.calls import Call
from sql.dialect.casts import cast
from sql.dialect.registry import ERROR, function, hint, special
from sql.dialect.runtime import macro, python
from sql.dialect.types import BOOL, BYTES, STRING
from sql.dialect.values import Value

TOPIC = "strings"
SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
_SPACES_SQL = " || ".join(f"chr({ord(c)})" for c in SPACES)

macro("bq_spaces", f"() AS {_SPACES_SQL}")
macro("bq_ascii_only", "(s) AS strlen(s) = length(s)")
macro("bq_not_negative", """(n, name) AS CASE WHEN n < 0 THEN bq_fail(name || ': a negative number') WHEN n > 2147483647 THEN 2147483647
      ELSE n END""")
macro("bq_within_limit", """(n, name) AS CASE WHEN n < 0 OR n > 1048576 THEN bq_fail(name || ': a length that is negative or above 1 MB')
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
macro("bq_right_slice", "(b, n) AS CASE WHEN n = 0 THEN ''::BLOB ELSE bq_slice(b, -n) END")
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

# lengths
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
    topic=TOPIC,
    examples={"UPPER('bar')": "BAR", "UPPER('straße')": "STRASSE", "UPPER(b'a\\xe9')": b"A\xe9"},
)
function(
    "LOWER",
    ("STRING -> STRING", "bq_lower({0})"),
    ("BYTES -> BYTES", "bq_bytes_lower({0})"),
    topic=TOPIC,
    examples={"LOWER('FOO')": "foo", "LOWER('ÄB')": "äb", "LOWER(b'FOO')": b"foo"},
)


def _initcap(s: str, delimiters: str) -> str:
    words, start = [], True
    for c in s:
        words.append((c.upper() if len(c.upper()) == 1 else c.title()) if start else c.lower())
        start = c in delimiters
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

# search
python("bq_bytes_find", lambda b, part: b.find(part) + 1, "BLOB, BLOB", "BIGINT")


def _instr(s: str, part: str, position: int, occurrence: int) -> int:
    if position == 0 or occurrence < 1:
        raise ValueError("INSTR: the position cannot be 0, and the occurrence must be positive")
    if abs(position) > len(s):
        return 0
    last = len(s) - len(part)
    starts = range(position - 1, last + 1) if position > 0 else range(min(len(s) + position, last), -1, -1)
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
    topic=TOPIC,
    examples={"STARTS_WITH('bar', 'b')": True, "STARTS_WITH('bar', '')": True, "STARTS_WITH(b'bar', b'x')": False},
)
function(
    "ENDS_WITH",
    ("STRING, STRING -> BOOL", "suffix({0}, {1})"),
    ("BYTES, BYTES -> BOOL", "bq_bytes_end({0}, {1})"),
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

# change
python("bq_bytes_replace", lambda b, old, new: b.replace(old, new) if old else b, "BLOB, BLOB, BLOB", "BLOB")
function(
    "REPLACE",
    ("STRING, STRING, STRING -> STRING", "replace({args})"),
    ("BYTES, BYTES, BYTES -> BYTES", "bq_bytes_replace({args})"),
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

# trimming and padding
python("bq_bytes_trim", lambda b, these: b.strip(these), "BLOB, BLOB", "BLOB")
python("bq_bytes_ltrim", lambda b, these: b.lstrip(these), "BLOB, BLOB", "BLOB")
python("bq_bytes_rtrim", lambda b, these: b.rstrip(these), "BLOB, BLOB", "BLOB")
for _name, _value in (("TRIM", "apple"), ("LTRIM", "apple   "), ("RTRIM", "   apple")):
    function(
        _name,
        ("STRING -> STRING", f"{_name.lower()}({{0}}, bq_spaces())"),
        ("STRING, STRING -> STRING", f"{_name.lower()}({{0}}, {{1}})"),
        ("BYTES, BYTES -> BYTES", f"bq_bytes_{_name.lower()}({{0}}, {{1}})"),
        topic=TOPIC,
        examples={
            f"{_name}('   apple   ')": _value,
            f"{_name}('***apple***', '*')": _value.replace(" ", "*"),
            f"{_name}('\\t\\u3000a')": "a" if _name != "RTRIM" else "\t\u3000a",
            f"{_name}(b'xax', b'x')": {"TRIM": b"a", "LTRIM": b"ax", "RTRIM": b"xa"}[_name],
        },
    )
macro("bq_padding", "(pad, name) AS CASE WHEN pad = '' THEN bq_fail_text(name || ': the pattern is empty') ELSE pad END")
macro(
    "bq_padding_bytes",
    "(pad, name) AS CASE WHEN pad = ''::BLOB THEN bq_fail_text(name || ': the pattern is empty') ELSE hex(pad) END",
)
for _name, _padded in (("LPAD", "??abc"), ("RPAD", "abc??")):
    _pad = _name.lower()
    macro(f"bq_{_pad}", f"(s, n, pad) AS {_pad}(s, CAST(bq_within_limit(n, '{_name}') AS INTEGER), bq_padding(pad, '{_name}'))")
    macro(
        f"bq_{_pad}_bytes",
        f"(b, n, pad) AS unhex({_pad}(hex(b), CAST(bq_within_limit(n, '{_name}') AS INTEGER) * 2, bq_padding_bytes(pad, '{_name}')))",
    )
    function(
        _name,
        ("STRING, INT64 -> STRING", f"bq_{_pad}({{0}}, {{1}}, ' ')"),
        ("STRING, INT64, STRING -> STRING", f"bq_{_pad}({{args}})"),
        ("BYTES, INT64 -> BYTES", f"bq_{_pad}_bytes({{0}}, {{1}}, ' '::BLOB)"),
        ("BYTES, INT64, BYTES -> BYTES", f"bq_{_pad}_bytes({{args}})"),
        topic=TOPIC,
        examples={
            f"{_name}('abc', 5, '?')": _padded,
            f"{_name}('abcdef', 3)": "abc",
            f"{_name}('a', -1)": ERROR,
            f"{_name}('a', 3, '')": ERROR,
            f"{_name}(b'abc', 5, b'?')": _padded.encode(),
        },
    )

# joining and splitting
macro("bq_split", "(s, delimiter) AS CASE WHEN delimiter IS NOT NULL THEN string_split(s, delimiter) END")
python("bq_bytes_split", lambda b, by: b.split(by) if by else [bytes([c]) for c in b] or [b""], "BLOB, BLOB", "BLOB[]")
function(
    "SPLIT",
    ("STRING -> ARRAY<STRING>", "string_split({0}, ',')"),
    ("STRING, STRING -> ARRAY<STRING>", "bq_split({0}, {1})"),
    ("BYTES, BYTES -> ARRAY<BYTES>", "bq_bytes_split({0}, {1})"),
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

# code points
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

# normal forms and distances
FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def _normalize(fold: bool):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        form = call.nodes[1].name.upper() if len(call.nodes) == 2 else "NFC"
        if form not in FORMS or len(call.nodes) > 2:
            raise call.refuse(f"takes a STRING and one of {', '.join(FORMS)}")
        value = call.value(0)
        if value.type.kind not in ("STRING", "NULL", "UNKNOWN"):
            raise call.refuse(f"takes a STRING, not {value.type}")
        return Value(f"bq_normal_form({value.sql}, '{form}', {'true' if fold else 'false'})", STRING)

    return translate


def _normal_form(s: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"], fold: bool) -> str:
    once = unicodedata.normalize(form, s)
    return unicodedata.normalize(form, once.casefold()) if fold else once


python("bq_normal_form", _normal_form, "VARCHAR, VARCHAR, BOOLEAN", "VARCHAR")
special(
    "NORMALIZE",
    "STRING[, NFC, NFD, NFKC or NFKD] -> STRING",
    _normalize(False),
    topic=TOPIC,
    examples={"NORMALIZE('\\u00ea') = NORMALIZE('\\u0065\\u0302')": True, "NORMALIZE('\\u2168', NFKC)": "IX"},
)
special(
    "NORMALIZE_AND_CASEFOLD",
    "STRING[, NFC, NFD, NFKC or NFKD] -> STRING",
    _normalize(True),
    topic=TOPIC,
    examples={"NORMALIZE_AND_CASEFOLD('The Red BARN')": "the red barn"},
)


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
    from sqlglot import exp

    from sql.dialect.types import INT64

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
hint("COLLATE", "compare LOWER() of both, or NORMALIZE_AND_CASEFOLD()")
