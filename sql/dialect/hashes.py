"""Hashes and encodings of bytes: MD5, SHA1, SHA256, SHA512, FARM_FINGERPRINT, TO_HEX, TO_BASE64 and their inverses."""

import base64
import binascii
import hashlib

from sql.dialect.casts import FORMATTED
from sql.dialect.farmhash import fingerprint
from sql.dialect.registry import ERROR, function
from sql.dialect.runtime import python
from sql.dialect.types import BYTES, STRING
from sql.dialect.values import Value, coerced

TOPIC = "hashes"


def _from_hex(s: str) -> bytes:
    try:
        return bytes.fromhex("0" + s if len(s) % 2 else s) if s.isalnum() or not s else _bad("hex")
    except ValueError:
        return _bad("hex")


def _from_base64(s: str) -> bytes:
    stripped = "".join(s.split()).rstrip("=")
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
python("bq_sha512", lambda b: hashlib.sha512(b).digest(), "BLOB", "BLOB")
python("bq_fingerprint", fingerprint, "BLOB", "BIGINT")

for _name, _sql, _value in (
    ("MD5", "unhex(md5({0}))", "900150983cd24fb0d6963f7d28e17f72"),
    ("SHA1", "unhex(sha1({0}))", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("SHA256", "unhex(sha256({0}))", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
):
    function(
        _name,
        ("STRING -> BYTES", _sql),
        ("BYTES -> BYTES", _sql),
        topic=TOPIC,
        examples={f"TO_HEX({_name}('abc'))": _value, f"TO_HEX({_name}(b'abc'))": _value},
    )
function(
    "SHA512",
    ("STRING -> BYTES", "bq_sha512(encode({0}))"),
    ("BYTES -> BYTES", "bq_sha512({0})"),
    topic=TOPIC,
    examples={"TO_HEX(SHA512('abc')) LIKE 'ddaf35a193617aba%'": True},
)
function(
    "FARM_FINGERPRINT",
    ("STRING -> INT64", "bq_fingerprint(encode({0}))"),
    ("BYTES -> INT64", "bq_fingerprint({0})"),
    topic=TOPIC,
    examples={
        "FARM_FINGERPRINT('1footrue')": -1541654101129638711,
        "FARM_FINGERPRINT('2applefalse')": 2794438866806483259,
        "FARM_FINGERPRINT('3true')": -4880158226897771312,
    },
)
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
