"""gamebeam contract, tables: a game's contract, and BigQuery's tables made from it."""

import sys
from pathlib import Path

from gamebeam.pipeline.cli.flags import Flags


def contract_command(argv: list[str]) -> int:
    from gamebeam.schemas.contract.contract import load_contract

    usage = "usage: gamebeam contract check PATH | infer SAMPLE.jsonl --out DIR | docs [PATH] [--archive=…] | diff OLD NEW"
    match argv:
        case ["check", path]:
            from gamebeam.sql.check_sql import check_sql
            from gamebeam.transforms.decode.examples import check_examples

            contract = load_contract(path)
            problems = [*check_examples(contract), *check_sql(contract)]
            for problem in problems:
                print(f"{path}: {problem}", file=sys.stderr)
            if not problems:
                print(f"{contract.name}: {len(contract.events)} event types, {len(contract.rollups)} rollups, examples and SQL hold")
            return 1 if problems else 0
        case ["infer", *rest]:
            from gamebeam.schemas.inference.infer import infer

            args = Flags("contract infer", ("sample", "JSON lines: real messages")).add(("--out", None)).parse(rest)
            print(infer(Path(args.sample), Path(args.out)))
            return 0
        case ["docs", *rest]:
            return _contract_docs(rest)
        case ["diff", old, new]:
            from gamebeam.schemas.contract.evolution import difference

            lines, breaking = difference(load_contract(old), load_contract(new))
            print("\n".join(lines))
            return 1 if breaking else 0
    print(usage, file=sys.stderr)
    return 2


def _contract_docs(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.schemas.contract.dictionary import dictionary
    from gamebeam.sql.engine import open_archive
    from gamebeam.sql.seen import seen

    flags = Flags("contract docs").add(("--archive", ""))
    flags.parser.add_argument("path", nargs="?", default="", help="a packaged game's name, or a contract's folder; --archive has its own")
    args = flags.parse(argv)
    if not args.archive:
        print(dictionary(load_contract(args.path or "starter"), None))
        return 0
    contract = contract_to_read(args.archive, args.path)
    print(dictionary(contract, seen(open_archive(contract, args.archive), contract)))
    return 0


def tables_command(argv: list[str]) -> int:
    if argv[:1] == ["load"]:
        return _tables_load(argv[1:])
    if argv[:1] not in (["plan"], ["apply"]):
        print("usage: gamebeam tables plan|apply --contract=… --tables=bq://project.dataset [--location=EU] [--policy_tag=…]\n"
              "       gamebeam tables load --archive=… --tables=… [--contract=…]", file=sys.stderr)
        return 2
    from gamebeam.schemas.bigquery import parse_target
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.sql.bigquery import bigquery_views
    from gamebeam.transforms.sinks.bigquery.client import rest_client
    from gamebeam.transforms.sinks.bigquery.plan_tables import apply_tables, plan_tables
    from gamebeam.transforms.sinks.bigquery.policy_tags import plan_tags, require_tag, tag_columns

    args = Flags(f"tables {argv[0]}").add(("--contract", None), ("--tables", None), ("--location", ""), ("--policy_tag", "")
                                          ).parse(argv[1:])
    contract, target, tag = load_contract(args.contract), parse_target(args.tables), require_tag(args.policy_tag)
    client = rest_client(target.project)
    statements = plan_tables(client, target, contract, bigquery_views(contract, target), args.location)
    tags = plan_tags(client, target, contract, tag) if tag else []
    print("".join(f"{statement};\n\n" for statement in statements) + "".join(f"{tag}\n\n" for tag in tags), end="")
    if argv[0] == "apply":
        apply_tables(client, statements, args.location)
        tag_columns(client, tags)
    done = "applied" if argv[0] == "apply" else "to apply"
    said = f"{len(statements)} statements{f' and {len(tags)} tables to tag' if tags else ''} {done}"
    print(f"{target}: " + (said if statements or tags else "nothing to do"), file=sys.stderr)
    return 0


def _tables_load(argv: list[str]) -> int:
    from gamebeam.pipeline.archive_contract import contract_to_read
    from gamebeam.schemas.bigquery import parse_target
    from gamebeam.transforms.sinks.bigquery.load_runs import load_runs

    args = Flags("tables load").add(("--contract", ""), ("--archive", None), ("--tables", None)).parse(argv)
    for run, rows in load_runs(args.archive, contract_to_read(args.archive, args.contract), parse_target(args.tables)):
        print(f"run {run.run_id}: {rows:,} rows")
    return 0
