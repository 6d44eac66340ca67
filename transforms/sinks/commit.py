"""Commit: a batch run's manifest, written by the job itself, where no process waits for its end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import apache_beam as beam
from msgspec.structs import replace

from gamebeam.archive.manifest import Run, now
from gamebeam.archive.overlap import commit_run


@dataclass
class Commit(beam.PTransform[beam.PCollection[tuple[str, int]], beam.PCollection[str]]):
    """(table, rows) of every file -> the run's id, once its manifest says complete: one atomic write, after the last file."""

    archive: str
    run: Run
    publish: Callable[[Run], None]  # to BigQuery, first: a run that is killed here is done again, and shows in both or in none

    def expand(self, written: beam.PCollection[tuple[str, int]]) -> beam.PCollection[str]:
        return (written
                | "RowsByTable" >> beam.CombinePerKey(sum)
                | "AllTables" >> beam.combiners.ToList()
                | "WriteManifest" >> beam.Map(self._commit))

    def _commit(self, rows: Iterable[tuple[str, int]]) -> str:
        commit_run(self.archive, replace(self.run, rows=dict(rows), state="complete", finished=now()), self.publish)
        return self.run.run_id
