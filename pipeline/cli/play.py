"""gamebeam generate, collect, demo: messages made for a test, and the door that real ones come through."""

import argparse
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gamebeam.pipeline.bar import bar
from gamebeam.pipeline.cli.flags import Flags

if TYPE_CHECKING:
    from gamebeam.schemas.contract.contract import Contract
    from gamebeam.transforms.sources.uri import Files, Kafka, PubSub


def generate_command(argv: list[str]) -> int:
    from gamebeam.schemas.contract.contract import load_contract

    args = Flags("generate").add(
        ("--contract", "starter"), ("--out", None), ("--players", 2000), ("--days", 2), ("--seed", 1), ("--files", 4),
        ("--format", ""), ("--start", "2026-11-01"), ("--faults", ""), ("--to", ""), ("--speed", 0.0),
        ("--keys", ""), ("--rate", 0.0), ("--for", "")).parse(argv)
    if args.rate or getattr(args, "for"):
        return _generate_steadily(args)
    if args.to:
        return _generate_to(args)
    _play(args, load_contract(args.contract), args.format or None)
    return 0


def _play(args: argparse.Namespace, contract: "Contract", form: str | None) -> None:
    from gamebeam.loadgen.generate import generate

    with bar("generating") as show:
        summary = generate(contract, args.out, players=args.players, days=args.days, seed=args.seed, files=args.files, format=form,
                           start=args.start, faults=_rates(args.faults), progress=show)
    print(summary)


def _generate_to(args: argparse.Namespace) -> int:
    from gamebeam.loadgen.drop import drop
    from gamebeam.loadgen.live import send
    from gamebeam.loadgen.send_pubsub import send_pubsub
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.transforms.sources.uri import Files, Kafka

    contract, shown = load_contract(args.contract), args.to.split("?")[0]
    if args.to.startswith(("http://", "https://")):
        return _generate_to_collector(args, contract)
    to = _target(args.to)
    _play(args, contract, "avro")
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


def _target(to: str) -> "Kafka | Files | PubSub | str":
    """Kafka, Files, or a Pub/Sub topic's name."""
    from gamebeam.loadgen.send_pubsub import topic_of
    from gamebeam.transforms.sources.uri import Files, Kafka, parse_source

    target = topic_of(to) if to.startswith("pubsub:") else parse_source(to)
    if (isinstance(target, Kafka) and len(target.topics) != 1) or (isinstance(target, Files) and re.search(r"://|[*?]", to)):
        raise ValueError(f"--to={to.split('?')[0]}: expected kafka://broker:9092/topic, pubsub://projects/PROJECT/topics/TOPIC, "
                         "http://host:port of a collector, or a folder")
    return target


def _generate_steadily(args: argparse.Namespace) -> int:
    """So many messages a second for so long, made as they are due; a signal ends it early, with the answers of what was sent."""
    from gamebeam.loadgen.drop import drop_steadily
    from gamebeam.loadgen.live import SendError, deliver
    from gamebeam.loadgen.send_pubsub import publish
    from gamebeam.loadgen.steady import SteadyLoad
    from gamebeam.pipeline.watch import signals
    from gamebeam.schemas.contract.contract import load_contract
    from gamebeam.transforms.sources.uri import Files, Kafka, seconds

    if not args.rate or not args.to or args.to.startswith(("http://", "https://")):
        raise ValueError("--rate=MESSAGES_A_SECOND --for=60s go together, and with --to=kafka://…, pubsub://… or a folder")
    to, answers = _target(args.to), Path(args.out) / "answers"
    if answers.exists():
        raise FileExistsError(f"{answers}: there already; give another --out, or remove it first")
    with signals() as came, bar("sending") as show:
        load = SteadyLoad(load_contract(args.contract), rate=args.rate, seconds=seconds("generate", "--for", getattr(args, "for") or "60s"),
                          players=args.players, seed=args.seed, speed=args.speed or 1.0, faults=_rates(args.faults),
                          stop=lambda: bool(came))
        try:
            match to:
                case Kafka():
                    sent = deliver(load, load.total, to.servers, to.topics[0], to.client, show)
                case Files():
                    sent = drop_steadily(load, load.total, to.pattern, show)
                case str():
                    sent = publish(load, load.total, to, show)
        except (SendError, OSError) as e:
            raise SendError(f"{e}; no answer sheet: it would count messages that were made, and not taken") from None
        load.write_answers(answers)
    print(f"{sent:,} messages taken by {args.to.split('?')[0]}; the answer sheet is {answers}")
    return 0


def _generate_to_collector(args: argparse.Namespace, contract: "Contract") -> int:
    from gamebeam.loadgen.http import send_http

    keys = dict(pair.partition("=")[::2] for pair in args.keys.split(",")) if args.keys else {}
    if not keys or not all(keys.values()):
        raise ValueError("--keys: live=KEY,test=KEY, made with: gamebeam collect key add --game=… --env=… --backfill")
    _play(args, contract, "jsonl")
    with bar("sending") as show:
        sent = send_http(contract, args.out, args.to, keys, show)
    print(f"{sent:,} messages taken by {args.to}; the answer sheet is {args.out}/answers")
    return 0


def _rates(text: str) -> dict[str, float] | None:
    """'lost=0.01,truncated=0' -> rates by name; 'none' is every fault off."""
    if text == "none":
        from gamebeam.loadgen.faults import DEFAULT_RATES

        return dict.fromkeys(DEFAULT_RATES, 0.0)
    try:
        return {name: float(rate) for name, rate in (pair.split("=") for pair in text.split(","))} if text else None
    except ValueError:
        raise ValueError(f"--faults={text}: expected name=rate[,name=rate], or none") from None


def collect_command(argv: list[str]) -> int:
    from gamebeam.collector.__main__ import main as collector

    return collector(argv)


def demo_command(argv: list[str]) -> int:
    logging.getLogger().setLevel(logging.CRITICAL)  # an error of a bundle comes back as the run's own
    from gamebeam.pipeline.demo import demo

    args = Flags("demo").add(("--out", "demo"), ("--players", 2000)).parse(argv)
    return demo(Path(args.out), args.players)
