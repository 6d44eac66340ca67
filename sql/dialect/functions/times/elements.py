"""A text is read by the elements of a format, in Python: what the PARSE_ functions of dates and times do."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from gamebeam.sql.dialect.functions.times.formats import ELEMENT

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
SAME = {
    "D": "%m/%d/%y",
    "x": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "r": "%I:%M:%S %p",
    "c": "%a %b %e %H:%M:%S %Y",
}
NUMBERS = {
    "m": (2, 1, 12),
    "d": (2, 1, 31),
    "e": (2, 1, 31),
    "H": (2, 0, 23),
    "k": (2, 0, 23),
    "I": (2, 1, 12),
    "l": (2, 1, 12),
    "M": (2, 0, 59),
    "S": (2, 0, 60),
    "j": (3, 1, 366),
    "U": (2, 0, 53),
    "W": (2, 0, 53),
    "u": (1, 1, 7),
    "w": (1, 0, 6),
    "Q": (1, 1, 4),
    "V": (2, 1, 53),
    "y": (2, 0, 99),
    "C": (2, 0, 99),
    "Y": (5, 0, 10000),
    "G": (5, 0, 10000),
    "g": (2, 0, 99),
}
KNOWN = set(NUMBERS) | set(SAME) | set("AaBbhpPsz%nt")
WIDE_CENTURY = "3C"  # %C where no element follows: a zero may stand before its two digits


@dataclass
class Fields:
    """What has been read. Of the elements that fix the day, the last ones count."""

    year: int = 1970
    month: int = 1
    day: int = 1
    hour: int = 0
    minute: int = 0
    second: int = 0
    micros: int = 0
    afternoon: bool | None = None
    twelve: bool = False
    offset: int = 0
    epoch: int | None = None
    century: int | None = None
    two_digits: int | None = None
    by: str = "month"
    number: int = 1
    weekday: int | None = None
    iso_year: int | None = None
    order: list[str] = field(default_factory=list)


def parsed(s: str, format_: str) -> datetime:
    """The clock's time, less the offset that the text has. Raises: ValueError."""
    read, at = Fields(), _spaces(s, 0)
    for element in elements(format_):
        at = _spaces(s, at) if element == " " else _element(read, element, s, at)
    if _spaces(s, at) != len(s):
        raise ValueError(f"failed to parse {s!r} by {format_!r}")
    return _assembled(read)


@lru_cache(maxsize=256)
def elements(format_: str) -> tuple[str, ...]:
    """Each element with its %, each other character by itself, white space as one."""
    found: list[str] = []
    at = 0
    while at < len(format_):
        match = ELEMENT.match(format_, at)
        if match:
            element = match[1]
            at = match.end()
            found += (" ",) if element in ("n", "t") else elements(SAME[element]) if element in SAME else (f"%{element}",)
        elif format_[at].isspace():
            found.append(" ")
            at += 1
        else:
            found.append(format_[at])
            at += 1
    for i, element in enumerate(found):
        if element in ("%C", "%EC") and not "".join(found[i + 1:i + 2]).startswith("%"):
            found[i] = f"%{WIDE_CENTURY}"
    return tuple(found)


def _spaces(s: str, at: int) -> int:
    while at < len(s) and s[at] in " \t\n\v\f\r":
        at += 1
    return at


def _digits(s: str, at: int, most: int, low: int, high: int) -> tuple[int, int]:
    end = at
    while end < len(s) and end - at < most and s[end].isascii() and s[end].isdigit():
        end += 1
    if end == at or not low <= int(s[at:end]) <= high:
        raise ValueError(f"failed to parse {s!r}: a number from {low} to {high} is expected at {at + 1}")
    return int(s[at:end]), end


def _name(s: str, at: int, names: tuple[str, ...]) -> tuple[int, int]:
    for i, name in enumerate(names):
        for written in (name, name[:3]):
            if s[at : at + len(written)].lower() == written:
                return i, at + len(written)
    raise ValueError(f"failed to parse {s!r}: a name is expected at {at + 1}")


def _element(read: Fields, element: str, s: str, at: int) -> int:
    if not element.startswith("%") or element == "%%":
        if s[at : at + 1] != element[-1]:
            raise ValueError(f"failed to parse {s!r}: {element[-1]!r} is expected at {at + 1}")
        return at + 1
    name = element[1:]
    if name in ("A", "a"):
        read.weekday, at = _name(s, at, WEEKDAYS)
        return at
    if name in ("B", "b", "h"):
        month, at = _name(s, at, MONTHS)
        read.month, read.by = month + 1, "month"
        return at
    if name in ("p", "P"):
        half = s[at : at + 2].lower()
        if half not in ("am", "pm"):
            raise ValueError(f"failed to parse {s!r}: AM or PM is expected at {at + 1}")
        read.afternoon = half == "pm"
        return at + 2
    if name in ("z", "Ez"):
        return _offset(read, s, at, name == "Ez")
    if name == "s":
        match = re.compile(r"-?\d+").match(s, at)
        if not match:
            raise ValueError(f"failed to parse {s!r}: seconds are expected at {at + 1}")
        read.epoch = int(match[0])
        return match.end()
    if name in ("E*S", "E#S") or re.fullmatch(r"E\dS", name):
        read.second, at = _digits(s, at, 2, 0, 60)
        most = 6 if name[1] in "*#" else max(1, int(name[1]))
        match = re.compile(rf"\.(\d{{1,{most}}})").match(s, at)
        if match and name != "E0S":
            read.micros = int(match[1][:6].ljust(6, "0"))
            at = match.end()
        return at
    if name == "E4Y":
        read.year, end = _digits(s, at, 4, 0, 9999)
        if end - at != 4:
            raise ValueError(f"failed to parse {s!r}: a year of four digits is expected at {at + 1}")
        read.two_digits = read.century = None
        return end
    if name == WIDE_CENTURY:
        read.century, at = _digits(s, at, 3, 0, 99)
        read.two_digits = read.two_digits or 0
        return at
    return _number(read, name[-1], s, at)


def _number(read: Fields, name: str, s: str, at: int) -> int:
    most, low, high = NUMBERS[name]
    n, at = _digits(s, at, 4 if name in "YG" and at + 4 < len(s) and s[at + 4 : at + 5].isdigit() else most, low, high)
    if name in "HIklMS":
        if name in "Il":
            read.twelve = True
        elif name in "Hk":
            read.twelve = False
        setattr(read, {"M": "minute", "S": "second"}.get(name, "hour"), n)
    elif name == "m":
        read.month, read.by = n, "month"
    elif name in "de":
        read.day, read.by = n, "month"
    elif name == "Q":
        read.month, read.by = 3 * n - 2, "month"
    elif name == "Y":
        read.year, read.two_digits, read.century = n, None, None
    elif name == "y":
        read.two_digits = n
    elif name == "C":
        read.century = n
        if read.two_digits is None:
            read.two_digits = 0
    elif name in "jUWV":
        read.by, read.number = name, n
    elif name in "Gg":
        read.iso_year, read.by = n if name == "G" else n + (2000 if n < 69 else 1900), "V"
    else:
        read.weekday = n % 7
    return at


def _offset(read: Fields, s: str, at: int, colon: bool) -> int:
    if colon and s[at : at + 1] == "Z":
        return at + 1
    match = re.compile(r"([+-])(\d{2})(?::?(\d{2}))?" if colon else r"([+-])(\d{2})(\d{2})?").match(s, at)
    if not match or int(match[2]) * 60 + int(match[3] or 0) > 840 or int(match[3] or 0) > 59:
        raise ValueError(f"failed to parse {s!r}: an offset is expected at {at + 1}")
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    read.offset = -minutes if match[1] == "-" else minutes
    return match.end()


def _assembled(read: Fields) -> datetime:
    if read.epoch is not None:
        return datetime(1970, 1, 1) + timedelta(seconds=read.epoch)
    if read.two_digits is not None:
        century = read.century if read.century is not None else 20 if read.two_digits < 69 else 19
        read.year = century * 100 + read.two_digits
    hour = read.hour
    if read.twelve:
        hour = hour % 12 + (12 if read.afternoon else 0)
    day = _day(read)
    at = datetime(day.year, day.month, day.day, hour, read.minute, min(read.second, 59), read.micros if read.second < 60 else 0)
    return at + timedelta(seconds=read.second == 60, minutes=-read.offset)


def _day(read: Fields) -> date:
    if read.by == "month":
        return date(read.year, read.month, read.day)
    first = date(read.iso_year if read.iso_year is not None and read.by == "V" else read.year, 1, 1)
    if read.by == "j":
        day = first + timedelta(days=read.number - 1)
        if day.year != first.year:
            raise ValueError(f"{read.year} has no day {read.number}")
        return day
    if read.by == "V":
        return date.fromisocalendar(first.year, read.number, (read.weekday or 7) if read.weekday is not None else 1)
    starts = 0 if read.by == "U" else 1  # the weekday on which a week begins
    weekday = starts if read.weekday is None else read.weekday
    week_one = first + timedelta(days=(starts - first.isoweekday()) % 7)
    day = week_one + timedelta(days=(read.number - 1) * 7 + (weekday - starts) % 7)
    if day.year != first.year:
        raise ValueError(f"{read.year} has no such day in week {read.number}")
    return day
