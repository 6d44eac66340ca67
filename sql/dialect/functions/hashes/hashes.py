"""MD5, SHA1, SHA256, SHA512 and FARM_FINGERPRINT."""

import hashlib

from gamebeam.sql.dialect.functions.hashes.farmhash import fingerprint
from gamebeam.sql.dialect.registry import function
from gamebeam.sql.dialect.runtime import python

TOPIC = "hashes"

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
