"""gamebeam tables load: what complete runs left in the archive, into BigQuery: repairs, replays, feeds, runs from before the tables."""

from collections.abc import Iterator

import pyarrow.compute as pc

from schemas.bigquery import RUN_MANIFESTS, Target, quoted, wanted_tables
from schemas.contract import Contract
from schemas.feeds import feed_tables
from schemas.tables import Table, tables
from transforms.append_rows import LOG, Appender, young
from transforms.bigquery_client import rest_client
from transforms.publish_run import publish_run
from transforms.read_archive import part_files, read_columns
from transforms.runs import Run, read_runs


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
    for paths in part_files(archive, table, "*", [run.run_id]).values():
        for path in paths:
            read = read_columns(path, table).cast(table.arrow)
            rows = read.filter(pc.equal(read.column("run_id"), run.run_id))  # names of files of batch-1 begin as those of batch-1-2
            for batch in young(wanted_tables(contract)[table.name], rows).combine_chunks().to_batches():
                refused = appender.append(table.name, batch)
                appended += batch.num_rows - len(refused)
                if refused:
                    LOG.warning("%s: %d rows of %s refused, such as: %s", table.name, len(refused), path, refused[0].why)
    return appended
