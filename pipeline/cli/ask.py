"""gamebeam query, report, serve, feeds, check, views, cost: what people ask of an archive, and what is laid beside it."""

import sys
from argparse import Namespace

from gamebeam.pipeline.cli.flags import Flags
from gamebeam.schemas.printable import printable_lines


def query_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.query import query

    args = Flags("query", ("sql", "SQL text, a .sql file, or the name of one of the game's questions")).add(
        ("--contract", ""), ("--archive", None), ("--format", "table"), ("--as-of", ""), ("--env", "live"), ("--memory", ""),
        ("--engine", "duckdb"), ("--tables", "")).parse(argv)
    if args.engine == "bigquery":
        return _query_on_both(args)
    if args.engine != "duckdb" or args.tables:
        raise ValueError(f"--engine={args.engine}: use duckdb, or bigquery with --tables=bq://project.dataset")
    print(query(contract_to_read(args.archive, args.contract), args.archive, args.sql, args.format, args.as_of, args.env, args.memory))
    return 0


def _query_on_both(args: Namespace) -> int:
    """Exit code 1 if BigQuery's answer is another than DuckDB's."""
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.schemas.bigquery import parse_target
    from gamebeam.sql.query import against_bigquery
    from gamebeam.transforms.sinks.bigquery.client import rest_client

    target = parse_target(args.tables)
    comparison = against_bigquery(contract_to_read(args.archive, args.contract), args.archive, args.sql,
                                  rest_client(target.project), f"{target.project}.{target.dataset}", args.as_of, args.env, args.memory)
    print(comparison.text, end="")
    return 0 if comparison.equal else 1


def report_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.reports.report import report

    args = Flags("report").add(("--contract", ""), ("--archive", None), ("--out", "report.html"), ("--also", ""),
                                 ("--as-of", ""), ("--env", "live")).parse(argv)
    for path in report(contract_to_read(args.archive, args.contract), args.archive, args.out, args.also, args.as_of, args.env):
        print(path)
    return 0


def serve_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.reports.serve import is_loopback, serve

    args = Flags("serve").add(("--contract", ""), ("--archive", None), ("--host", "127.0.0.1"), ("--port", 8000),
                                ("--env", "live")).parse(argv)
    contract = contract_to_read(args.archive, args.contract)
    print(f"http://{args.host}:{args.port}/", flush=True)
    if not is_loopback(args.host):
        print(f"gamebeam serve: {args.host} is not loopback, and nobody is asked for a password", file=sys.stderr)
    serve(contract, args.archive, args.host, args.port, args.env)
    return 0


def feeds_command(argv: list[str]) -> int:
    from gamebeam.archive.contract_file import accepted_contract, store_contract
    from gamebeam.feeds.drop import declared, run, watch
    from gamebeam.pipeline.archive_contract import given_contract
    from gamebeam.pipeline.watch import signals
    from gamebeam.transforms.sources.uri import seconds

    if argv[:1] not in (["run"], ["watch"]):
        print("usage: gamebeam feeds run|watch --drop=FOLDER --archive=… [--contract=…] [--still=30s] [--again, of run]", file=sys.stderr)
        return 2
    flags = Flags(f"feeds {argv[0]}").add(("--contract", ""), ("--archive", None), ("--drop", None))
    if argv[0] == "run":
        flags.parser.add_argument("--again", action="store_true", help="load once more, as of now, files that were loaded before")
    flags.parser.add_argument("--still", default="30s", help="a file is read once nothing was written to it for so long")
    args = flags.parse(argv[1:])
    contract, still_s = accepted_contract(args.archive, given_contract(args.contract)), seconds("gamebeam feeds", "--still", args.still)
    declared(contract)
    store_contract(args.archive, contract)
    if argv[0] == "run":
        for line in run(contract, args.archive, args.drop, still_s, args.again):
            print(printable_lines(line), flush=True)
        return 0
    with signals() as came:  # Ctrl-C is how a watch ends: after the files that it has begun
        for line in watch(contract, args.archive, args.drop, still_s, stop=lambda: bool(came)):
            print(printable_lines(line), flush=True)
    return 0


def check_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.check import compare_answers, report

    args = Flags("check").add(("--contract", ""), ("--archive", None), ("--answers", None)).parse(argv)
    comparison = compare_answers(contract_to_read(args.archive, args.contract), args.archive, args.answers)
    print(printable_lines(report(comparison)), end="")
    return 1 if comparison.differences else 0


def views_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.border import border_script

    args = Flags("views").add(("--contract", ""), ("--archive", None), ("--dataset", None), ("--since", "")).parse(argv)
    print(border_script(contract_to_read(args.archive, args.contract), args.dataset, args.archive, args.since or None), end="")
    return 0


def cost_command(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.sql.scanned import cost_of_a_day

    args = Flags("cost").add(("--contract", ""), ("--archive", None), ("--date", None), ("--format", "table")).parse(argv)
    print(cost_of_a_day(contract_to_read(args.archive, args.contract), args.archive, args.date, args.format))
    return 0
