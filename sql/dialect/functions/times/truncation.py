"""DATE_TRUNC and its siblings."""

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.functions.times.arguments import count_arguments, typed, zone_argument
from gamebeam.sql.dialect.functions.times.parts import CLOCK, part_name, truncated
from gamebeam.sql.dialect.functions.times.zones import clock, instant
from gamebeam.sql.dialect.registry import ERROR, special
from gamebeam.sql.dialect.types import DATE, DATETIME, TIME, TIMESTAMP, Type
from gamebeam.sql.dialect.values import Value

TOPIC = "dates and times"


def _trunc(*allowed: Type) -> Translator:
    def translate(call: Call) -> Value:
        given = count_arguments(call, 2, 3)
        value, part = typed(call, 0, *allowed), part_name(call.nodes[1])
        kind = value.type.kind
        if kind == "TIME":
            if part not in CLOCK or given > 2:
                raise call.refuse(f"a TIME is not truncated to {part}")
            return Value(
                f"CAST(date_trunc('{part.lower()}', TIMESTAMP '1970-01-01 00:00:00' + to_microseconds(epoch_us({value.sql}))) AS TIME)",
                TIME,
            )
        if kind != "TIMESTAMP":
            if given > 2:
                raise call.refuse("only a TIMESTAMP has a time zone")
            return Value(truncated(part, value.sql, kind), value.type)
        zone = zone_argument(call, 2)
        local = clock(value.sql, zone)
        if zone is not None and part in ("HOUR", "MINUTE"):  # an hour of the zone's clock, of which there may be two
            return Value(f"({value.sql} - ({local} - {truncated(part, local, 'DATETIME')}))", TIMESTAMP)
        if part in ("SECOND", "MILLISECOND", "MICROSECOND"):
            return Value(f"bq_of_utc_clock({truncated(part, clock(value.sql, None), 'DATETIME')})", TIMESTAMP)
        return Value(instant(truncated(part, local, "DATETIME"), zone), TIMESTAMP)

    return translate


_TRUNC = {
    "DATE_TRUNC": (DATE, DATETIME, TIMESTAMP),
    "DATETIME_TRUNC": (DATETIME, DATE, TIMESTAMP),
    "TIMESTAMP_TRUNC": (TIMESTAMP, DATETIME, DATE),
    "TIME_TRUNC": (TIME,),
}
_TRUNC_EXAMPLES: dict[str, dict[str, object]] = {
    "DATE_TRUNC": {
        "STRING(DATE_TRUNC(DATE '2017-11-07', WEEK))": "2017-11-05",
        "STRING(DATE_TRUNC(DATE '2017-11-05', WEEK(MONDAY)))": "2017-10-30",
        "STRING(DATE_TRUNC(DATE '2015-06-15', ISOYEAR))": "2014-12-29",
        "DATE_TRUNC(DATE '2020-01-01', HOUR)": ERROR,
    },
    "DATETIME_TRUNC": {"STRING(DATETIME_TRUNC(DATETIME '2008-12-25 15:30:00', DAY))": "2008-12-25 00:00:00"},
    "TIMESTAMP_TRUNC": {
        "STRING(TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY, 'America/Los_Angeles'))": "2008-12-25 08:00:00+00",
        "STRING(TIMESTAMP_TRUNC(TIMESTAMP '2026-11-01 05:50:00+00', HOUR, 'Asia/Kolkata'))": "2026-11-01 05:30:00+00",
    },
    "TIME_TRUNC": {"STRING(TIME_TRUNC(TIME '15:30:42', HOUR))": "15:00:00"},
}
for _name, _types in _TRUNC.items():
    special(
        _name,
        f"{' or '.join(map(str, _types))}, part{'[, zone]' if TIMESTAMP in _types else ''}",
        _trunc(*_types),
        topic=TOPIC,
        examples=_TRUNC_EXAMPLES[_name],
    )
