"""Encodings of bytes as text: hexadecimal, base 64, base 32, and CAST … FORMAT of BYTES."""

import base64
import binascii

from gamebeam.sql.dialect.casts.table import FORMATTED
from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import BYTES, STRING
from gamebeam.sql.dialect.values import Value

TOPIC = "hashes"


def _from_hex(s: str) -> bytes:
    try:
        return bytes.fromhex("0" + s if len(s) % 2 else s) if s.isalnum() or not s else _bad("hex")
    except ValueError:
        return _bad("hex")


def _from_base64(s: str) -> bytes:
    stripped = "".join(s.split()).rstrip("=")
    if s and not stripped:
        return _bad("base64")
    try:
        return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True)
    except (binascii.Error, ValueError):
        return _bad("base64")


def _from_base32(s: str) -> bytes:
    stripped = "".join(s.split()).rstrip("=").upper()
    try:
        return base64.b32decode(stripped + "=" * (-len(stripped) % 8))
    except (binascii.Error, ValueError):
        return _bad("base32")


def _bad(encoding: str) -> bytes:
    raise ValueError(f"failed to decode invalid {encoding} string")


def _text_of(data: bytes, encoding: str) -> str:
    """CAST(bytes AS STRING FORMAT …)."""
    name = encoding.lower()
    if name in BITS:
        number, width = int.from_bytes(data), -(-len(data) * 8 // BITS[name])
        digits = "".join("0123456789abcdef"[number >> BITS[name] * i & (1 << BITS[name]) - 1] for i in reversed(range(width)))
        return digits
    match name:
        case "hex" | "base16":
            return data.hex()
        case "base32":
            return base64.b32encode(data).decode()
        case "base64":
            return base64.b64encode(data).decode()
        case "base64m":
            return "\n".join(base64.b64encode(data).decode()[i : i + 76] for i in range(0, -(-len(data) // 3) * 4, 76))
        case "ascii" | "utf-8" | "utf8":
            try:
                return data.decode("ascii" if name == "ascii" else "utf-8")
            except UnicodeDecodeError:
                return _bad(encoding).decode()
    raise ValueError(f"invalid format for a cast of BYTES: {encoding}")


def _bytes_of(s: str, encoding: str) -> bytes:
    """CAST(string AS BYTES FORMAT …)."""
    name = encoding.lower()
    if name in BITS:
        try:
            return int(s, 1 << BITS[name]).to_bytes(-(-len(s) * BITS[name] // 8) if BITS[name] != 3 else len(s) * 3 // 8) if s else b""
        except (ValueError, OverflowError):
            return _bad(encoding)
    match name:
        case "hex" | "base16":
            return _from_hex(s)
        case "base32":
            return _from_base32(s)
        case "base64" | "base64m":
            return _from_base64(s)
        case "ascii" if not s.isascii():
            return _bad(encoding)
        case "ascii" | "utf-8" | "utf8":
            return s.encode()
    raise ValueError(f"invalid format for a cast to BYTES: {encoding}")


BITS = {"base2": 1, "base8": 3}
python("bq_text_of", _text_of, "BLOB, VARCHAR", "VARCHAR")
python("bq_bytes_of", _bytes_of, "VARCHAR, VARCHAR", "BLOB")
FORMATTED["BYTES", "STRING"] = lambda value, form, zone: Value(f"bq_text_of({value.sql}, {coerced(form, STRING).sql})", STRING)
FORMATTED["STRING", "BYTES"] = lambda value, form, zone: Value(f"bq_bytes_of({value.sql}, {coerced(form, STRING).sql})", BYTES)

python("bq_from_hex", _from_hex, "VARCHAR", "BLOB")
python("bq_from_base64", _from_base64, "VARCHAR", "BLOB")
python("bq_from_base32", _from_base32, "VARCHAR", "BLOB")
python("bq_to_base32", lambda b: base64.b32encode(b).decode(), "BLOB", "VARCHAR")

function("TO_HEX", ("BYTES -> STRING", "lower(hex({0}))"), topic=TOPIC, examples={"TO_HEX(b'\\x00\\xff')": "00ff"})
function(
    "FROM_HEX", ("STRING -> BYTES", "bq_from_hex({0})"), topic=TOPIC, examples={"FROM_HEX('0AF')": b"\x00\xaf", "FROM_HEX('x')": ERROR}
)
function("TO_BASE64", ("BYTES -> STRING", "to_base64({0})"), topic=TOPIC, examples={"TO_BASE64(b'\\xff\\xe0')": "/+A="})
function(
    "FROM_BASE64",
    ("STRING -> BYTES", "bq_from_base64({0})"),
    topic=TOPIC,
    examples={"FROM_BASE64('/+A=')": b"\xff\xe0", "FROM_BASE64('*')": ERROR},
)
function("TO_BASE32", ("BYTES -> STRING", "bq_to_base32({0})"), topic=TOPIC, examples={"TO_BASE32(b'abcde\\xff')": "MFRGGZDF74======"})
function("FROM_BASE32", ("STRING -> BYTES", "bq_from_base32({0})"), topic=TOPIC, examples={"FROM_BASE32('MFRGGZDF74======')": b"abcde\xff"})
