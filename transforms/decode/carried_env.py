"""The env of the sender's API key behind a message that cannot hold it, such as one that is no JSON object.

The front door appends ASCII's record separator and a JSON object. No JSON holds that character unescaped, so nothing is ambiguous.
"""

import msgspec

SEPARATOR = b"\x1e"
LONGEST = 300  # bytes that the front door appends; more was behind a separator of the client's own


class _Carried(msgspec.Struct):
    env: str


_DECODER = msgspec.json.Decoder(_Carried)


def with_env(payload: bytes, env: str) -> bytes:
    """Return the payload with the env behind it."""
    return payload + SEPARATOR + msgspec.json.encode(_Carried(env))


def split_env(payload: bytes) -> tuple[bytes, str | None]:
    """Return (the payload as the client sent it, the env that the front door appended or None)."""
    before, separator, carried = payload.rpartition(SEPARATOR)
    if not separator or len(carried) > LONGEST:
        return payload, None
    try:
        return before, _DECODER.decode(carried).env
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload, None
