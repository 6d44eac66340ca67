"""Messages: raw payloads as they came from a source, many to an element."""


import apache_beam as beam
import msgspec


class Messages(msgspec.Struct, gc=False):
    """Payloads of one source, in the order in which they stood there.

    arrivals: ms per payload, from the broker; None for a plain file.
    ids: the broker's message ids; of a file without them, the place where each message begins; None where there is neither.
    first: whether these are the first of their source (file).
    """

    source: str
    payloads: list[bytes]
    arrivals: list[int] | None = None
    ids: list[str] | None = None
    first: bool = False


class MessagesCoder(beam.coders.Coder):
    def encode(self, value: Messages) -> bytes:
        return _ENCODER.encode(value)

    def decode(self, encoded: bytes) -> Messages:
        return _DECODER.decode(encoded)

    def estimate_size(self, value: Messages) -> int:
        return 300 * len(value.payloads)

    def is_deterministic(self) -> bool:
        return True

    def to_type_hint(self) -> type[Messages]:
        return Messages


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Messages)
beam.coders.registry.register_coder(Messages, MessagesCoder)
