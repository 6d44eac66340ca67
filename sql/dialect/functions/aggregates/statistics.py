"""Variances, standard deviations, covariances and CORR."""

from gamebeam.sql.dialect.calls import Call, filled
from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.functions.aggregates.description import aggregate, of
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import BIGNUMERIC, FLOAT64, NUMERIC
from gamebeam.sql.dialect.values import Value

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
        if exact[0].type in (NUMERIC, BIGNUMERIC):
            result = f"bq_exact_enough({result}, min({exact[0].sql}){rows}, max({exact[0].sql}){rows})"
        return Value(f"bq_statistic({result}, {largest})", FLOAT64)

    of_type = (f"{', '.join([t] * arguments)} -> FLOAT64" for t in ("INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64"))
    aggregate(name, *((signature, translate) for signature in of_type), examples=examples)


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
