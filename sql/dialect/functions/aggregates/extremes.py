"""MIN, MAX, ANY_VALUE, MIN_BY and MAX_BY."""

from dataclasses import replace

from gamebeam.sql.dialect.calls import Call, Translator, filled
from gamebeam.sql.dialect.functions.aggregates.description import UNSORTED, aggregate, of
from gamebeam.sql.dialect.functions.operators.comparison import compared
from gamebeam.sql.dialect.types import FLOAT64
from gamebeam.sql.dialect.values import Value


def _extreme(name: str) -> Translator:
    def translate(call: Call) -> Value:
        [value] = call.values
        if value.type.kind in UNSORTED:
            raise call.refuse(f"values of type {value.type} have no order")
        if value.type.collated:
            by_key = replace(call, values=[value, Value(compared(value), value.type)], distinct=False)
            return Value(filled(f"arg_{name}({{0}}, {{1}}){{over}}", by_key), value.type)
        sql = filled(f"{name}({{distinct}}{{0}}){{over}}", call)
        if name == "min" and value.type == FLOAT64:  # NaN is above every number for DuckDB; in BigQuery one NaN makes the result NaN
            sql = f"CASE WHEN bool_or(isnan({value.sql})){call.after()} THEN 'nan'::DOUBLE ELSE {sql} END"
        return Value(sql, call.result or value.type)

    return translate


aggregate("MAX", ("T -> T", _extreme("max")), collated=True, examples={of("[8, NULL, 37]", "MAX(x)"): 37, of("['a', 'b']", "MAX(x)"): "b"})
aggregate(
    "MIN",
    ("T -> T", _extreme("min")),
    collated=True,
    examples={of("[8, NULL, 37]", "MIN(x)"): 8, of("[1.0, CAST('nan' AS FLOAT64)]", "IS_NAN(MIN(x))"): True},
)


def _at_extreme(value: Value, key: Value, largest: bool, call: Call) -> Value:
    """The value in the row with the largest or smallest key; a value that is not NULL where several rows have that key."""
    if key.type.kind in UNSORTED or key.type.collated:
        raise call.refuse(f"values of type {key.type} have no order")
    full = f"({value.sql} IS NOT NULL)" if largest else f"({value.sql} IS NULL)"
    rows = call.after(f"{key.sql} IS NOT NULL")
    sql = f"arg_{'max' if largest else 'min'}_null({value.sql}, {{k: {key.sql}, f: {full}}}){rows}"
    if key.type == FLOAT64:  # one NaN makes the extreme NaN, which equals no key
        sql = f"CASE WHEN bool_or(isnan({key.sql})){call.after()} THEN NULL ELSE {sql} END"
    return Value(sql, value.type)


def _any_value(call: Call) -> Value:
    [value] = call.values
    if call.having:
        key, largest = call.having
        return _at_extreme(value, call.translate(key, call.scope), largest, call)
    return Value(filled("any_value({distinct}{0}){over}", call), value.type)


def _by(largest: bool) -> Translator:
    return lambda call: _at_extreme(call.values[0], call.values[1], largest, call)


_PAIRS = "(SELECT {} FROM UNNEST([STRUCT('a' AS v, 1 AS k), STRUCT('b' AS v, 3 AS k), STRUCT('c' AS v, 2 AS k)]))"
aggregate(
    "ANY_VALUE",
    ("ANY -> ANY", _any_value),
    collated=True,
    examples={
        of("[NULL, 7]", "ANY_VALUE(x)"): 7,
        _PAIRS.format("ANY_VALUE(v HAVING MAX k)"): "b",
        _PAIRS.format("ANY_VALUE(v HAVING MIN k)"): "a",
    },
)
aggregate("MAX_BY", ("ANY, ANY -> ANY", _by(True)), examples={_PAIRS.format("MAX_BY(v, k)"): "b"})
aggregate("MIN_BY", ("ANY, ANY -> ANY", _by(False)), examples={_PAIRS.format("MIN_BY(v, k)"): "a"})
