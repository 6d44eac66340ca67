"""gamebeam query."""

import sys
from pathlib import Path

import click

from gamebeam.pipeline.cli.options import ARCHIVE, AS_OF, ENV, READ_CONTRACT
from gamebeam.schemas.contract.contract import Contract


@click.command("query")
@click.argument("sql", required=False)
@ARCHIVE
@READ_CONTRACT
@click.option("--format", "form", default="table", show_default=True, type=click.Choice(["table", "csv", "json", "jsonl", "parquet"]),
              help="Form of the output; parquet needs --out.")
@click.option("--out", default="", metavar="FILE", show_default="stdout", help="File to write the output to.")
@AS_OF
@ENV
@click.option("--memory", default="", metavar="SIZE", show_default="DuckDB's",
              help="Most memory that the query may use, such as 2GB; it spills beyond.")
@click.option("--engine", default="duckdb", show_default=True, metavar="duckdb|bigquery",
              help="bigquery: run the query there, too, and compare the answers; exits 1 if they differ.")
@click.option("--tables", default="", metavar="bq://PROJECT.DATASET", show_default="none",
              help="With --engine=bigquery: the dataset of the views.")
@click.option("--unchecked", is_flag=True, show_default="off",
              help="Run functions that are not in the list of examined ones too, with a warning.")
def command(sql: str | None, archive: str, contract: str, form: str, out: str, as_of: str, env: str, memory: str,
            engine: str, tables: str, unchecked: bool) -> int:
    """Query an archive in BigQuery SQL.

    SQL is a statement, a FILE.sql, - for stdin, or the name of one of the game's questions. Without SQL a prompt opens.
    """
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.query import query, query_parquet

    if engine not in ("duckdb", "bigquery") or (engine == "duckdb" and tables):
        raise ValueError(f"--engine={engine}: use duckdb, or bigquery with --tables=bq://project.dataset")
    if form == "parquet" and not out:
        raise click.UsageError("--format=parquet needs --out=FILE.parquet")
    if sql is None:
        if not sys.stdin.isatty():
            raise click.UsageError("give SQL, or - to read it from stdin; a prompt needs a terminal")
        from gamebeam.pipeline.cli.prompt import prompt

        return prompt(contract_to_read(archive, contract), archive, form, as_of, env, memory)
    text = sys.stdin.read() if sql == "-" else sql
    unexamined: list[str] | None = [] if unchecked else None
    found = contract_to_read(archive, contract)
    if engine == "bigquery":
        return _on_both(found, archive, text, tables, as_of, env, memory, unexamined)
    if form == "parquet":
        Path(out).write_bytes(query_parquet(found, archive, text, as_of, env, memory, unexamined))
    else:
        answer = query(found, archive, text, form, as_of, env, memory, unexamined)
        if out:
            Path(out).write_text(answer, newline="")
        else:
            print(answer, end="")
    _warn_of(unexamined)
    return 0


def _warn_of(unexamined: list[str] | None) -> None:
    if unexamined:
        names = ", ".join(sorted(set(unexamined)))
        print(f"gamebeam query: not in the list of examined functions, so BigQuery may answer otherwise: {names}", file=sys.stderr)


def _on_both(contract: Contract, archive: str, text: str, tables: str, as_of: str, env: str, memory: str,
             unexamined: list[str] | None) -> int:
    """Compare DuckDB's answer with BigQuery's; 1 if they differ."""
    from gamebeam.schemas.bigquery import parse_target
    from gamebeam.sql.query import against_bigquery
    from gamebeam.transforms.sinks.bigquery.client import rest_client

    target = parse_target(tables)
    comparison = against_bigquery(contract, archive, text, rest_client(target.project), f"{target.project}.{target.dataset}", as_of,
                                  env, memory, unexamined)
    _warn_of(unexamined)
    print(comparison.text, end="")
    return 0 if comparison.equal else 1
