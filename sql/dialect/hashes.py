"""Hashes and encodings of bytes: MD5, SHA1, SHA256, SHA512, FARM_FINGERPRINT, TO_HEX, TO_BASE64 and their inverses."""

import base64
import binascii
import hashlib

from sql.dialect.farmhash import fingerprint
from sql.dialect.registry import ERROR, function
from sql.dialect.runtime import python

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


python("bq_from_hex", _from_hex, "VARCHAR", "BLOB")
python("bq_from_base64", _from_base64, "VARCHAR", "BLOB")
python("bq_from_base32", _from_base32, "VARCHAR", "BLOB")
python("bq_to_base32", lambda b: base64.b32encode(b).decode(), "BLOB", "VARCHAR")
python("bq_sha512", lambda b: hashlib.sha512(b).digest(), "BLOB", "BLOB")
python("bq_fingerprint", fingerprint, "BLOB", "BIGINT")

for _name, _sql, _value in (("MD5", "unhex(md5({0}))", "900150983cd24fb0d6963f7d28e17f72"), ("SHA1", "unhex(sha1({0}))", "a9993e364706816aba3e25717850c26c9cd0d89d"),
                            ("SHA256", "unhex(sha256({0}))", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")):
    function(_name, ("STRING -> BYTES", _sql), ("BYTES -> BYTES", _sql), topic=TOPIC, examples={f"TO_HEX({_name}('abc'))": _value, f"TO_HEX({_name}(b'abc'))": _value})
function("SHA512", ("STRING -> BYTES", "bq_sha512(encode({0}))"), ("BYTES -> BYTES", "bq_sha512({0})"), topic=TOPIC,
         examples={"TO_HEX(SHA512('abc')) LIKE 'ddaf35a193617aba%'": True})
function("FARM_FINGERPRINT", ("STRING -> INT64", "bq_fingerprint(encode({0}))"), ("BYTES -> INT64", "bq_fingerprint({0})"), topic=TOPIC,
         examples={"FARM_FINGERPRINT('1footrue')": -1541654101129638711, "FARM_FINGERPRINT('2applefalse')": 2794438866806483259,
                   "FARM_FINGERPRINT('3true')": -4880158226897771312})
function("TO_HEX", ("BYTES -> STRING", "lower(hex({0}))"), topic=TOPIC, examples={"TO_HEX(b'\\x00\\xff')": "00ff"})
function("FROM_HEX", ("STRING -> BYTES", "bq_from_hex({0})"), topic=TOPIC, examples={"FROM_HEX('0AF')": b"\x00\xaf", "FROM_HEX('x')": ERROR})
function("TO_BASE64", ("BYTES -> STRING", "to_base64({0})"), topic=TOPIC, examples={"TO_BASE64(b'\\xff\\xe0')": "/+A="})
function("FROM_BASE64", ("STRING -> BYTES", "bq_from_base64({0})"), topic=TOPIC, examples={"FROM_BASE64('/+A=')": b"\xff\xe0", "FROM_BASE64('*')": ERROR})
function("TO_BASE32", ("BYTES -> STRING", "bq_to_base32({0})"), topic=TOPIC, examples={"TO_BASE32(b'abcde\\xff')": "MFRGGZDF74======"})
function("FROM_BASE32", ("STRING -> BYTES", "bq_from_base32({0})"), topic=TOPIC, examples={"FROM_BASE32('MFRGGZDF74======')": b"abcde\xff"})
