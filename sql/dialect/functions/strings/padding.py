"""TRIM, LTRIM, RTRIM, LPAD and RPAD."""

from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python

TOPIC = "strings"

SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
_SPACES_SQL = " || ".join(f"chr({ord(c)})" for c in SPACES)

macro("bq_spaces", f"() AS {_SPACES_SQL}")

macro("bq_within_limit", """(n, name) AS CASE WHEN n < 0 OR n > 1048576 THEN bq_fail(name || ': a length that is negative or above 1 MB')
      ELSE n END""")

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
