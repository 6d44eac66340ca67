"""The modules that describe examined functions. Importing this fills the registry."""

from sql.dialect import (
    aggregates,
    arrays,
    conditions,
    datetimes,
    formats,
    formatting,
    hashes,
    intervals,
    json_values,
    numbers,
    operators,
    ranges,
    regexps,
    strings,
    times_text,
    windows,
)

__all__ = [
    "aggregates",
    "arrays",
    "conditions",
    "datetimes",
    "formats",
    "formatting",
    "hashes",
    "intervals",
    "json_values",
    "numbers",
    "operators",
    "ranges",
    "regexps",
    "strings",
    "times_text",
    "windows",
]
