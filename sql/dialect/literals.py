"""Literals: numbers, strings, bytes."""

import math
import re
from decimal import Decimal

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.types import BYTES, FLOAT64, INT64, STRING
from gamebeam.sql.dialect.values import Value, text


def literal(node: exp.Literal) -> Value:
    return string(node.name) if node.is_string else number(node.name)


def string(value: str) -> Value:
    return Value(text(value), STRING, value, literal=True)


def number(value: str) -> Value:
    """An INT64, or a FLOAT64 where a point or an exponent is written. DuckDB would take 1 for 32 bits and 1.5 for a decimal."""
    if value.lstrip("-").isdigit():
        whole = int(value)
        if not -2**63 <= whole < 2**63:
            raise Refused(f"invalid integer literal: {value} is out of the range of INT64; use NUMERIC '{value}'")
        return Value(f"CAST({whole} AS BIGINT)", INT64, whole, literal=True)
    real = float(value)
    if math.isinf(real):
        raise Refused(f"invalid floating point literal: {value}")
    return Value(f"CAST({text(repr(real))} AS DOUBLE)", FLOAT64, Decimal(value), literal=True)


def byte_string(node: exp.ByteString) -> Value:
    data = bytes.fromhex(node.name)
    return Value(f"CAST({text(''.join(f'{chr(92)}x{b:02X}' for b in data))} AS BLOB)", BYTES, data, literal=True)


def unescaped(source: str) -> str | bytes:
    """The value of a string or bytes literal as it is written. Raises: ValueError, on an escape that BigQuery has not."""
    prefix = source[:len(source) - len(source.lstrip("rRbB"))].lower()
    body = source[len(prefix):]
    quotes = 3 if len(body) >= 6 and body[:3] in ('"""', "'''") else 1
    body = body[quotes:-quotes].replace("\r\n", "\n").replace("\r", "\n")
    if "r" in prefix:
        return body.encode() if "b" in prefix else body
    data, at = bytearray(), 0
    for escape in ESCAPE.finditer(body):
        data += body[at:escape.start()].encode("utf-8", "surrogateescape") + _escaped(escape[1], "b" in prefix)
        at = escape.end()
    data += body[at:].encode("utf-8", "surrogateescape")
    if "b" in prefix:
        return bytes(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("illegal escape sequence: a STRING must be valid UTF-8") from None


ESCAPE = re.compile(r"\\([xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.|$)", re.DOTALL)
SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "?": 63, '"': 34, "'": 39, "`": 96}


def _escaped(code: str, is_bytes: bool) -> bytes:
    if code in SIMPLE:
        return bytes([SIMPLE[code]])
    if len(code) == 3:
        number = int(code[1:], 16) if code[0] in "xX" else int(code, 8)
        return bytes([number]) if is_bytes else chr(number).encode()
    if len(code) > 3 and not is_bytes and not 0xD800 <= int(code[1:], 16) < 0xE000 and int(code[1:], 16) < 0x110000:
        return chr(int(code[1:], 16)).encode()
    raise ValueError(f"illegal escape sequence: \\{code}")
