"""Aggregate functions."""

from sqlglot import exp

from sql.dialect.calls import Call, filled
from sql.dialect.registry import ERROR, function, hint
from sql.dialect.runtime import macro
from sql.dialect.types import FLOAT64, INT64, NUMERIC, STRING, array_of, struct_of
from sql.dialect.values import Value, coerced

TOPIC = "aggregates"
UNSORTED = ("JSON", "ARRAY", "STRUCT")


def _aggregate(name: str, *signatures, examples: dict[str, object], note: str = "") -> None:  # type: ignore[no-untyped-def]
    function(name, *signatures, kind="aggregate", topic=TOPIC, examples=examples, note=note)


def of(values: str, expression: str) -> str:
    """An example: an aggregate expression over the rows of an array called x."""
    return f"(SELECT {expression} FROM UNNEST({values}) AS x)"


def _count(call: Call) -> Value:
    if call.values[0].sql == "*" and call.distinct:
        raise call.refuse("DISTINCT * is not BigQuery SQL; write COUNT(*) over a SELECT DISTINCT")
    return Value(filled("count({distinct}{0}){over}", call), INT64)


_aggregate(
    "COUNT",
    ("ANY -> INT64", _count),
    examples={of("[1, NULL]", "COUNT(*)"): 2, of("[1, NULL]", "COUNT(x)"): 1, of("[1, 1]", "COUNT(DISTINCT x)"): 1},
)
_aggregate(
    "COUNTIF",
    ("BOOL -> INT64", "count({distinct}CASE WHEN {0} THEN 1 END){over}"),
    examples={
        of("[true, NULL, false]", "COUNTIF(x)"): 1,
        "(SELECT COUNTIF(x) FROM UNNEST([true]) AS x WHERE false)": 0,
        of("[CAST(NULL AS BOOL)]", "COUNTIF(x)"): 0,
    },
)


def _finite(name: str):  # type: ignore[no-untyped-def]
    """A sum or an average that must not become infinite unless a value is."""

    def translate(call: Call) -> Value:
        sql = filled(f"{name}({{distinct}}{{0}}){{over}}", call)
        return Value(f"bq_finite_total({sql}, bool_or(isinf({call.values[0].sql})){call.after()})", FLOAT64)

    return translate


macro(
    "bq_finite_total",
    "(total, infinite) AS CASE WHEN isinf(total) AND NOT infinite THEN bq_fail('FLOAT64 overflow in a total') ELSE total END",
)
_aggregate(
    "SUM",
    ("INT64 -> INT64", "CAST(sum({distinct}{0}){over} AS BIGINT)"),
    ("NUMERIC -> NUMERIC", "CAST(sum({distinct}{0}){over} AS DECIMAL(38,9))"),
    ("BIGNUMERIC -> BIGNUMERIC", "CAST(sum({distinct}{0}){over} AS DECIMAL(38,9))"),
    ("FLOAT64 -> FLOAT64", _finite("sum")),
    ("INTERVAL -> INTERVAL", "sum({0}){over}"),
    examples={
        of("[1, 2]", "SUM(x)"): 3,
        of("[1.5, NULL]", "SUM(x)"): 1.5,
        "(SELECT SUM(x) FROM UNNEST([1]) AS x WHERE false)": None,
        of("[9223372036854775807, 1]", "SUM(x)"): ERROR,
        of("[NUMERIC '0.0004', NUMERIC '0.0004']", "CAST(SUM(x) AS STRING)"): "0.0008",
    },
)
_aggregate(
    "AVG",
    ("INT64 -> FLOAT64", "avg({distinct}{0}){over}"),
    ("NUMERIC -> NUMERIC", "bq_divide_numeric(sum({distinct}{0}){over}, count({distinct}{0}){over})"),
    ("FLOAT64 -> FLOAT64", _finite("avg")),
    examples={
        of("[0, 2, NULL, 4, 4, 5]", "AVG(x)"): 3.0,
        of("[NUMERIC '1', NUMERIC '2', NUMERIC '2']", "CAST(AVG(x) AS STRING)"): "1.666666667",
    },
)


def _extreme(name: str):  # type: ignore[no-untyped-def]
    def translate(call: Call) -> Value:
        [value] = call.values
        if value.type.kind in UNSORTED:
            raise call.refuse(f"values of type {value.type} have no order")
        sql = filled(f"{name}({{distinct}}{{0}}){{over}}", call)
        if name == "min" and value.type == FLOAT64:  # NaN is above every number for DuckDB; in BigQuery one NaN makes the result NaN
            sql = f"CASE WHEN bool_or(isnan({value.sql})){call.after()} THEN 'nan'::DOUBLE ELSE {sql} END"
        return Value(sql, call.result or value.type)

    return translate


_aggregate("MAX", ("T -> T", _extreme("max")), examples={of("[8, NULL, 37]", "MAX(x)"): 37, of("['a', 'b']", "MAX(x)"): "b"})
_aggregate(
    "MIN",
    ("T -> T", _extreme("min")),
    examples={of("[8, NULL, 37]", "MIN(x)"): 8, of("[1.0, CAST('nan' AS FLOAT64)]", "IS_NAN(MIN(x))"): True},
)


def _at_extreme(value: Value, key: Value, largest: bool, call: Call) -> Value:
    """The value in the row with the largest or smallest key; a value that is not NULL where several rows have that key."""
    if key.type.kind in UNSORTED:
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


def _by(largest: bool):  # type: ignore[no-untyped-def]
    return lambda call: _at_extreme(call.values[0], call.values[1], largest, call)


_PAIRS = "(SELECT {} FROM UNNEST([STRUCT('a' AS v, 1 AS k), STRUCT('b' AS v, 3 AS k), STRUCT('c' AS v, 2 AS k)]))"
_aggregate(
    "ANY_VALUE",
    ("ANY -> ANY", _any_value),
    examples={
        of("[NULL, 7]", "ANY_VALUE(x)"): 7,
        _PAIRS.format("ANY_VALUE(v HAVING MAX k)"): "b",
        _PAIRS.format("ANY_VALUE(v HAVING MIN k)"): "a",
    },
)
_aggregate("MAX_BY", ("ANY, ANY -> ANY", _by(True)), examples={_PAIRS.format("MAX_BY(v, k)"): "b"})
_aggregate("MIN_BY", ("ANY, ANY -> ANY", _by(False)), examples={_PAIRS.format("MIN_BY(v, k)"): "a"})


def _listed(call: Call, skip_nulls: bool) -> str:
    """The first argument's values as a list, in order; NULL over no rows."""
    [value, *_] = call.values
    if call.over and (call.order or call.limit is not None):
        raise call.refuse("ORDER BY and LIMIT inside the brackets do not go with OVER")
    rows = call.after(f"{value.sql} IS NOT NULL" if skip_nulls else "")
    listed = f"list({'DISTINCT ' if call.distinct else ''}{value.sql}{call.order}){rows}"
    return f"list_slice({listed}, 1, {call.limit})" if call.limit is not None else listed


def _string_agg(call: Call) -> Value:
    value = call.values[0]
    if len(call.values) > 1 and not call.values[1].literal and "$" not in call.values[1].sql:
        raise call.refuse("the delimiter must be a literal or a parameter")
    if isinstance(call.nodes[-1], exp.Null) and len(call.nodes) > 1:
        raise call.refuse("the delimiter must not be NULL")
    if call.nulls:
        raise call.refuse(f"{call.nulls} does not go with STRING_AGG, which never has NULLs")
    between = call.values[1].sql if len(call.values) > 1 else "','" if value.type == STRING else "','::BLOB"
    if value.type == STRING and call.limit is None and not (call.over and call.order):
        return Value(f"string_agg({'DISTINCT ' if call.distinct else ''}{value.sql}, {between}{call.order}){call.after()}", STRING)
    return Value(f"bq_joined({_listed(call, True)}, {between})", value.type)


macro("bq_joined", "(items, between) AS CASE WHEN len(items) > 0 THEN list_reduce(items, lambda a, b: a || between || b) END")
_aggregate(
    "STRING_AGG",
    ("STRING[, STRING] -> STRING", _string_agg),
    ("BYTES[, BYTES] -> BYTES", _string_agg),
    examples={
        of("['apple', NULL, 'pear', 'banana', 'pear']", "STRING_AGG(x)"): "apple,pear,banana,pear",
        of("['apple', 'pear', 'banana', 'pear']", "STRING_AGG(DISTINCT x, ' & ' ORDER BY x DESC LIMIT 2)"): "pear & banana",
        of("['b', 'a']", "STRING_AGG(x, '' ORDER BY x)"): "ab",
    },
)


def _array_agg(call: Call) -> Value:
    [value] = call.values
    if value.type.kind == "ARRAY":
        raise call.refuse("an array of arrays is not supported by BigQuery; put a STRUCT between")
    if call.distinct and value.type.kind == "JSON":
        raise call.refuse("DISTINCT cannot compare JSON; use TO_JSON_STRING")
    rows = call.after(f"{value.sql} IS NOT NULL" if call.nulls == "IGNORE NULLS" else "")
    first = "" if call.distinct or call.over or call.limit == 0 else f"first({value.sql}{call.order}){rows}"
    return Value(_listed(call, call.nulls == "IGNORE NULLS"), array_of(value.type), first=first)


def _array_concat_agg(call: Call) -> Value:
    [value] = call.values
    if call.over:
        raise call.refuse("is not supported with OVER")
    if call.distinct or call.nulls:
        raise call.refuse("takes neither DISTINCT nor IGNORE NULLS")
    return Value(f"flatten({_listed(call, True)})", value.type)


_aggregate(
    "ARRAY_AGG",
    ("ANY -> ANY", _array_agg),
    examples={
        of("[2, 1, -2, 3, -2, 1, 2]", "ARRAY_AGG(x)"): [2, 1, -2, 3, -2, 1, 2],
        of("[2, 1, 2]", "ARRAY_AGG(DISTINCT x ORDER BY x)"): [1, 2],
        of("[NULL, 1, -2, 3, NULL]", "ARRAY_AGG(x IGNORE NULLS)"): [1, -2, 3],
        of("[2, 1, -2, 3]", "ARRAY_AGG(x ORDER BY ABS(x) LIMIT 2)"): [1, 2],
        of("[3, 1]", "ARRAY_AGG(x ORDER BY x)[SAFE_OFFSET(0)]"): 1,
    },
)
_aggregate(
    "ARRAY_CONCAT_AGG",
    ("ARRAY<ANY> -> ANY", _array_concat_agg),
    examples={"(SELECT ARRAY_CONCAT_AGG(x) FROM (SELECT [NULL, 1, 2] AS x UNION ALL SELECT [3] UNION ALL SELECT NULL))": [None, 1, 2, 3]},
)

_aggregate("LOGICAL_AND", ("BOOL -> BOOL", "bool_and({distinct}{0}){over}"), examples={of("[true, NULL, false]", "LOGICAL_AND(x)"): False})
_aggregate("LOGICAL_OR", ("BOOL -> BOOL", "bool_or({distinct}{0}){over}"), examples={of("[true, NULL, false]", "LOGICAL_OR(x)"): True})
for _name, _operation, _value in (("BIT_AND", "bit_and", 1), ("BIT_OR", "bit_or", 61601), ("BIT_XOR", "bit_xor", 61600)):
    _aggregate(
        _name, ("INT64 -> INT64", f"{_operation}({{distinct}}{{0}}){{over}}"), examples={of("[0xF001, 0x00A1]", f"{_name}(x)"): _value}
    )


# APPROX_: the exact answers
def _number(call: Call, number: Value) -> int:
    if not isinstance(number.constant, int) or not 1 <= number.constant <= 100_000:
        raise call.refuse("the second argument is a literal between 1 and 100000")
    return number.constant


def _quantiles(call: Call) -> Value:
    value, number = call.values
    how_many = _number(call, number)
    if value.type.kind in UNSORTED:
        raise call.refuse(f"values of type {value.type} have no order")
    direction = "NULLS FIRST"
    nan = f"NOT isnan({value.sql}) {direction}, " if value.type == FLOAT64 and not call.distinct else ""
    rows = call.after("" if call.nulls == "RESPECT NULLS" else f"{value.sql} IS NOT NULL")
    listed = f"list({'DISTINCT ' if call.distinct else ''}{value.sql} ORDER BY {nan}{value.sql} {direction}){rows}"
    return Value(f"bq_quantiles({listed}, {how_many})", array_of(value.type))


def _top_count(call: Call) -> Value:
    value, number = call.values
    how_many = _number(call, number)
    if call.distinct:
        raise call.refuse("DISTINCT is not supported")
    return Value(
        f"bq_top_count(histogram({value.sql}){call.after()}, count(*){call.after(f'{value.sql} IS NULL')}, {how_many})",
        array_of(struct_of((("value", value.type), ("count", INT64)))),
    )


macro(
    "bq_quantiles",
    """(items, n) AS CASE WHEN len(items) > 0 THEN list_transform(range(n + 1),
      lambda i: items[CAST(greatest(1, ceil(CAST(i AS DOUBLE) * len(items) / n)) AS BIGINT)]) END""",
)
macro(
    "bq_top_count",
    """(counts, nulls, n) AS CASE WHEN counts IS NOT NULL OR nulls > 0 
      THEN list_transform(list_slice(list_sort(list_concat(list_transform(map_entries(counts),
      lambda e: {c: CAST(e."value" AS BIGINT), v: e."key"}), CASE WHEN nulls > 0 THEN [{c: nulls, v: NULL}] ELSE [] END), 'DESC'), 1, n),
      lambda e: {"value": e.v, "count": e.c}) END""",
)
_aggregate(
    "APPROX_COUNT_DISTINCT",
    ("ANY -> INT64", "count(DISTINCT {0}){over}"),
    examples={of("[0, 1, 1, 2, 3, 5]", "APPROX_COUNT_DISTINCT(x)"): 5},
    note="exact here",
)
_aggregate(
    "APPROX_QUANTILES",
    ("ANY, INT64 -> ANY", _quantiles),
    examples={
        of("[1, 1, 1, 4, 5, 6, 7, 8, 9, 10]", "APPROX_QUANTILES(x, 2)"): [1, 5, 10],
        of("[NULL, 3, 9]", "APPROX_QUANTILES(x, 1)"): [3, 9],
    },
    note="exact here",
)
_aggregate(
    "APPROX_TOP_COUNT",
    ("ANY, INT64 -> ANY", _top_count),
    examples={of("['apple', 'apple', 'pear', 'pear', 'pear', 'banana']", "APPROX_TOP_COUNT(x, 2)[OFFSET(0)].value"): "pear"},
    note="exact here",
)
hint("APPROX_TOP_SUM", "write SELECT x, SUM(w) … GROUP BY x ORDER BY 2 DESC LIMIT n")


# statistics
LARGEST = 1e150  # above it DuckDB's sums of squares overflow


def _statistic(name: str, sql: str, arguments: int, examples: dict[str, object]) -> None:
    def translate(call: Call) -> Value:
        distinct = "{distinct}" if arguments == 1 else ""
        exact, call.values = call.values, [coerced(v, FLOAT64) for v in call.values]
        result = filled(f"{sql}({distinct}{', '.join(f'{{{i}}}' for i in range(arguments))}){{over}}", call)
        x, y, rows = call.values[0].sql, call.values[-1].sql, call.after()
        largest = f"max(abs({x})){rows}" if arguments == 1 else f"max(greatest(abs({x} + 0 * {y}), abs({y} + 0 * {x}))){rows}"
        if name == "CORR":
            result = f"CASE WHEN count({x} + {y}){rows} > 1 THEN {result} END"
        if exact[0].type == NUMERIC:
            result = f"bq_exact_enough({result}, min({exact[0].sql}){rows}, max({exact[0].sql}){rows})"
        return Value(f"bq_statistic({result}, {largest})", FLOAT64)

    of_type = (f"{', '.join([t] * arguments)} -> FLOAT64" for t in ("INT64", "NUMERIC", "FLOAT64"))
    _aggregate(name, *((signature, translate) for signature in of_type), examples=examples)


macro(
    "bq_exact_enough",
    """(result, least, most) AS CASE WHEN least != most 
      AND CAST(most - least AS DOUBLE) < greatest(abs(CAST(least AS DOUBLE)), abs(CAST(most AS DOUBLE))) * 1e-7
      THEN bq_fail('a statistic of NUMERICs so near to each other is not supported here') ELSE result END""",
)
macro(
    "bq_statistic",
    f"""(result, largest) AS CASE WHEN result IS NULL THEN NULL WHEN NOT isfinite(largest) THEN 'nan'::DOUBLE
      WHEN largest > {LARGEST} THEN bq_fail('a statistic of numbers above {LARGEST} is not supported here') ELSE result END""",
)
_statistic("STDDEV_POP", "stddev_pop", 1, {of("[10, 14, 18]", "ROUND(STDDEV_POP(x), 6)"): 3.265986})
_statistic("STDDEV_SAMP", "stddev_samp", 1, {of("[10, 14, 18]", "STDDEV_SAMP(x)"): 4.0, of("[10]", "STDDEV_SAMP(x)"): None})
_statistic("STDDEV", "stddev_samp", 1, {of("[10, 14, 18]", "STDDEV(x)"): 4.0})
_statistic("VAR_POP", "var_pop", 1, {of("[10, 14, 18]", "ROUND(VAR_POP(x), 6)"): 10.666667})
_statistic("VAR_SAMP", "var_samp", 1, {of("[10, 14, 18]", "VAR_SAMP(x)"): 16.0})
_statistic("VARIANCE", "var_samp", 1, {of("[10, 14, 18]", "VARIANCE(x)"): 16.0})
_statistic("CORR", "corr", 2, {of("[1, 5, 8]", "ROUND(CORR(x, x * 2), 6)"): 1.0})
_statistic("COVAR_POP", "covar_pop", 2, {of("[1, 2, 3]", "ROUND(COVAR_POP(x, x), 6)"): 0.666667})
_statistic("COVAR_SAMP", "covar_samp", 2, {of("[1, 2, 3]", "COVAR_SAMP(x, x)"): 1.0})
_aggregate(
    "GROUPING",
    ("ANY -> INT64", "CAST(grouping({0}) AS BIGINT)"),
    examples={"(SELECT MAX(g) FROM (SELECT GROUPING(x) AS g FROM UNNEST([1]) AS x GROUP BY ROLLUP (x)))": 1},
)
