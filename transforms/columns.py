"""Rows as Arrow: objects become columns once, and travel to files and tables as such."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from schemas.tables import Table

OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def to_columns(table: Table, items: list[Any], run_id: str) -> pa.RecordBatch:
    """Events or dead letters (objects with the table's fields as attributes) as one record batch."""
    arrays = []
    for column in table.arrow:
        if column.name == "run_id":
            values: list[Any] = [run_id] * len(items)
        elif column.name == "event_type" and table.name != "dead_letter":
            values = [table.name] * len(items)
        else:
            values = [getattr(item, column.name) for item in items]
            if pa.types.is_nested(column.type):
                values = [_builtin(v) for v in values]
        arrays.append(pa.array(values, column.type))
    return pa.RecordBatch.from_arrays(arrays, schema=table.arrow)


def _builtin(value: Any) -> Any:
    """Arrow takes dicts for records, not msgspec's structs."""
    if isinstance(value, list):
        return [_builtin(v) for v in value]
    if hasattr(value, "__struct_fields__"):
        return {name: _builtin(getattr(value, name)) for name in value.__struct_fields__}
    return value


def serialize(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=OPTIONS) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def deserialize(blobs: Iterable[bytes]) -> Iterable[pa.RecordBatch]:
    for blob in blobs:
        with pa.ipc.open_stream(blob) as reader:
            yield from reader


def columns_of_rows(table: Table, rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    """Tuples in the order of the table's fields as one record batch."""
    arrays = [pa.array(values, t) for values, t in zip(zip(*rows, strict=True), table.arrow.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=table.arrow)
