"""SAFE. and its relatives: NULL where the function itself fails, and still an error where one of its arguments does."""

import re
from dataclasses import dataclass, field, replace

from gamebeam.sql.dialect.values import Value

NAME = "bq_arguments"  # one is never inside another: an attempt that is an argument is computed outside
IDENTIFIER = r'(?:"(?:[^"]|"")*"|\w+)'
CANNOT_FAIL = re.compile(rf"{IDENTIFIER}(?:\.{IDENTIFIER})*|\$\w+|(?:DATE|TIME|TIMESTAMP|TIMESTAMPTZ) '[^']*'")
FIELD = re.compile(r"struct_extract\((.*), '(?:[^']|'')*'\)", re.DOTALL)


@dataclass
class Attempt:
    """The arguments of a call that may fail.

    DuckDB's TRY turns any error inside its brackets into NULL, so that arguments that can fail are computed outside of them.
    """

    outside: list[str] = field(default_factory=list)

    def argument(self, value: Value) -> Value:
        """The value as the call's text names it."""
        if value.literal or _cannot_fail(value.sql):
            return value
        self.outside.append(f"a{len(self.outside)}: {value.sql}")
        return replace(value, sql=f"{NAME}.a{len(self.outside) - 1}", raw="", leaves=(), first="")

    def tried(self, sql: str, attempt: str = "TRY({})") -> str:
        """DuckDB's SQL of the attempt. sql: the call. attempt: what makes NULL of its error."""
        tried = attempt.format(sql)
        return f"list_transform([{{{', '.join(self.outside)}}}], lambda {NAME}: {tried})[1]" if self.outside else tried


def _cannot_fail(sql: str) -> bool:
    while found := FIELD.fullmatch(sql):
        sql = found[1]
    return CANNOT_FAIL.fullmatch(sql) is not None
