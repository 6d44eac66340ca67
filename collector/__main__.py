"""gamebeam collect serve --config=collector.yaml | key add --game --env | key remove ID | key list"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gamebeam.collector.keys import add_key, read_keys, remove_key


def main(argv: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    try:
        return int(args.call(args))
    except (ValueError, OSError) as e:
        print(f"gamebeam collect: {e}", file=sys.stderr)
        return 1


def _serve(args: argparse.Namespace) -> int:
    from gamebeam.collector.serve import serve

    serve(args.config)
    return 0


def _add(args: argparse.Namespace) -> int:
    print(add_key(Path(args.keys), args.game, args.env, args.rate, args.backfill, args.read))
    print(f"shown once: {args.keys} keeps only its hash", file=sys.stderr)
    return 0


def _remove(args: argparse.Namespace) -> int:
    remove_key(Path(args.keys), args.id)
    return 0


def _list(args: argparse.Namespace) -> int:
    for key in read_keys(Path(args.keys)):
        rate = [f"{key.rate:g} events/s"] if key.rate else []
        print(key.id, key.game, key.env, *rate, *(["backfill"] if key.backfill else []), *(["read"] if key.read else []), sep="\t")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gamebeam collect", allow_abbrev=False, description=__doc__)
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="the server")
    serve.add_argument("--config", required=True, help="YAML: games, keys, queue, listen, workers …")
    serve.set_defaults(call=_serve)
    key = commands.add_parser("key", help="API keys").add_subparsers(required=True)
    for name, call, what in (("add", _add, "makes a key and prints it, once"), ("remove", _remove, "ends a key"), ("list", _list, "ids")):
        one = key.add_parser(name, help=what)
        one.add_argument("--keys", default="keys.json", help="the file of keys (default: %(default)s)")
        one.set_defaults(call=call)
        if name == "add":
            one.add_argument("--game", required=True)
            one.add_argument("--env", required=True)
            one.add_argument("--rate", type=float, help="events a second")
            one.add_argument("--backfill", action="store_true", help="events keep the received_time that they bring")
            one.add_argument("--read", action="store_true", help="the key reads players (GET /v1/players/{id}) and posts no events")
        elif name == "remove":
            one.add_argument("id")
    return parser


if __name__ == "__main__":
    sys.exit(main())
