"""FORMAT: a text with values in it, as printf makes one, and with %t and %T for values of any type."""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.casts.cast import cast
from gamebeam.sql.dialect.functions.times.formats import literal_format
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value, text

TOPIC = "strings"
LARGEST_WIDTH = 65_536

SPECIFIER = re.compile(r"%(?P<flags>[-+ #0']*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d+|\*))?(?P<letter>[A-Za-z%])")


def _number_text(written: str, flags: str, width: int, precision: int, letter: str) -> str:
    """A decimal number, or a whole one with flags, as C's printf writes it."""
    value = Decimal(written)
    if letter in "fF":
        digits = f"{value.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP, Context(prec=100)):f}"
    elif letter in "eE":
        digits = re.sub(r"[eE]([+-])(\d)$", rf"{letter}\g<1>0\2", f"{value:.{precision}{letter}}")
    else:
        digits = {"o": f"{int(value):o}", "x": f"{int(value):x}", "X": f"{int(value):X}"}.get(letter, f"{int(value)}")
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("+" if "+" in flags else " " if " " in flags else "", digits)
    if "'" in flags:
        whole, point, fraction = digits.partition(".")
        digits = f"{int(whole):,}{point}{fraction}" if letter in "dif" else digits
    if "#" in flags and letter in "oxX":
        digits = {"o": "0", "x": "0x", "X": "0X"}[letter] + digits
    if "-" in flags:
        return (sign + digits).ljust(width)
    return sign + digits.rjust(width - len(sign), "0") if "0" in flags else (sign + digits).rjust(width)


def _float_text(specifier: str, value: float) -> str:
    """A FLOAT64 as C's printf writes it, but without the sign of -0, and with no zeros before inf and nan."""
    if math.isfinite(value):
        return specifier % (value + 0.0)
    form = SPECIFIER.fullmatch(specifier)
    flags, width = (form["flags"], int(form["width"] or 0)) if form else ("", 0)
    sign = "" if math.isnan(value) or value < 0 else "+" if "+" in flags else " " if " " in flags else ""
    written = sign + (f"{value}".upper() if specifier[-1].isupper() else f"{value}")
    return written.ljust(width) if "-" in flags else written.rjust(width)


def _literal_text(s: str) -> str:
    """A STRING as BigQuery would read it."""
    quote = "'" if '"' in s and "'" not in s else '"'
    escaped = s.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return quote + "".join({"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c, c if c >= " " else f"\\x{ord(c):02x}") for c in escaped) + quote


python("bq_number_text", _number_text, "VARCHAR, VARCHAR, BIGINT, BIGINT, VARCHAR", "VARCHAR")
python("bq_float_text", _float_text, "VARCHAR, DOUBLE", "VARCHAR")
python("bq_literal_text", _literal_text, "VARCHAR", "VARCHAR")
macro(
    "bq_float_value",
    r"""(x) AS CASE WHEN regexp_full_match(bq_float_to_string(x), '-?[0-9]+') THEN bq_float_to_string(x) || '.0' ELSE
      bq_float_to_string(x) END""",
)
macro(
    "bq_float_literal",
    """(x) AS CASE WHEN isfinite(x) THEN bq_float_value(x) ELSE 'CAST("' || bq_float_to_string(x) || '" AS FLOAT64)' END""",
)
macro("bq_left_padded", "(s, n) AS CASE WHEN length(s) < n THEN lpad(s, n, ' ') ELSE s END")
macro("bq_right_padded", "(s, n) AS CASE WHEN length(s) < n THEN rpad(s, n, ' ') ELSE s END")
macro("bq_float_format", """(f, x) AS CASE WHEN isfinite(x) THEN printf(f, x + 0.0::DOUBLE) ELSE bq_float_to_string(x) END""")


def shown(call: Call, value: Value, literal: bool) -> str:
    """A value for %t, or as a literal for %T. Raises: Refused, for a type whose text is not known here."""
    kind = value.type.kind
    if kind == "NULL":
        return "'NULL'"
    if kind == "STRING":
        sql = f"bq_literal_text({value.sql})" if literal else value.sql
    elif kind == "FLOAT64":
        sql = f"bq_float_{'literal' if literal else 'value'}({value.sql})"
    elif kind in ("DATE", "DATETIME", "TIME", "TIMESTAMP", "NUMERIC"):
        plain = cast(value, STRING).sql
        sql = f"('{kind} \"' || {plain} || '\"')" if literal else plain
    elif kind in ("INT64", "BOOL"):
        sql = cast(value, STRING).sql
    elif kind == "ARRAY" and value.type.item:
        item = shown(call, Value("bq_item", value.type.item), literal)
        sql = f"('[' || array_to_string(list_transform({value.sql}, lambda bq_item: {item}), ', ') || ']')"
    else:
        raise call.refuse(f"shows no {value.type} here; use TO_JSON_STRING")
    return f"coalesce({sql}, 'NULL')"


def _specified(call: Call, m: re.Match[str], value: Value) -> str:
    letter, flags, kind = m["letter"], m["flags"], value.type.kind
    if m["width"] == "*" or m["precision"] == "*":
        raise call.refuse("a width or precision of * is not supported here; write the number")
    width, precision = int(m["width"] or 0), int(m["precision"]) if m["precision"] else None
    if max(width, precision or 0) > LARGEST_WIDTH:
        raise call.refuse(f"a width or precision above {LARGEST_WIDTH} is not supported here")
    if "'" in flags and letter not in "dif":
        raise call.refuse(f"{m[0]}: ' goes with %d, %i and %f here")
    if letter in "tTs":
        if letter == "s" and kind not in ("STRING", "NULL", "UNKNOWN"):
            raise call.refuse(f"%s takes a STRING, not {kind}; use %t")
        sql = value.sql if letter == "s" else shown(call, value, letter == "T")
        if set(flags) - {"-"}:
            raise call.refuse(f"{m[0]}: these flags are not supported here")
        sql = f"left({sql}, {precision})" if precision is not None else sql
        return f"bq_{'right' if '-' in flags else 'left'}_padded({sql}, {width})" if width else sql
    if letter in "dioxX":
        if kind not in ("INT64", "NULL", "UNKNOWN"):
            raise call.refuse(f"%{letter} takes an INT64, not {kind}")
        if precision is not None:
            raise call.refuse(f"{m[0]}: a precision of whole numbers is not supported here")
        if letter in "di" and not flags and not width:
            return f"CAST({value.sql} AS VARCHAR)"
        return f"bq_number_text(CAST({value.sql} AS VARCHAR), {text(flags)}, {width}, 0, '{letter}')"
    if letter in "fFeEgG":
        precision = 6 if precision is None else precision
        if kind == "NUMERIC" and letter in "fFeE":
            return f"bq_number_text(CAST({value.sql} AS VARCHAR), {text(flags)}, {width}, {precision}, '{letter}')"
        if kind not in ("FLOAT64", "NULL", "UNKNOWN"):
            raise call.refuse(f"%{letter} takes a FLOAT64 or NUMERIC, not {kind}; CAST it")
        if "'" in flags:
            return f"bq_number_text(bq_float_format('%.{precision}{letter}', {value.sql}), {text(flags)}, {width}, {precision}, '{letter}')"
        if flags or width:
            return f"bq_float_text({text(f'%{flags}{width or str()}.{precision}{letter}')}, {value.sql})"
        return f"bq_float_format('%.{precision}{letter}', {value.sql})"
    raise call.refuse(f"{m[0]} is not supported here; use %t, or TO_JSON_STRING")


def _format(call: Call) -> Value:
    format_ = literal_format(call)
    if format_ is None:
        return Value("CAST(NULL AS VARCHAR)", STRING)
    joined, at, used = [], 0, 1
    for match in SPECIFIER.finditer(format_):
        if "%" in format_[at : match.start()]:
            raise call.refuse(f"cannot read {format_!r}")
        joined += [text(format_[at : match.start()])] if match.start() > at else []
        at = match.end()
        if match["letter"] == "%":
            joined.append("'%'")
            continue
        if used >= len(call.values):
            raise call.refuse(f"needs a value for {match[0]}")
        joined.append(_specified(call, match, call.values[used]))
        used += 1
    if "%" in format_[at:] or used < len(call.values):
        raise call.refuse("has more values than specifiers" if used < len(call.values) else f"cannot read {format_!r}")
    joined += [text(format_[at:])] if format_[at:] or not joined else []
    return Value(f"({' || '.join(joined)})", STRING)


function(
    "FORMAT",
    ("STRING[, ANY] -> STRING", _format),
    ("STRING, ANY, ANY... -> STRING", _format),
    topic=TOPIC,
    note="the format is a literal",
    examples={
        "FORMAT('%d', 10)": "10",
        "FORMAT('%05d|%-5d|%+d', 42, 42, 42)": "00042|42   |+42",
        'FORMAT("%\'d", 123456789)': "123,456,789",
        "FORMAT('%.2f', 1.005)": "1.00",
        "FORMAT('%s %% %t %T', 'a', 1.0, 'b')": 'a % 1.0 "b"',
        "FORMAT('%t', [1, 2])": "[1, 2]",
        "FORMAT('%T', DATE '2015-09-01')": 'DATE "2015-09-01"',
        "FORMAT('%s', NULL)": None,
        "FORMAT('%t', NULL)": "NULL",
        "FORMAT('%x', 255)": "ff",
        "FORMAT('%10s|%-4s|%.2s', 'abc', 'abc', 'abc')": "       abc|abc |ab",
        "FORMAT('%d')": ERROR,
        "FORMAT('%d', 'a')": ERROR,
        "FORMAT('%f', NUMERIC '1.1')": "1.100000",
        "FORMAT('%e', 12345.678)": "1.234568e+04",
    },
)
