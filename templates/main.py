"""What the flex template's launcher runs: gamebeam run with the template's parameters."""

import sys

from gamebeam.pipeline.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["run", *sys.argv[1:]]))
