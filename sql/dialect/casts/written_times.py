"""CAST of a date or time AS STRING FORMAT …"""

from collections.abc import Callable

from gamebeam.sql.dialect.casts.format_elements import KIND_OF, constant_format, fitting
from gamebeam.sql.dialect.casts.table import FORMATTED
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.functions.times.zones import clock
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value, text


def _cased(written: str, sql: str) -> str:
    """A name in the case in which its element is written: MON, Mon or mon."""
    return (
        f"upper({sql})"
        if written[:2].isupper() or (not written[1:2].isalpha() and written[0].isupper())
        else f"lower({sql})"
        if written[0].islower()
        else sql
    )


def _part(written: str, local: str, offset: str) -> str:
    element = written.upper()
    if element in ("YYYY", "RRRR"):
        return f"lpad(CAST(year({local}) AS VARCHAR), 4, '0')"
    if KIND_OF[element] == "year":
        return f"right(lpad(CAST(year({local}) AS VARCHAR), 4, '0'), {len(element)})"
    if element in ("MONTH", "MON", "DAY", "DY"):
        return _cased(written, f"strftime({local}, '{dict(MONTH='%B', MON='%b', DAY='%A', DY='%a')[element]}')")
    if element in ("AM", "PM"):
        return _cased(written[0], f"strftime({local}, '%p')")
    if element in ("A.M.", "P.M."):
        return _cased(written[0], f"replace(strftime({local}, '%p'), 'M', '.M.')")
    if element.startswith("FF"):
        return f"left(lpad(CAST(microsecond({local}) % 1000000 AS VARCHAR), 6, '0') || '000', {element[2]})"
    if element in ("TZH", "TZM"):
        return f"{'left' if element == 'TZH' else 'right'}(bq_offset_digits({offset}, ''), {3 if element == 'TZH' else 2})"
    if element == "D":
        return f"CAST(dayofweek({local}) + 1 AS VARCHAR)"
    if element == "SSSSS":
        return f"lpad(CAST(hour({local}) * 3600 + minute({local}) * 60 + second({local}) AS VARCHAR), 5, '0')"
    return f"strftime({local}, '{dict(MM='%m', DD='%d', DDD='%j', HH='%I', HH12='%I', HH24='%H', MI='%M', SS='%S')[element]}')"


def _written(kind: str) -> Callable[[Value, Value, Value | None], Value]:
    def translate(value: Value, format_: Value, zone: Value | None) -> Value:
        if format_.type.kind == "NULL" or format_.sql == "CAST(NULL AS VARCHAR)" or (zone is not None and zone.type.kind == "NULL"):
            return Value("CAST(NULL AS VARCHAR)", STRING)
        if zone is not None and kind != "TIMESTAMP":
            raise Refused("AT TIME ZONE is for a TIMESTAMP")
        local = {
            "TIMESTAMP": clock(value.sql, zone),
            "TIME": f"(TIMESTAMP '1970-01-01 00:00:00' + to_microseconds(epoch_us({value.sql})))",
        }.get(kind, value.sql)
        offset = f"(epoch_us({local}) - epoch_us({value.sql})) // 1000000"
        try:
            parts = fitting(constant_format(format_), kind)
        except Refused as e:
            return Value(f"bq_fail_text({text(str(e))})", STRING)
        joined = " || ".join(text(w) if what == "text" else _part(w, local, offset) for what, w in parts) or "''"
        return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN {joined} END", STRING)

    return translate


for _kind in ("DATE", "DATETIME", "TIME", "TIMESTAMP"):
    FORMATTED[_kind, "STRING"] = _written(_kind)
