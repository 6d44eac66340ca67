"""The rows of one CSV file, typed as its feed declares; nothing is cast in silence."""

import csv
import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pycountry

from gamebeam.schemas.contract.feeds import Column, Feed
from gamebeam.schemas.scrub import Scrubber
from gamebeam.schemas.secret_names import secret_names
from gamebeam.transforms.decode.faults import Faults

ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+")  # an id that a spreadsheet has rounded
BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
LONGEST = 1 << 20  # characters of a cell
LONG = 1 << 63
_SCRUB = Scrubber()
FAULTS = Faults()


@dataclass(frozen=True)
class Problem:
    """line: from 1, of the file; field: the column, None where the line itself is wrong."""

    line: int
    field: str | None
    detail: str
    row: str = ""

    def __str__(self) -> str:
        return f"line {self.line}{f', {self.field}' if self.field else ''}: {self.detail}"


class Unreadable(ValueError):
    """A file that is not this feed's: no row of it can be trusted."""

    def __init__(self, problem: Problem):
        super().__init__(str(problem))
        self.problem = problem


@dataclass
class Rows:
    """columns: values by name; lines: of each row. problems: what the other rows failed by, first one of each."""

    columns: dict[str, list[object]]
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    empty: int = 0  # rows without any value, left out
    lowered: int = 0  # values written in small letters, as declared
    rounded: dict[str, int] = field(default_factory=dict)  # column -> ids whose digits are gone


def read_rows(content: bytes, feed: Feed) -> Rows:
    """Raises Unreadable for a file that is not text, has no rows, or another header."""
    reader = csv.reader(io.StringIO(_text(content, feed), newline=""), delimiter=feed.delimiter, quotechar=feed.quote, strict=True)
    rows = Rows({c.name: [] for c in feed.columns})
    readers = [_reader(c, rows) for c in feed.columns]
    csv.field_size_limit(LONGEST)
    try:
        if feed.header:
            _check_header(next(reader, None), feed)
        for cells in reader:
            if len(cells) == len(feed.columns):
                _read_row(cells, reader.line_num, feed, readers, rows)
            elif cells:
                rows.problems.append(_width(cells, reader.line_num, feed))
    except csv.Error as e:
        raise Unreadable(Problem(reader.line_num, None, f"not CSV: {e}")) from None
    if not rows.lines and not rows.problems:
        raise Unreadable(Problem(max(1, reader.line_num), None, "the file has no rows"))
    return rows


def _text(content: bytes, feed: Feed) -> str:
    try:
        text = content.decode("utf-8-sig" if feed.encoding.lower() in ("utf-8", "utf8") else feed.encoding)
    except UnicodeDecodeError as e:
        raise Unreadable(Problem(content.count(b"\n", 0, e.start) + 1, None, f"not {feed.encoding} text")) from None
    if "\0" in text:
        raise Unreadable(Problem(text.count("\n", 0, text.index("\0")) + 1, None, "a zero byte: this is no text"))
    return text


def _check_header(found: list[str] | None, feed: Feed) -> None:
    expected = [c.name for c in feed.columns]
    if not found:
        raise Unreadable(Problem(1, None, "the file is empty; a header was expected"))
    names = [name.strip().lower() for name in found]
    for i, name in enumerate(names[len(expected):], len(expected) + 1):
        raise Unreadable(Problem(1, name, f"a column that is not declared, the {i}th; {len(expected)} are"))
    for i, name in enumerate(expected):
        if i >= len(names):
            raise Unreadable(Problem(1, name, "this column is missing"))
        if names[i] != name:
            raise Unreadable(Problem(1, name, f"expected as column {i + 1}, found {_found(names[i], feed)}"))


def _read_row(cells: list[str], line: int, feed: Feed, readers: list[Callable[[str], object]], rows: Rows) -> None:
    values: list[object] = []
    for cell, column, read in zip(cells, feed.columns, readers, strict=True):
        if cell in feed.nulls:
            values.append(None)
            continue
        try:
            values.append(read(cell))
        except ValueError as e:
            rows.problems.append(Problem(line, column.name, str(e), _row(cells, feed)))
            return
        except MemoryError:
            raise
        except Exception as e:  # one row's fault is that row's problem, never the file's
            rows.problems.append(Problem(line, column.name, FAULTS.note(e), feed.delimiter.join(cells)))
            return
    if all(v is None for v in values):
        rows.empty += 1
        return
    for value, column in zip(values, feed.columns, strict=True):
        if value is None and column.required:
            rows.problems.append(Problem(line, column.name, "a value is required", _row(cells, feed)))
            return
    rows.lines.append(line)
    for value, column in zip(values, feed.columns, strict=True):
        rows.columns[column.name].append(value)


def _width(cells: list[str], line: int, feed: Feed) -> Problem:
    wanted = len(feed.columns)
    named = feed.columns[len(cells)].name if len(cells) < wanted else f"column {wanted + 1}"
    return Problem(line, named, f"{len(cells)} values, where {wanted} are declared", _row(cells, feed))


def _row(cells: list[str], feed: Feed) -> str:
    """A refused row as its dead letter keeps it: without secrets. Of a row of another width nobody knows which cell is whose."""
    entry, secret = secret_names().entry, [secret_names().entry(c.name) is not None for c in feed.columns]
    if any(secret) and len(cells) != len(secret):
        return ""
    kept: list[str] = []
    for i, cell in enumerate(cells):
        kept.append("" if len(cells) == len(secret) and secret[i] else _SCRUB.text(cell))
        if entry(cell) is not None:  # name and value, each in a cell
            break
    return feed.delimiter.join(kept)


def _found(name: str, feed: Feed) -> str:
    """A cell where the header should be; a file without a header has a value there."""
    return "another text" if any(secret_names().entry(c.name) for c in feed.columns) else repr(_SCRUB.text(name))


def _reader(column: Column, rows: Rows) -> Callable[[str], object]:
    """A cell's value, or ValueError that says what was expected. Cells repeat: each is worked out once."""
    known: dict[str, object] = {}

    def read(cell: str) -> object:
        if cell not in known:
            known[cell] = READERS[column.kind](cell, column)
        value = known[cell]
        if column.lower and value != cell:
            rows.lowered += 1
        if column.kind == "id" and ROUNDED.fullmatch(cell):
            rows.rounded[column.name] = rows.rounded.get(column.name, 0) + 1
        return value

    return read


def _string(cell: str, column: Column) -> str:
    if column.max is not None and len(cell) > column.max:
        raise ValueError(f"at most {column.max} characters, not {len(cell)}")
    cell = _SCRUB.text(cell)
    return cell.lower() if column.lower else cell


def _long(cell: str, _: Column) -> int:
    if not re.fullmatch(r"[+-]?\d{1,19}", cell, re.ASCII) or not -LONG <= int(cell) < LONG:
        raise ValueError("a whole number was expected")
    return int(cell)


def _double(cell: str, _: Column) -> float:
    try:
        value = float(cell) if "_" not in cell else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("a number was expected")
    return value


def _boolean(cell: str, _: Column) -> bool:
    if cell.lower() not in BOOLEANS:
        raise ValueError("true or false was expected")
    return BOOLEANS[cell.lower()]


def _date(cell: str, column: Column) -> date:
    try:
        return datetime.strptime(cell, column.format).date() if column.format else date.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"a date was expected ({column.format or 'YYYY-MM-DD'})") from None


def _timestamp(cell: str, column: Column) -> datetime:
    """A time without a zone is UTC."""
    try:
        value = datetime.strptime(cell, column.format) if column.format else datetime.fromisoformat(cell)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"a time was expected ({column.format or 'ISO 8601'})") from None


def _country(cell: str, _: Column) -> str:
    """Two letters, whichever of ISO 3166's codes was sent."""
    found = pycountry.countries.get(alpha_2=cell.upper()) or pycountry.countries.get(alpha_3=cell.upper())
    if found is None:
        raise ValueError("a country's code of two or three letters was expected (ISO 3166)")
    return str(found.alpha_2)


READERS: dict[str, Callable[[str, Column], object]] = {
    "string": _string, "id": _string, "country": _country, "long": _long, "double": _double, "boolean": _boolean, "date": _date,
    "timestamp": _timestamp}
