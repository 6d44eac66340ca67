"""Rows as Arrow: objects become columns once, and travel to files and tables as such."""

from collections.abc import Iterable, Sequence
from datetime import date

import lz4.frame
import pyarrow as pa
from msgspec.structs import astuple

from gamebeam.schemas.events import DEAD_LETTER, Item
from gamebeam.schemas.tables import Table

UNTHREADED = pa.ipc.IpcReadOptions(use_threads=False)  # waking the pool costs a millisecond a batch


def to_columns(table: Table, items: Sequence[Item], run_id: str) -> pa.RecordBatch:
    """Events or dead letters (structs with the table's fields) as one record batch."""
    given = {"run_id": run_id} if table.name == DEAD_LETTER else {"run_id": run_id, "event_type": table.name}
    schema = table.arrow
    columns = dict(zip(items[0].__struct_fields__, zip(*map(astuple, items), strict=True), strict=True))
    arrays = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name in given:
            arrays.append(pa.repeat(pa.scalar(given[name], kind), len(items)))
            continue
        values = list(columns[name])  # Arrow takes a list much faster than a tuple
        arrays.append(pa.array(list(map(_builtin, values)) if pa.types.is_nested(kind) else values, kind))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _builtin(value: object) -> object:
    """Arrow takes dicts for records, not msgspec's structs."""
    if isinstance(value, list):
        return [_builtin(v) for v in value]
    if hasattr(value, "__struct_fields__"):
        return {name: _builtin(getattr(value, name)) for name in value.__struct_fields__}
    return value


def serialize(batch: pa.RecordBatch) -> bytes:
    """Arrow's stream format, compressed as one frame: by column it costs many times more."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return lz4.frame.compress(sink.getvalue())


def deserialize(blobs: Iterable[bytes]) -> Iterable[pa.RecordBatch]:
    for blob in blobs:
        with pa.ipc.open_stream(lz4.frame.decompress(blob), options=UNTHREADED) as reader:
            yield from reader


def columns_of_rows(table: Table, rows: Sequence[tuple[object, ...]]) -> pa.RecordBatch:
    """Tuples in the order of the table's fields as one record batch. Dates come as text, as they crossed the shuffle."""
    arrays = []
    for values, kind in zip(map(list, zip(*rows, strict=True)), table.arrow.types, strict=True):
        if pa.types.is_date(kind):
            values = [date.fromisoformat(v) if isinstance(v, str) else v for v in values]
        arrays.append(pa.array(values, kind))
    return pa.RecordBatch.from_arrays(arrays, schema=table.arrow)
