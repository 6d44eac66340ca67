"""NUMERIC arithmetic that needs more than DuckDB's 38 digits on the way: decimals as text, nine digits after the point."""

import decimal
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

CONTEXT = decimal.Context(prec=90)
LARGEST = Decimal("99999999999999999999999999999.999999999")
UNIT = Decimal("0.000000001")


def rounded(value: Decimal) -> str:
    """A NUMERIC's text: halves away from zero. Raises: ValueError, outside NUMERIC's range."""
    result = value.quantize(UNIT, ROUND_HALF_UP, CONTEXT)
    if abs(result) > LARGEST:
        raise ValueError("numeric overflow")
    return format(result, "f")


def decimal_divide(a: str, b: str) -> str:
    if not Decimal(b):
        raise ValueError("division by zero")
    return rounded(CONTEXT.divide(Decimal(a), Decimal(b)))


def decimal_power(a: str, b: str) -> str:
    base, exponent = Decimal(a), Decimal(b)
    if not base and exponent < 0:
        raise ValueError("division by zero in POW")
    if base < 0 and exponent != exponent.to_integral_value():
        raise ValueError("POW of a negative number with a fraction as exponent")
    try:
        return rounded(CONTEXT.power(base, exponent) if base or exponent else Decimal(1))
    except decimal.DecimalException:
        raise ValueError("numeric overflow in POW") from None


def decimal_sqrt(a: str) -> str:
    if Decimal(a) < 0:
        raise ValueError("SQRT of a negative number")
    return rounded(CONTEXT.sqrt(Decimal(a)))


def decimal_exp(a: str) -> str:
    try:
        return rounded(CONTEXT.exp(Decimal(a)))
    except decimal.DecimalException:
        raise ValueError("numeric overflow in EXP") from None


def decimal_ln(a: str) -> str:
    return rounded(CONTEXT.ln(_positive(a, "LN")))


def decimal_log10(a: str) -> str:
    return rounded(CONTEXT.log10(_positive(a, "LOG10")))


def decimal_log(a: str, base: str) -> str:
    b = CONTEXT.ln(_positive(base, "LOG"))
    if not b:
        raise ValueError("LOG with base 1")
    return rounded(CONTEXT.divide(CONTEXT.ln(_positive(a, "LOG")), b))


def decimal_round(a: str, digits: int, mode: str) -> str:
    if mode not in ("ROUND_HALF_AWAY_FROM_ZERO", "ROUND_HALF_EVEN"):
        raise ValueError("ROUND: the mode is ROUND_HALF_AWAY_FROM_ZERO or ROUND_HALF_EVEN")
    return _at(a, digits, ROUND_HALF_EVEN if mode == "ROUND_HALF_EVEN" else ROUND_HALF_UP)


def decimal_trunc(a: str, digits: int) -> str:
    return _at(a, digits, ROUND_DOWN)


def _at(a: str, digits: int, mode: str) -> str:
    if digits >= 9:
        return a
    if digits < -30:
        return "0"
    return rounded(Decimal(a).quantize(Decimal(1).scaleb(-digits), mode, CONTEXT))


def _positive(a: str, name: str) -> Decimal:
    if Decimal(a) <= 0:
        raise ValueError(f"{name} of a number that is not positive")
    return Decimal(a)


def parse_decimal(s: str) -> str:
    """PARSE_NUMERIC: spaces anywhere but inside the number, commas between digits, a sign before or after."""
    form = re.fullmatch(r"\s*([+-])?\s*([0-9,]*)(\.[0-9]*)?([eE][+-]?[0-9]+)?\s*([+-])?\s*", s)
    if not form or (form[1] and form[5]) or not re.search("[0-9]", (form[2] or "") + (form[3] or "")):
        raise ValueError(f"invalid NUMERIC value: {s}")
    return rounded(Decimal(f"{form[1] or form[5] or ''}{form[2].replace(',', '') or '0'}{form[3] or ''}{form[4] or ''}"))
