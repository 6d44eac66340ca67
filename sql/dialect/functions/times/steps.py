"""Differences and steps: DATE_DIFF, DATE_ADD, DATE_SUB and their siblings."""

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.functions.times.arguments import count_arguments, typed
from gamebeam.sql.dialect.functions.times.parts import CLOCK, MICROSECONDS, difference, interval_of, moved, part_name
from gamebeam.sql.dialect.registry import ERROR, special
from gamebeam.sql.dialect.types import DATE, DATETIME, INT64, TIME, TIMESTAMP, Type
from gamebeam.sql.dialect.values import Value

TOPIC = "dates and times"


def _diff(*allowed: Type) -> Translator:
    def translate(call: Call) -> Value:
        count_arguments(call, 3, 3)
        a, b, part = typed(call, 0, *allowed), typed(call, 1, *allowed), part_name(call.nodes[2])
        if a.type != b.type:
            if {a.type, b.type} != {DATE, DATETIME}:
                raise call.refuse(f"{a.type} and {b.type} have no difference")
            a, b = coerced(a, DATETIME), coerced(b, DATETIME)
        if a.type == TIMESTAMP:
            if part not in MICROSECONDS:
                raise call.refuse(f"the difference of two TIMESTAMPs is not counted in {part}; use DATE_DIFF of their dates")
            return Value(f"((epoch_us({a.sql}) - epoch_us({b.sql})) // {MICROSECONDS[part]}::BIGINT)", INT64)
        return Value(difference(part, a.sql, b.sql, a.type.kind), INT64)

    return translate


def _shift(sign: str, *allowed: Type) -> Translator:
    def translate(call: Call) -> Value:
        count_arguments(call, 2, 2)
        value = typed(call, 0, *allowed)
        count, part = interval_of(call.nodes[1], lambda node: call.translate(node, call.scope))
        kind = value.type.kind
        if kind == "DATE" and part in CLOCK:
            value, kind = coerced(value, DATETIME), "DATETIME"
            if DATETIME not in allowed:
                raise call.refuse(f"{part} is not added to a DATE")
        return Value(moved(part, value.sql, f"(0::BIGINT - {count})" if sign == "-" else count, kind), Type(kind))

    return translate


_STEPS = {
    "DATE": (DATE, DATETIME, TIMESTAMP),
    "DATETIME": (DATETIME, DATE, TIMESTAMP),
    "TIMESTAMP": (TIMESTAMP, DATETIME, DATE),
    "TIME": (TIME,),
}
_STEP_EXAMPLES: dict[str, tuple[dict[str, object], dict[str, object], dict[str, object]]] = {
    "DATE": (
        {
            "DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', WEEK)": 1,
            "DATE_DIFF(DATE '2017-12-30', DATE '2014-12-30', ISOYEAR)": 2,
            "DATE_DIFF(DATE '2010-07-07', DATE '2008-12-25', DAY)": 559,
        },
        {
            "STRING(DATE_ADD(DATE '2008-12-25', INTERVAL 5 DAY))": "2008-12-30",
            "STRING(DATE_ADD(DATE '2023-01-31', INTERVAL 1 MONTH))": "2023-02-28",
            "DATE_ADD(DATE '9999-12-31', INTERVAL 1 DAY)": ERROR,
        },
        {"STRING(DATE_SUB(DATE '2008-12-25', INTERVAL 5 DAY))": "2008-12-20"},
    ),
    "DATETIME": (
        {"DATETIME_DIFF(DATETIME '2010-07-07 10:20:00', DATETIME '2008-12-25 15:30:00', DAY)": 559},
        {"STRING(DATETIME_ADD(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE))": "2008-12-25 15:40:00"},
        {"STRING(DATETIME_SUB(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE))": "2008-12-25 15:20:00"},
    ),
    "TIMESTAMP": (
        {
            "TIMESTAMP_DIFF(TIMESTAMP '2010-07-07 10:20:00+00', TIMESTAMP '2008-12-25 15:30:00+00', HOUR)": 13410,
            "TIMESTAMP_DIFF(TIMESTAMP '2018-08-14', TIMESTAMP '2018-10-14', DAY)": -61,
            "TIMESTAMP_DIFF('2001-02-01 01:00:00', '2001-02-01 00:00:01', HOUR)": 0,
        },
        {
            "STRING(TIMESTAMP_ADD(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE))": "2008-12-25 15:40:00+00",
            "TIMESTAMP_ADD(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 1 MONTH)": ERROR,
        },
        {"STRING(TIMESTAMP_SUB(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE))": "2008-12-25 15:20:00+00"},
    ),
    "TIME": (
        {"TIME_DIFF(TIME '15:30:00', TIME '14:35:00', MINUTE)": 55},
        {"STRING(TIME_ADD(TIME '15:30:00', INTERVAL 10 HOUR))": "01:30:00"},
        {"STRING(TIME_SUB(TIME '00:30:00', INTERVAL 1 HOUR))": "23:30:00"},
    ),
}
for _name, _types in _STEPS.items():
    _names, _examples = " or ".join(map(str, _types)), _STEP_EXAMPLES[_name]
    special(f"{_name}_DIFF", f"{_names}, {_names}, part -> INT64", _diff(*_types), topic=TOPIC, examples=_examples[0])
    special(f"{_name}_ADD", f"{_names}, INTERVAL n part", _shift("+", *_types), topic=TOPIC, examples=_examples[1])
    special(f"{_name}_SUB", f"{_names}, INTERVAL n part", _shift("-", *_types), topic=TOPIC, examples=_examples[2])
