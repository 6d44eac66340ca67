"""python -m gamebeam."""

import sys

from gamebeam.pipeline.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
