"""The job's side of BigQuery: are its tables there, and which runs count."""

from gamebeam.archive.manifest import Run, RunError
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.bigquery import Target, parse_target
from gamebeam.schemas.contract.contract import Contract


class Warehouse:
    """target: None where the job writes no tables; then nothing is done."""

    def __init__(self, target: Target | None, contract: Contract):
        self.target, self.contract = target, contract

    def publish(self, run: Run) -> None:
        """From here on the views of BigQuery read what the run wrote, if its state lets them."""
        if self.target:
            from gamebeam.transforms.sinks.bigquery.publish_run import publish_run

            publish_run(self.target, self.contract.name, run)


def open_warehouse(options: JobOptions, contract: Contract) -> Warehouse:
    """The tables of --tables, if it is given; refused unless all of them are there."""
    if not options.tables:
        return Warehouse(None, contract)
    from gamebeam.transforms.sinks.bigquery.client import rest_client
    from gamebeam.transforms.sinks.bigquery.plan_tables import missing_tables

    target = parse_target(options.tables)
    if missing := missing_tables(rest_client(target.project), target, contract):
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        apply = f"gamebeam tables apply --contract={options.contract or '…'} --tables={target}"
        raise RunError(f"{target}: no table {missing[0]}{more}; run: {apply}")
    return Warehouse(target, contract)
