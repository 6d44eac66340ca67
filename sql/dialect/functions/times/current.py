"""CURRENT_DATE and its siblings, with and without brackets."""

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.functions.times.arguments import count_arguments, zone_argument
from gamebeam.sql.dialect.functions.times.zones import clock
from gamebeam.sql.dialect.registry import special
from gamebeam.sql.dialect.types import DATE, DATETIME, TIME, TIMESTAMP, Type
from gamebeam.sql.dialect.values import Value

TOPIC = "dates and times"


def _now(of: str, t: Type) -> Translator:
    def translate(call: Call) -> Value:
        count_arguments(call, 0, 1)
        return Value(of.format(clock("now()", zone_argument(call, 0))), t)

    return translate


def now_without_brackets(name: str) -> Value | None:
    """CURRENT_DATE and its siblings, which BigQuery takes without brackets."""
    sql, t = NOW.get(name.upper(), ("", DATE))
    return Value(sql.format(clock("now()", None)), t) if sql else None


NOW = {
    "CURRENT_DATE": ("CAST({} AS DATE)", DATE),
    "CURRENT_DATETIME": ("{}", DATETIME),
    "CURRENT_TIME": ("CAST({} AS TIME)", TIME),
    "CURRENT_TIMESTAMP": ("now()", TIMESTAMP),
}

for _name, (_sql, _type) in NOW.items():
    special(
        _name,
        f"{'' if _name == 'CURRENT_TIMESTAMP' else '[zone] '}-> {_type}",
        _now(_sql, _type),
        topic=TOPIC,
        examples={f"{_name}() IS NOT NULL": True, f"{_name} IS NOT NULL": True},
    )
