"""gamebeam tables load: what complete runs left in the archive, into BigQuery: repairs, replays, feeds, runs from before the tables."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from gamebeam.archive.manifest import Run, read_runs
from gamebeam.archive.reader import part_files, read_columns
from gamebeam.schemas.bigquery import RUN_MANIFESTS, Target, quoted, wanted_tables
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.feeds import feed_tables
from gamebeam.schemas.tables import Table, tables
from gamebeam.transforms.sinks.bigquery.append_rows import LOG, Appender, young
from gamebeam.transforms.sinks.bigquery.client import rest_client
from gamebeam.transforms.sinks.bigquery.publish_run import publish_run

ROWS_AT_ONCE = 20_000


def load_runs(archive: str, contract: Contract, target: Target) -> Iterator[tuple[Run, int]]:
    """(run, rows appended) of each run that BigQuery lacked. One that is stopped half-way is loaded again: views hide the copies."""
    there = {row.run_id: row.complete for row in rest_client(target.project).query(
        f"SELECT run_id, LOGICAL_OR(state = 'complete') AS complete FROM {quoted(target, RUN_MANIFESTS)} GROUP BY run_id").result()}
    appender = Appender(target, contract.name)
    for run in read_runs(archive):
        if run.state == "complete" and not there.get(run.run_id):
            by_itself = run.run_id in there  # a stream that repair declared ended: it has appended its rows
            known = () if by_itself else (*tables(contract).values(), *feed_tables(contract).values())
            appended = sum(_load(appender, archive, run, contract, table) for table in known)
            publish_run(target, contract.name, run)
            yield run, appended


def _load(appender: Appender, archive: str, run: Run, contract: Contract, table: Table) -> int:
    appended = 0
    for rows in _together(_read(archive, run, table)):
        for batch in young(wanted_tables(contract)[table.name], rows).combine_chunks().to_batches():
            refused = appender.append(table.name, batch)
            appended += batch.num_rows - len(refused)
            if refused:
                LOG.warning("%s: %d rows of run %s refused, such as: %s", table.name, len(refused), run.run_id, refused[0].why)
    return appended


def _read(archive: str, run: Run, table: Table) -> Iterator[pa.Table]:
    for path in part_files(archive, table, [run.run_id]):
        read = read_columns(path, table).cast(table.arrow)
        yield read.filter(pc.equal(read.column("run_id"), run.run_id))  # a file's name cannot always tell run r from run r-1


def _together(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Hourly files are many and small, and each append has a price of its own."""
    held: list[pa.Table] = []
    for part in parts:
        held.append(part)
        if sum(p.num_rows for p in held) >= ROWS_AT_ONCE:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)
