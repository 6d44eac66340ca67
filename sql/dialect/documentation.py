"""docs/sql_functions.md, generated from the registry: python -m gamebeam.sql.dialect.documentation."""

from pathlib import Path

import gamebeam.sql.dialect.topics  # noqa: F401  fills the registry
from gamebeam.sql.dialect.casts.table import CASTS
from gamebeam.sql.dialect.registry import REGISTRY, Function

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sql_functions.md"
HEAD = """# Functions of BigQuery SQL that `gamebeam query` answers

This page is generated from the list in `sql/dialect`; `python -m gamebeam.sql.dialect.documentation` writes it.
[How BigQuery SQL is translated](sql_dialect.md) says how to add a function.

Each function, operator and cast here gives BigQuery's documented values: the examples are run as tests. What is not here is refused with
one line. `gamebeam query --unchecked` runs a function that is not here as DuckDB has it, with a warning.

sqlglot only parses. Each name is resolved to its column and each expression to its BigQuery type, and DuckDB's SQL is written from that,
so no generator of sqlglot's is involved and none is overridden. The parser is overridden in these places (`sql/dialect/grammar.py`):

| Place | Reason |
|---|---|
| calls | Every call keeps BigQuery's name and arguments; sqlglot would make other dialects' functions of them. |
| CAST … FORMAT | The format is kept as it is written; sqlglot would make STR_TO_TIME of it. |
| string and bytes literals | Escapes are read as BigQuery reads them, and wrong ones are refused. |
| LIKE ALL | The list may be an array or a subquery, as for LIKE ANY. |
"""
COLLATION = """
## Collation

`COLLATE(x, 'und:ci')` makes a text COLLATED: it is compared, sorted and grouped without regard to case. These functions and operators
take such a text, besides those above whose signatures name it: {}.

Any other function refuses it. `COLLATE(x, '')` takes the collation off. GROUP BY, SELECT DISTINCT, UNION DISTINCT, ORDER BY, PARTITION BY
and joins with ON support it. USING, INTERSECT, EXCEPT, ROLLUP, CUBE, GROUPING SETS, GROUP BY ALL, and pipe syntax's AGGREGATE and
DISTINCT refuse it.
A search (LIKE, STARTS_WITH, ENDS_WITH, STRPOS, INSTR, REPLACE, SPLIT) supports ASCII, Latin letters with accents and control
characters. A row with another character is an error.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for topic in sorted({f.topic for f in REGISTRY.functions.values()}):
        parts.append(f"\n## {topic[0].upper()}{topic[1:]}\n\n| Function | Takes | Example | Value |\n|---|---|---|---|\n")
        parts += [_row(f) for f in sorted(REGISTRY.functions.values(), key=lambda f: f.name) if f.topic == topic]
    parts.append("\n## Casts\n\n| From | To |\n|---|---|\n")
    parts += [f"| {of} | {', '.join(sorted(to for o, to in CASTS if o == of))} |\n" for of in sorted({of for of, _ in CASTS})]
    parts.append(COLLATION.format(", ".join(f"`{_cell(f.name)}`" for f in sorted(REGISTRY.functions.values(), key=lambda f: f.name)
                                            if f.collated)))
    if REGISTRY.hints:
        parts.append("\n## Not supported\n\n| Function | Instead |\n|---|---|\n")
        parts += [f"| `{name}` | {_cell(instead)} |\n" for name, instead in sorted(REGISTRY.hints.items())]
    return "".join(parts)


def _row(f: Function) -> str:
    example, value = next(iter(f.examples.items()))
    name = f"`{_cell(f.name)}`{f' ({_cell(f.note)})' if f.note else ''}"
    return f"| {name} | {'<br>'.join(f'`{_cell(s.strip())}`' for s in f.shown)} | `{_cell(example)}` | `{_cell(repr(value))}` |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page())
