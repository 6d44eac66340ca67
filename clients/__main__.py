"""python -m gamebeam.clients server --to=URL --key=KEY, or client -- COMMAND …: against the protocol of clients/README.md"""

import argparse
import sys
from collections.abc import Sequence

from gamebeam.clients.check_client import check_client
from gamebeam.clients.transcripts import play


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m gamebeam.clients", allow_abbrev=False, description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    server = kinds.add_parser("server", help="plays the transcripts against a server")
    server.add_argument("--to", required=True)
    server.add_argument("--key", required=True)
    kinds.add_parser("client", help="tests a client").add_argument("command", nargs="+")
    args = parser.parse_args(argv)
    if args.kind == "client":
        problems = check_client(args.command)
        print("\n".join(problems) or "the client keeps every rule")
        return 1 if problems else 0
    try:
        lines = list(play(args.to, args.key))
    except OSError as e:
        print(f"{args.to}: {e}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0 if all(line.endswith(": ok") for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
