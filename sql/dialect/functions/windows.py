"""Numbering, navigation and percentile functions, which need OVER."""

from decimal import Decimal

from sqlglot import exp

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import FLOAT64, INT64
from gamebeam.sql.dialect.values import Value

TOPIC = "windows"


def _check(call: Call, ordered: bool | None) -> None:
    """ordered: whether ORDER BY must be there; None where it must not. A function that looks at no frame may have none."""
    if ordered and not call.ordered:
        raise call.refuse("needs ORDER BY inside OVER")
    if ordered is None and call.ordered:
        raise call.refuse("takes no ORDER BY inside OVER")
    if call.framed:
        raise call.refuse("takes no frame (ROWS or RANGE)")


def example(expression: str, values: str = "[7, 7, 8]") -> str:
    """The largest value of a window function over an array's elements."""
    return f"(SELECT MAX(n) FROM (SELECT {expression} AS n FROM UNNEST({values}) AS x))"


def _numbering(name: str, result: str, ordered: bool, sample: object) -> None:
    def translate(call: Call) -> Value:
        _check(call, ordered)
        sql = f"{name.lower()}(){call.over}"
        return Value(sql, INT64 if result == "INT64" else FLOAT64)

    function(name, (f" -> {result}", translate), kind="window", topic=TOPIC, examples={example(f"{name}() OVER (ORDER BY x)"): sample})


_numbering("ROW_NUMBER", "INT64", False, 3)
_numbering("RANK", "INT64", True, 3)
_numbering("DENSE_RANK", "INT64", True, 2)
_numbering("PERCENT_RANK", "FLOAT64", True, 1.0)
_numbering("CUME_DIST", "FLOAT64", True, 1.0)


def _constant(call: Call, value: Value, least: int, what: str) -> Value:
    """An argument that is the same in all rows."""
    if value.type.kind == "NULL" or (isinstance(value.constant, int) and value.constant < least):
        raise call.refuse(f"{what} must be at least {least} and not NULL")
    if value.literal:
        return value
    return Value(
        f"CASE WHEN bq_check(coalesce({value.sql} >= {least}, false), '{call.function.name}: {what} must be at least {least}') "
        f"THEN {value.sql} END",
        value.type,
    )


def _ntile(call: Call) -> Value:
    _check(call, True)
    buckets = _constant(call, call.values[0], 1, "the number of buckets")
    return Value(f"ntile({buckets.sql}){call.over}", INT64)


function(
    "NTILE",
    ("INT64 -> INT64", _ntile),
    kind="window",
    topic=TOPIC,
    examples={example("NTILE(2) OVER (ORDER BY x)"): 2, example("NTILE(0) OVER (ORDER BY x)"): ERROR},
)


def _shifted(name: str) -> Translator:
    def translate(call: Call) -> Value:
        _check(call, True)
        if call.nulls:
            raise call.refuse(f"{call.nulls} is not supported")
        value, *rest = call.values
        arguments = [value.sql]
        if rest:
            arguments.append(_constant(call, rest[0], 0, "the offset").sql)
        if len(rest) == 2:
            if call.nodes[2].find(exp.Column, exp.Query):
                raise call.refuse("the default must be a constant")
            arguments.append(coerced(rest[1], value.type).sql)
        return Value(f"{name}({', '.join(arguments)}){call.over}", value.type)

    return translate


for _name, _largest in (("LEAD", 9), ("LAG", 8)):
    function(
        _name,
        ("T -> T", _shifted(_name.lower())),
        ("T, INT64 -> T", _shifted(_name.lower())),
        ("T, INT64, T -> T", _shifted(_name.lower())),
        kind="window",
        topic=TOPIC,
        examples={
            example(f"{_name}(x) OVER (ORDER BY x)", "[7, 8, 9]"): _largest,
            example(f"{_name}(x, 9, 5) OVER (ORDER BY x)"): 5,
            example(f"{_name}(x, -1) OVER (ORDER BY x)"): ERROR,
        },
    )


def _positioned(name: str) -> Translator:
    def translate(call: Call) -> Value:
        if not call.ordered:
            raise call.refuse("needs ORDER BY inside OVER")
        value, *rest = call.values
        nulls = f" {call.nulls}" if call.nulls else ""
        number = f", {_constant(call, rest[0], 1, 'N').sql}" if rest else ""
        return Value(f"{name}({value.sql}{number}{nulls}){call.over}", value.type)

    return translate


function(
    "FIRST_VALUE",
    ("ANY -> ANY", _positioned("first_value")),
    kind="window",
    topic=TOPIC,
    examples={example("FIRST_VALUE(x IGNORE NULLS) OVER (ORDER BY x)", "[NULL, 8, 9]"): 8},
)
function(
    "LAST_VALUE",
    ("ANY -> ANY", _positioned("last_value")),
    kind="window",
    topic=TOPIC,
    examples={example("LAST_VALUE(x) OVER (ORDER BY x)", "[7, 8, 9]"): 9},
)
function(
    "NTH_VALUE",
    ("ANY, INT64 -> ANY", _positioned("nth_value")),
    kind="window",
    topic=TOPIC,
    examples={example("NTH_VALUE(x, 2) OVER (ORDER BY x)", "[7, 8, 9]"): 8, example("NTH_VALUE(x, 0) OVER (ORDER BY x)"): ERROR},
)


def _fraction(call: Call) -> str:
    at = call.values[1]
    if call.nulls == "RESPECT NULLS":
        raise call.refuse("RESPECT NULLS is not supported here")
    if not at.literal or not isinstance(at.constant, int | Decimal):
        raise call.refuse("the percentile must be a literal")
    if not 0 <= at.constant <= 1 or round(at.constant, 6) != at.constant:
        raise call.refuse("the percentile is between 0 and 1, with at most 6 digits after the point here")
    return repr(float(at.constant)) + "::DOUBLE"


def _percentile_cont(call: Call) -> Value:
    _check(call, None)
    value = call.values[0]
    return Value(f"bq_percentile(quantile_cont({value.sql}, {_fraction(call)}){call.over}, max(abs({value.sql})){call.over})", FLOAT64)


def _percentile_disc(call: Call) -> Value:
    _check(call, None)
    value = call.values[0]
    if value.type.kind in ("JSON", "ARRAY", "STRUCT"):
        raise call.refuse(f"values of type {value.type} have no order")
    sql = f"quantile_disc({value.sql}, {_fraction(call)}){call.over}"
    if value.type == FLOAT64:
        sql = f"bq_percentile({sql}, max(abs({value.sql})){call.over})"
    return Value(sql, value.type)


macro(
    "bq_percentile",
    """(result, largest) AS CASE WHEN isnan(largest) OR largest > 1e307
      THEN bq_fail('a percentile over NaN or infinity is not supported here') ELSE result END""",
)
function(
    "PERCENTILE_CONT",
    ("INT64, FLOAT64 -> FLOAT64", lambda call: _percentile_cont(_as_float(call))),
    ("FLOAT64, FLOAT64 -> FLOAT64", _percentile_cont),
    kind="window",
    topic=TOPIC,
    examples={example("PERCENTILE_CONT(x, 0.5) OVER ()", "[0, 3, NULL, 1, 2]"): 1.5},
    note="of NUMERIC: not supported; CAST it to FLOAT64",
)
function(
    "PERCENTILE_DISC",
    ("ANY, FLOAT64 -> ANY", _percentile_disc),
    kind="window",
    topic=TOPIC,
    examples={example("PERCENTILE_DISC(x, 0.5) OVER ()", "['c', NULL, 'b', 'a']"): "b"},
)


def _as_float(call: Call) -> Call:
    call.values[0] = coerced(call.values[0], FLOAT64)
    return call
