"""The modules that describe examined functions. Importing this fills the registry."""

from sql.dialect import (
    aggregates, arrays, cast_formats, conditions, datetimes, formats, formatting, hashes, intervals, json_values, numbers, operators, parsing, ranges, regexps, strings, times_text, windows)

__all__ = ["aggregates", "arrays", "cast_formats", "conditions", "datetimes", "formats", "formatting", "hashes", "intervals", "json_values", "numbers", "operators", "parsing",
           "ranges", "regexps", "strings", "times_text", "windows"]
