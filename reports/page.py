"""Figures as one HTML page. Everything that came in a message is escaped: Jinja by itself, charts as JSON without angle brackets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from gamebeam.reports.charts import chart, vega_script
from gamebeam.reports.figures import STATUS, Figure, Settled, format_of, is_number, label, written

MOST_ROWS = 200  # of a table; the CSV has all


@dataclass(frozen=True)
class Page:
    """What a page is made of. version: of the archive, where it is served: scripts and news then come from the server."""

    title: str
    subtitle: str
    days: Settled
    sections: Sequence[tuple[str, Sequence[Figure]]]
    made: datetime
    version: str = ""

    @property
    def live(self) -> bool:
        return bool(self.version)


def html(page: Page) -> str:
    """The whole page; unless it is live it needs nothing beside itself."""
    drawn = [(title, [{"figure": f, "chart": chart(f), "id": f"chart-{i}-{j}"} for j, f in enumerate(figures)])
             for i, (title, figures) in enumerate(page.sections)]
    return _templates().get_template("page.html").render(
        page=page, sections=drawn, style=asset("page.css"), script=asset("page.js"),
        vega="" if page.live or not any(d["chart"] for _, ds in drawn for d in ds) else vega_script(), made=_utc(page.made))


@cache
def _templates() -> Environment:
    env = Environment(loader=PackageLoader("gamebeam.reports"), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)
    env.filters |= {"label": label, "utc": _utc}
    env.globals |= {"cell": _cell, "is_number": is_number, "status": STATUS, "most_rows": MOST_ROWS}
    return env


def _cell(figure: Figure, value: object, column: str) -> str:
    drawn = figure.kind != "table" and column in (figure.options.get("y"), figure.options.get("color"))
    return written(value, column, format_of(column) or (figure.options.get("format", "") if drawn else ""))


@cache
def asset(name: str) -> str:
    return (files("gamebeam.reports") / "templates" / name).read_text()


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else ""
