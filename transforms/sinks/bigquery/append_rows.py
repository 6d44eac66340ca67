"""Rows into BigQuery by the Storage Write API's default stream: at least once, typed as Arrow, bad rows told apart from good ones."""

import logging
import random
import time
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument, NotFound, ServiceUnavailable, from_grpc_status
from google.cloud.bigquery_storage_v1 import types

from gamebeam.schemas.bigquery import Target, WantedTable
from gamebeam.schemas.dates import DAY_MS
from gamebeam.transforms.sinks.bigquery.client import rest_client, write_client

REQUEST_BYTES, LARGEST = 4 << 20, 9 << 20  # of Arrow; BigQuery takes 10 MB
CALL_S, FIRST_PAUSE_S, LONGEST_PAUSE_S, LINE_S = 120, 0.5, 15, 60
GIVE_UP_S = 600  # then the bundle fails, and a runner that repeats bundles begins it again
LOG = logging.getLogger("gamebeam.tables")
LOG.setLevel(logging.WARNING)  # gamebeam run silences Beam's loggers, but not this one


class Rejected(NamedTuple):
    """A row that BigQuery refused, and its words."""

    row: pa.RecordBatch  # of one row
    why: str


class Appender:
    """Appends record batches to a game's tables. A refused request is tried again, whatever the reason: BigQuery is away, throttles,
    or lacks a table or a column, which a person mends. Single refused rows are returned, and the rest of their request lands.

    Every call begins with the schema: a table that has changed meets a new writer.
    """

    def __init__(self, target: Target, game: str, give_up_s: float = GIVE_UP_S):
        self.target, self.give_up_s = target, give_up_s
        self.client, self.rest = write_client(), rest_client(target.project)
        self.whole: set[tuple[str, ...]] = set()  # tables and columns, seen together
        self.mend = f"run: gamebeam tables apply --contract={game} --tables={target}"

    def append(self, table: str, rows: pa.RecordBatch) -> list[Rejected]:
        cut = list(in_requests(as_bigquery_takes(rows)))
        rejected = [Rejected(batch, f"{batch.nbytes} bytes: more than a request may have") for batch in cut if batch.nbytes > LARGEST]
        pending = [batch for batch in cut if batch.nbytes <= LARGEST]
        began, pause, next_line = time.monotonic(), FIRST_PAUSE_S, 0.0
        while pending:
            try:
                self._call(table, pending, rejected)
            except GoogleAPICallError as e:
                waited = time.monotonic() - began
                if waited >= self.give_up_s:
                    raise
                if waited >= next_line:
                    LOG.warning("%s: %s; trying again", self.target.table_id(table), self._what_to_do(e, table, rows.schema))
                    next_line = waited + LINE_S
                time.sleep(pause * random.uniform(0.5, 1))
                pause = min(2 * pause, LONGEST_PAUSE_S)
        return rejected

    def _call(self, table: str, pending: list[pa.RecordBatch], rejected: list[Rejected]) -> None:
        """Leaves in `pending` what is still to be appended."""
        path = f"projects/{self.target.project}/datasets/{self.target.dataset_of(table)}/tables/{table}/streams/_default"
        unanswered = len(pending)
        for response in self.client.append_rows(requests(path, tuple(pending)), retry=None, timeout=CALL_S):
            bad = {e.index: e.message for e in response.row_errors}
            if bad and not self._was_whole(table, pending[0].schema):
                return
            if response.error.code and not bad:
                raise from_grpc_status(response.error.code, response.error.message)
            batch, unanswered = pending.pop(0), unanswered - 1
            rejected += [Rejected(batch.slice(i, 1), why) for i, why in sorted(bad.items())]
            if bad and len(bad) < batch.num_rows:  # of such a request nothing has landed
                pending.append(batch.filter(pa.array([i not in bad for i in range(batch.num_rows)])))
        if unanswered:
            raise ServiceUnavailable("the connection was closed")

    def _was_whole(self, table: str, schema: pa.Schema) -> bool:
        """Whether the table had the columns before the request, not since: a refusal of rows counts from then on."""
        if lacking := self._lacking(table, schema):
            raise InvalidArgument(f"no such column: {', '.join(lacking)}")
        columns = (table, *schema.names)
        was_whole = columns in self.whole
        self.whole.add(columns)
        return was_whole

    def _lacking(self, table: str, schema: pa.Schema) -> list[str]:
        there = {f.name for f in self.rest.get_table(self.target.table_id(table)).schema}
        return [name for name in schema.names if name not in there]

    def _what_to_do(self, error: GoogleAPICallError, table: str, schema: pa.Schema) -> str:
        if isinstance(error, NotFound):
            return f"there is no such table; {self.mend}"
        try:
            lacking = self._lacking(table, schema) if isinstance(error, InvalidArgument) else []
        except GoogleAPICallError:
            lacking = []
        return f"it lacks {', '.join(lacking)}; {self.mend}" if lacking else error.message


def young(table: WantedTable, rows: pa.Table, now_ms: int | None = None) -> pa.Table:
    """Without rows whose partition has expired: BigQuery would drop them at once. The archive has them.

    A partition is a UTC day, and expires so many days after it began.
    """
    if table.partition is None or table.expiry_days is None:
        return rows
    today = (time.time_ns() // 1_000_000 if now_ms is None else now_ms) // DAY_MS
    oldest = (today - table.expiry_days + 1) * DAY_MS
    return rows.filter(pc.greater_equal(rows.column(table.partition), pa.scalar(oldest, pa.timestamp("ms", tz="UTC"))))


def requests(stream: str, batches: tuple[pa.RecordBatch, ...]) -> Iterator[types.AppendRowsRequest]:
    """The first names the schema."""
    for i, batch in enumerate(batches):
        rows = types.AppendRowsRequest.ArrowData(
            rows=types.ArrowRecordBatch(serialized_record_batch=batch.serialize().to_pybytes()))
        if i == 0:
            rows.writer_schema = types.ArrowSchema(serialized_schema=batch.schema.serialize().to_pybytes())
        yield types.AppendRowsRequest(write_stream=stream, arrow_rows=rows)


def in_requests(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    if rows.num_rows == 0:
        return
    if rows.num_rows == 1 or rows.nbytes <= REQUEST_BYTES:
        yield rows
        return
    half = rows.num_rows // 2
    yield from in_requests(rows.slice(0, half))
    yield from in_requests(rows.slice(half))


def as_bigquery_takes(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Times in microseconds; lists that are null as empty ones: a REPEATED column has no null."""
    schema = pa.schema([pa.field(f.name, _in_microseconds(f.type), f.nullable) for f in rows.schema])
    columns = [pc.coalesce(c, pa.scalar([], f.type)) if c.null_count and pa.types.is_list(f.type) else c
               for c, f in zip((c.cast(f.type) for c, f in zip(rows.columns, schema, strict=True)), schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _in_microseconds(t: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(t):
        return pa.timestamp("us", tz=t.tz)
    if pa.types.is_list(t):
        return pa.list_(_in_microseconds(t.value_type))
    if pa.types.is_struct(t):
        return pa.struct([pa.field(f.name, _in_microseconds(f.type), f.nullable) for f in t])
    return t
