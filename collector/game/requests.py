"""What a request says: fields from its query and body (a form or JSON), checked, and the headers that its event keeps."""

import json
from decimal import Context, Decimal, DecimalException, InvalidOperation, Overflow, Underflow
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from gamebeam.collector.body import read_body

MOST_BYTES = 65_536
BODY_S = 20.0  # for a body to come whole
LONGEST = 100  # bytes of any text: a full inventory must fit into a message
MOST_MONEY = 1_000_000_000
HEADERS = ("Host", "User-Agent", "Accept", "Content-Type", "Content-Length")  # no address, cookie or session: events are kept for ever


class BadRequest(ValueError):
    def __init__(self, field: str | None, what: str, status: int = 400):
        self.field, self.what, self.status = field, what, status
        super().__init__(what)


async def fields_of(request: Request) -> dict[str, object]:
    """Fields by name; clients of the write-ups post JSON as a form's content type too, so the first letter decides."""
    body = (await read_body(dict(request.scope["headers"]), request.receive, BODY_S)).strip()
    if len(body) > MOST_BYTES:
        raise BadRequest(None, f"more than {MOST_BYTES:,} bytes", 413)
    found: dict[str, object] = dict(request.query_params)
    if not body:
        return found
    try:
        if body[:1] != b"{":
            return found | dict(parse_qsl(body.decode(), keep_blank_values=True))
        return found | json.loads(body)
    except json.JSONDecodeError as e:
        raise BadRequest(None, f"not JSON at line {e.lineno}, column {e.colno}: {e.msg}") from None
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadRequest(None, "neither a form nor a JSON object in UTF-8") from None


def text(fields: dict[str, Any], *names: str, default: str | None = None) -> str:
    """The first of the names that is there, as text of 1 to 100 bytes; the default where none is."""
    name = next((n for n in names if n in fields), names[0])
    value = fields.get(name, default)
    if type(value) is int and abs(value) < 10**18:
        value = str(value)
    if value is None:
        raise BadRequest(name, "required, and missing")
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value.encode()) <= LONGEST:
        raise BadRequest(name, f"expected printable text of 1 to {LONGEST} bytes")
    return value


EXACT = Context(traps=[InvalidOperation, Overflow, Underflow])


def money(fields: dict[str, object], name: str, default: int | None = None) -> int:
    """An amount in millionths: 0 to a thousand million, as a number or as text, with at most six decimals."""
    value = fields.get(name, default)
    if value is None:
        raise BadRequest(name, "required, and missing")
    try:
        known = isinstance(value, int | float | str) and not isinstance(value, bool)
        amount = EXACT.multiply(Decimal(str(value)), Decimal(1_000_000)) if known else None
    except DecimalException:
        amount = None
    if amount is None or not amount.is_finite() or not 0 <= amount <= MOST_MONEY * 1_000_000 or amount != int(amount):
        raise BadRequest(name, f"expected an amount of 0 to {MOST_MONEY:,} with at most six decimals")
    return int(amount)


def count(fields: dict[str, object], *names: str, default: int, most: int) -> int:
    name = next((n for n in names if n in fields), names[0])
    value = str(fields.get(name, default))
    if not (value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= most):
        raise BadRequest(name, f"expected a whole number from 1 to {most:,}")
    return int(value)


def headers_of(request: Request) -> dict[str, str]:
    return {name: request.headers[name][:LONGEST] for name in HEADERS if name in request.headers}
