"""Clients' text where a person's program would act on it: a terminal that obeys escape sequences, a spreadsheet that runs formulas."""

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet's formula begins
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # moves a cursor, or turns the direction of text


def no_formula(text: str) -> str:
    """Return text that a spreadsheet shows and does not run: with an apostrophe before what would begin a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def printable(text: str) -> str:
    r"""Return text that moves no cursor: ESC is written \x1b, and a line break \n."""
    return CONTROL.sub(lambda m: repr(m[0])[1:-1], text)


def printable_lines(text: str) -> str:
    """Return text that moves no cursor but to the next line."""
    return "\n".join(map(printable, text.split("\n")))
