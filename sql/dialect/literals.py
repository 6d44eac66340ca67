"""Literals: numbers, strings, bytes."""

import math

from sqlglot import exp

from sql.dialect.errors import Refused
from sql.dialect.types import BYTES, FLOAT64, INT64, STRING
from sql.dialect.values import Value, text


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
    return Value(f"CAST({text(repr(real))} AS DOUBLE)", FLOAT64, real, literal=True)


def byte_string(node: exp.ByteString) -> Value:
    data = byte_values(node.name)
    return Value(f"CAST({text(''.join(f'{chr(92)}x{b:02X}' for b in data))} AS BLOB)", BYTES, data, literal=True)


def byte_values(written: str) -> bytes:
    """The bytes of b'…', whose escapes the parser leaves."""
    return written.encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1", "replace")
