"""argparse, with what every command here needs."""

import argparse


class Flags:
    """--name=value, required where there is no default."""

    def __init__(self, command: str, *positional: tuple[str, str]):
        self.parser = argparse.ArgumentParser(prog=f"gamebeam {command}", allow_abbrev=False)
        for name, what in positional:
            self.parser.add_argument(name, help=what)

    def add(self, *flags: tuple[str, object]) -> "Flags":
        for name, default in flags:
            self.parser.add_argument(name, default=default, required=default is None, type=type(default) if default is not None else str)
        return self

    def parse(self, argv: list[str]) -> argparse.Namespace:
        return self.parser.parse_args(argv)
