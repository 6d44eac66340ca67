"""gamebeam tables plan, apply, load."""

import sys
from typing import TYPE_CHECKING

import click

from gamebeam.pipeline.cli.options import ARCHIVE, READ_CONTRACT, TABLES

if TYPE_CHECKING:
    from gamebeam.schemas.bigquery import Target
    from gamebeam.schemas.contract.contract import Contract

CONTRACT = click.option("--contract", required=True, metavar="NAME|FOLDER", help="Contract whose tables and views are planned.")
LOCATION = click.option("--location", default="", show_default="BigQuery's default", help="Location of a new dataset, such as EU.")
POLICY_TAG = click.option("--policy_tag", default="", metavar="NAME", show_default="none",
                          help="Policy tag for columns that the contract marks with pii.")


@click.group("tables")
def command() -> None:
    """Plan, create and load BigQuery tables and views, from the contract."""


@command.command("plan")
@CONTRACT
@TABLES
@LOCATION
@POLICY_TAG
@click.option("--offline", is_flag=True, show_default="off", help="Do not ask BigQuery what is there: print the DDL of an empty dataset.")
def plan(contract: str, tables: str, location: str, policy_tag: str, offline: bool) -> None:
    """Print the DDL that brings the dataset to the contract. Nothing is changed."""
    _plan(contract, tables, location, policy_tag, apply=False, offline=offline)


@command.command("apply")
@CONTRACT
@TABLES
@LOCATION
@POLICY_TAG
def apply(contract: str, tables: str, location: str, policy_tag: str) -> None:
    """Print the DDL that brings the dataset to the contract, and run it."""
    _plan(contract, tables, location, policy_tag, apply=True, offline=False)


@command.command("load")
@ARCHIVE
@READ_CONTRACT
@TABLES
def load(archive: str, contract: str, tables: str) -> None:
    """Load what complete runs left in the archive, and the tables lack: repairs, replays, feeds, earlier runs."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.schemas.bigquery import parse_target
    from gamebeam.transforms.sinks.bigquery.load_runs import load_runs

    for run, rows in load_runs(archive, contract_to_read(archive, contract), parse_target(tables)):
        print(f"run {run.run_id}: {rows:,} rows")


def _plan(contract: str, tables: str, location: str, policy_tag: str, *, apply: bool, offline: bool) -> None:
    from gamebeam.schemas.bigquery import parse_target
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.sql.bigquery import bigquery_views

    loaded, target = load_contract(contract), parse_target(tables)
    if offline:
        _print_ddl(loaded, target, location)
        return
    from gamebeam.transforms.sinks.bigquery.client import NoCredentials, rest_client
    from gamebeam.transforms.sinks.bigquery.plan_tables import apply_tables, plan_tables
    from gamebeam.transforms.sinks.bigquery.policy_tags import plan_tags, require_tag, tag_columns

    tag = require_tag(policy_tag)
    try:
        client = rest_client(target.project)
    except NoCredentials as e:
        if apply:
            raise
        print(f"gamebeam tables: {e}; this is the DDL of an empty dataset, as with --offline", file=sys.stderr)
        _print_ddl(loaded, target, location)
        return
    statements = plan_tables(client, target, loaded, bigquery_views(loaded, target), location)
    tags = plan_tags(client, target, loaded, tag) if tag else []
    print("".join(f"{statement};\n\n" for statement in statements) + "".join(f"{tag}\n\n" for tag in tags), end="")
    if apply:
        apply_tables(client, statements, location)
        tag_columns(client, tags)
    done = "applied" if apply else "to apply"
    counted = f"{len(statements)} statements{f' and {len(tags)} tables to tag' if tags else ''} {done}"
    print(f"{target}: " + (counted if statements or tags else "nothing to do"), file=sys.stderr)


def _print_ddl(contract: "Contract", target: "Target", location: str) -> None:
    """Print what creates every table and view in a project that has none of the datasets. Asks nobody."""
    from gamebeam.schemas.bigquery import create_dataset, create_table, wanted_tables
    from gamebeam.sql.bigquery import bigquery_views

    statements = [create_dataset(target, name, contract.name, location) for name in target.datasets]
    statements += [create_table(target, table, contract.name) for table in wanted_tables(contract).values()]
    statements += [view.ddl for view in bigquery_views(contract, target)]
    print("".join(f"{statement};\n\n" for statement in statements), end="")
    print(f"{target}: {len(statements)} statements, if nothing is there yet", file=sys.stderr)
