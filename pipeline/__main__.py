"""gamebeam: a thin door. Each command calls one function of one room; what goes wrong is one line on stderr and an exit code."""

import argparse
import logging
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.bar import bar

COMMANDS: dict[str, str] = {
    "run": "read messages, write the archive (batch over files, or live from kafka://…, pubsub://… or with --follow)",
    "status": "an archive's runs, how fresh they are, what came in and what became of it",
    "query": "ask the archive in BigQuery SQL, on DuckDB",
    "report": "one HTML page about a game: its questions drawn, each figure marked provisional or final",
    "serve": "the report live over the archive, with a page per player",
    "feeds": "run or watch: load the CSV files that others drop into a folder",
    "check": "compare every figure of an archive with an answer sheet; exit 1 on any difference",
    "views": "BigQuery SQL: the archive as external tables, and event views over hot tables and archive",
    "cost": "what a query over one day of the archive reads, and costs on BigQuery",
    "repair": "recompute the rollups of some hours from the deduplicated archive",
    "replay": "decode dead letters again under the present contract, and land those that are events now",
    "generate": "players who play, the faults on the way, and the answer sheet",
    "collect": "the front door: serve --config=collector.yaml, or key add, list and remove",
    "tables": "plan, apply or load: BigQuery's tables and views, from the contract",
    "contract": "check, infer, docs or diff: a game's contract",
    "demo": "generate, run, check and ask, on this machine",
}


def main(argv: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    if not argv or argv[0] in ("-h", "--help") or argv[0] not in COMMANDS:
        print("usage: gamebeam COMMAND …\n\n" + "\n".join(f"  {name:<10} {what}" for name, what in COMMANDS.items()), file=sys.stderr)
        return 0 if argv and argv[0] in ("-h", "--help") else 2
    command: Callable[[list[str]], int] = globals()[f"_{argv[0]}"]
    try:
        return command(argv[1:])
    except (ValueError, OSError) as e:
        print(f"gamebeam {argv[0]}: {_one_line(e)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _run(argv: list[str]) -> int:
    logging.getLogger().setLevel(logging.CRITICAL)  # an error of a bundle comes back as the run's own
    from apache_beam.options.pipeline_options import GoogleCloudOptions

    from pipeline.options import JobOptions
    from pipeline.run import run_batch, runner_named
    from transforms.source import Files, parse_source

    options = JobOptions(argv)
    launched = options.view_as(GoogleCloudOptions).template_location  # a launcher adds flags of its own; the metadata checked ours
    if not launched and (unknown := sorted(_unknown_flags(argv))):
        raise ValueError(f"unknown flag {unknown[0]}; gamebeam run --help lists them")
    if options.source and (options.follow or not isinstance(parse_source(options.source), Files)):
        from pipeline.live import run_live

        run = run_live(options, say=lambda line: print(line, file=sys.stderr, flush=True))
        print(f"run {run.run_id}: {run.state}")
        return 0
    if runner_named(options) == "DirectRunner":
        print("--runner=DirectRunner means FnApiRunner here", file=sys.stderr)
    with bar("reading") as show:
        outcome = run_batch(options, show)
    for line in outcome.lines():
        print(line)
    return 0


def _unknown_flags(argv: list[str]) -> set[str]:
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipeline.flink import FlinkFlags  # noqa: F401, one of them

    parser: Any = argparse.ArgumentParser(prog="gamebeam run", allow_abbrev=False)
    for cls in PipelineOptions.__subclasses__():
        cls._add_argparse_args(parser)
    return {a for a in parser.parse_known_args(argv)[1] if a.startswith("-")}


def _status(argv: list[str]) -> int:
    from schemas.contract import load_contract
    from sql.status import status

    args = _parser("status").add(("--contract", "starter"), ("--archive", None)).parse(argv)
    print(status(load_contract(args.contract), args.archive, args.contract), end="")
    return 0


def _query(argv: list[str]) -> int:
    from schemas.contract import load_contract
    from sql.query import query

    args = _parser("query", ("sql", "SQL text, a .sql file, or the name of one of the game's questions")).add(
        ("--contract", "starter"), ("--archive", None), ("--format", "table"), ("--as-of", ""), ("--env", "live")).parse(argv)
    print(query(load_contract(args.contract), args.archive, args.sql, args.format, args.as_of, args.env))
    return 0


def _report(argv: list[str]) -> int:
    from reports.report import report
    from schemas.contract import load_contract

    args = _parser("report").add(("--contract", "starter"), ("--archive", None), ("--out", "report.html"), ("--also", ""),
                                 ("--as-of", ""), ("--env", "live")).parse(argv)
    for path in report(load_contract(args.contract), args.archive, args.out, args.also, args.as_of, args.env):
        print(path)
    return 0


def _serve(argv: list[str]) -> int:
    from reports.serve import is_loopback, serve
    from schemas.contract import load_contract

    args = _parser("serve").add(("--contract", "starter"), ("--archive", None), ("--host", "127.0.0.1"), ("--port", 8000),
                                ("--env", "live")).parse(argv)
    print(f"http://{args.host}:{args.port}/", flush=True)
    if not is_loopback(args.host):
        print(f"gamebeam serve: {args.host} is not loopback, and nobody is asked for a password", file=sys.stderr)
    serve(load_contract(args.contract), args.archive, args.host, args.port, args.env)
    return 0


def _feeds(argv: list[str]) -> int:
    from feeds.drop import run, watch
    from schemas.contract import load_contract

    if argv[:1] not in (["run"], ["watch"]):
        print("usage: gamebeam feeds run|watch --drop=FOLDER --contract=… --archive=…", file=sys.stderr)
        return 2
    args = _parser(f"feeds {argv[0]}").add(("--contract", "starter"), ("--archive", None), ("--drop", None)).parse(argv[1:])
    for line in (run if argv[0] == "run" else watch)(load_contract(args.contract), args.archive, args.drop):
        print(line, flush=True)
    return 0


def _check(argv: list[str]) -> int:
    from schemas.contract import load_contract
    from sql.check import compare_answers, report

    args = _parser("check").add(("--contract", "starter"), ("--archive", None), ("--answers", None)).parse(argv)
    comparison = compare_answers(load_contract(args.contract), args.archive, args.answers)
    print(report(comparison), end="")
    return 1 if comparison.differences else 0


def _views(argv: list[str]) -> int:
    from schemas.contract import load_contract
    from sql.border import border_script

    args = _parser("views").add(("--contract", "starter"), ("--archive", None), ("--dataset", None), ("--since", "")).parse(argv)
    print(border_script(load_contract(args.contract), args.dataset, args.archive, args.since or None), end="")
    return 0


def _cost(argv: list[str]) -> int:
    from schemas.contract import load_contract
    from sql.scanned import cost_of_a_day

    args = _parser("cost").add(("--contract", "starter"), ("--archive", None), ("--date", None), ("--format", "table")).parse(argv)
    print(cost_of_a_day(load_contract(args.contract), args.archive, args.date, args.format))
    return 0


def _repair(argv: list[str]) -> int:
    from schemas.contract import load_contract
    from transforms.repair import hour, repair

    args = _parser("repair").add(
        ("--contract", "starter"), ("--archive", None), ("--from", None), ("--to", None), ("--ended", "")).parse(argv)
    run = repair(args.archive, load_contract(args.contract), hour(getattr(args, "from")), hour(args.to), args.ended)
    print(f"run {run.run_id}: generation {run.generation} of {sum(run.rows.values()):,} rollup rows, in place of those of "
          f"{len(run.repairs)} runs")
    return 0


def _replay(argv: list[str]) -> int:
    from pipeline.options import Config, pii_key
    from schemas.contract import load_contract
    from transforms.replay import replay

    flags = _parser("replay").add(("--contract", "starter"), ("--archive", None), ("--fingerprint", None), ("--config", ""))
    flags.parser.add_argument("--dry-run", action="store_true", help="only say what would land")
    args = flags.parse(argv)
    key = pii_key(Config.load(args.config or None))
    outcome = replay(args.archive, load_contract(args.contract), args.fingerprint, dry_run=args.dry_run, pii_key=key)
    for line in outcome.lines():
        print(line)
    return 0


def _tables(argv: list[str]) -> int:
    if argv[:1] == ["load"]:
        return _tables_load(argv[1:])
    if argv[:1] not in (["plan"], ["apply"]):
        print("usage: gamebeam tables plan|apply --contract=… --tables=bq://project.dataset [--location=EU]\n"
              "       gamebeam tables load --contract=… --archive=… --tables=…", file=sys.stderr)
        return 2
    from schemas.bigquery import parse_target
    from schemas.contract import load_contract
    from sql.bigquery import bigquery_views
    from transforms.bigquery_client import rest_client
    from transforms.plan_tables import apply_tables, plan_tables

    args = _parser(f"tables {argv[0]}").add(("--contract", "starter"), ("--tables", None), ("--location", "")).parse(argv[1:])
    contract, target = load_contract(args.contract), parse_target(args.tables)
    client = rest_client(target.project)
    statements = plan_tables(client, target, contract, bigquery_views(contract, target), args.location)
    print("".join(f"{statement};\n\n" for statement in statements), end="")
    if argv[0] == "apply":
        apply_tables(client, statements, args.location)
    done = "applied" if argv[0] == "apply" else "to apply"
    print(f"{target}: " + (f"{len(statements)} statements {done}" if statements else "nothing to do"), file=sys.stderr)
    return 0


def _tables_load(argv: list[str]) -> int:
    from schemas.bigquery import parse_target
    from schemas.contract import load_contract
    from transforms.load_runs import load_runs

    args = _parser("tables load").add(("--contract", "starter"), ("--archive", None), ("--tables", None)).parse(argv)
    for run, rows in load_runs(args.archive, load_contract(args.contract), parse_target(args.tables)):
        print(f"run {run.run_id}: {rows:,} rows")
    return 0


def _generate(argv: list[str]) -> int:
    from loadgen.generate import generate
    from schemas.contract import load_contract

    args = _parser("generate").add(
        ("--contract", "starter"), ("--out", None), ("--players", 2000), ("--days", 2), ("--seed", 1), ("--files", 4),
        ("--format", ""), ("--start", "2026-11-01"), ("--faults", ""), ("--to", ""), ("--speed", 0.0),
        ("--keys", "")).parse(argv)
    if args.to:
        return _generate_to(args)
    with bar("generating") as show:
        summary = generate(load_contract(args.contract), args.out, players=args.players, days=args.days, seed=args.seed,
                           files=args.files, format=args.format or None, start=args.start, faults=_rates(args.faults), progress=show)
    print(summary)
    return 0


def _generate_to(args: argparse.Namespace) -> int:
    from loadgen.drop import drop
    from loadgen.generate import generate
    from loadgen.live import send
    from loadgen.send_pubsub import send_pubsub, topic_of
    from schemas.contract import load_contract
    from transforms.source import Files, Kafka, parse_source

    contract, shown = load_contract(args.contract), args.to.split("?")[0]
    if args.to.startswith(("http://", "https://")):
        return _generate_to_collector(args, contract)
    to = topic_of(args.to) if args.to.startswith("pubsub:") else parse_source(args.to)
    if (isinstance(to, Kafka) and len(to.topics) != 1) or (isinstance(to, Files) and re.search(r"://|[*?]", args.to)):
        raise ValueError(f"--to={shown}: expected kafka://broker:9092/topic, pubsub://projects/PROJECT/topics/TOPIC, http://host:port of a "
                         "collector, or a folder")
    with bar("generating") as show:
        print(generate(contract, args.out, players=args.players, days=args.days, seed=args.seed, files=args.files, format="avro",
                       start=args.start, faults=_rates(args.faults), progress=show))
    with bar("sending") as show:
        match to:
            case Kafka():
                sent = send(contract, args.out, to.servers, to.topics[0], to.client, args.speed, show)
            case Files():
                sent = drop(args.out, to.pattern, args.speed, show)
            case str():
                sent = send_pubsub(args.out, to, args.speed, show)
    print(f"{sent:,} messages taken by {shown}; the answer sheet is {args.out}/answers")
    return 0


def _generate_to_collector(args: argparse.Namespace, contract: Any) -> int:
    from loadgen.generate import generate
    from loadgen.http import send_http

    keys = dict(pair.partition("=")[::2] for pair in args.keys.split(",")) if args.keys else {}
    if not keys or not all(keys.values()):
        raise ValueError("--keys: live=KEY,test=KEY, made with: gamebeam collect key add --game=… --env=… --backfill")
    with bar("generating") as show:
        print(generate(contract, args.out, players=args.players, days=args.days, seed=args.seed, files=args.files, format="jsonl",
                       start=args.start, faults=_rates(args.faults), progress=show))
    with bar("sending") as show:
        sent = send_http(contract, args.out, args.to, keys, show)
    print(f"{sent:,} messages taken by {args.to}; the answer sheet is {args.out}/answers")
    return 0


def _collect(argv: list[str]) -> int:
    from collector.__main__ import main as collector

    return collector(argv)


def _rates(text: str) -> dict[str, float] | None:
    """'lost=0.01,truncated=0' -> rates by name; 'none' is every fault off."""
    if text == "none":
        from loadgen.faults import DEFAULT_RATES

        return dict.fromkeys(DEFAULT_RATES, 0.0)
    try:
        return {name: float(rate) for name, rate in (pair.split("=") for pair in text.split(","))} if text else None
    except ValueError:
        raise ValueError(f"--faults={text}: expected name=rate[,name=rate], or none") from None


def _contract(argv: list[str]) -> int:
    from schemas.contract import load_contract

    usage = "usage: gamebeam contract check PATH | infer SAMPLE.jsonl --out DIR | docs [PATH] [--archive=…] | diff OLD NEW"
    match argv:
        case ["check", path]:
            from transforms.examples import check_examples

            contract = load_contract(path)
            problems = check_examples(contract)
            for problem in problems:
                print(f"{path}: {problem}", file=sys.stderr)
            if not problems:
                print(f"{contract.name}: {len(contract.events)} event types, {len(contract.rollups)} rollups, examples hold")
            return 1 if problems else 0
        case ["infer", *rest]:
            from schemas.infer import infer

            args = _parser("contract infer", ("sample", "JSON lines: real messages")).add(("--out", None)).parse(rest)
            print(infer(Path(args.sample), Path(args.out)))
            return 0
        case ["docs", *rest]:
            return _contract_docs(rest)
        case ["diff", old, new]:
            from schemas.evolution import difference

            lines, breaking = difference(load_contract(old), load_contract(new))
            print("\n".join(lines))
            return 1 if breaking else 0
    print(usage, file=sys.stderr)
    return 2


def _contract_docs(argv: list[str]) -> int:
    from schemas.contract import load_contract
    from schemas.dictionary import dictionary
    from sql.engine import open_archive
    from sql.seen import seen

    flags = _parser("contract docs").add(("--archive", ""))
    flags.parser.add_argument("path", nargs="?", default="starter", help="a packaged game's name, or a contract's folder")
    args = flags.parse(argv)
    contract = load_contract(args.path)
    print(dictionary(contract, seen(open_archive(contract, args.archive), contract) if args.archive else None))
    return 0


def _demo(argv: list[str]) -> int:
    logging.getLogger().setLevel(logging.CRITICAL)  # an error of a bundle comes back as the run's own
    from pipeline.demo import demo

    args = _parser("demo").add(("--out", "demo"), ("--players", 2000)).parse(argv)
    return demo(Path(args.out), args.players)


class _parser:
    """argparse with what every command here needs: --name=value flags, required where there is no default."""

    def __init__(self, command: str, *positional: tuple[str, str]):
        self.parser = argparse.ArgumentParser(prog=f"gamebeam {command}", allow_abbrev=False)
        for name, what in positional:
            self.parser.add_argument(name, help=what)

    def add(self, *flags: tuple[str, Any]) -> "_parser":
        for name, default in flags:
            self.parser.add_argument(name, default=default, required=default is None, type=type(default) if default is not None else str)
        return self

    def parse(self, argv: list[str]) -> argparse.Namespace:
        return self.parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
