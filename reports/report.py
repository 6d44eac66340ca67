"""gamebeam report: one self-contained HTML page about a game, from its archive; the figures as CSV, and the page as PDF, beside it."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from gamebeam.reports.figures import STATUS, Figure, figure, settled
from gamebeam.reports.layout import page_layout
from gamebeam.reports.page import Page, html
from gamebeam.reports.pdf import browser, print_pdf
from gamebeam.schemas.contract.contract import Contract
from gamebeam.sql.engine import Result, open_archive
from gamebeam.sql.query import parameters
from gamebeam.sql.show import show

ALSO = ("csv", "pdf")


def report(contract: Contract, archive: str, out: str, also: str = "", as_of: str = "", env: str = "live") -> list[Path]:
    """Writes OUT, with also=csv a file per figure into a folder of its name, with also=pdf the page printed; returns what was written."""
    path = Path(out)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"--out={out}: there is no folder {path.parent}; create it, or choose another")
    wanted = {name.strip() for name in also.split(",") if name.strip()}
    if unknown := sorted(wanted.difference(ALSO)):
        raise ValueError(f"--also={unknown[0]}: csv and pdf are written beside the page, or --also=csv,pdf")
    if "pdf" in wanted:
        browser()  # before the work
    page = page_of(open_archive(contract, archive), contract, as_of, env)
    path.write_text(html(page))
    beside = [_csv(path.with_suffix(""), f) for _, figures in page.sections for f in figures if "csv" in wanted]
    return [path, *beside, *([print_pdf(path)] if "pdf" in wanted else [])]


def page_of(con: duckdb.DuckDBPyConnection, contract: Contract, as_of: str = "", env: str = "live", version: str = "") -> Page:
    con.execute("CREATE OR REPLACE TEMP TABLE data_status AS SELECT * FROM main.data_status")  # several ask; it is worked out once
    layout, days = page_layout(contract), settled(con, env)
    values = parameters(con, contract, as_of, env)
    sections = [(s.title, [figure(con, q, values, days) for q in s.questions]) for s in layout.sections]
    subtitle = f"{contract.name}, {env}; days in {contract.time_zone}; money in {contract.currency}"
    return Page(layout.title, subtitle, days, sections, datetime.now(UTC), version)


def _csv(folder: Path, f: Figure) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{f.question.name}.csv"
    rows = [(*row, STATUS[final]) for row, final in zip(f.rows, f.final, strict=True)]
    path.write_text(show(Result([*f.columns, "status"], rows), "csv"))
    return path
