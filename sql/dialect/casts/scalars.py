"""Casts between numbers, BOOL, STRING and BYTES."""

from gamebeam.sql.dialect.casts.table import describe
from gamebeam.sql.dialect.runtime import macro

macro("bq_float_to_int", """(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) AND round(x) >= -9223372036854775808.0::DOUBLE
      AND round(x) < 9223372036854775808.0::DOUBLE THEN CAST(round(x) AS BIGINT)
      ELSE bq_fail('casting ' || x || ' to INT64 is out of range') END""")
macro("bq_string_to_int", r"""(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '\s*[+-]?[0-9]+\s*')
      THEN CAST(trim(s, E' \t\n\r\f\v') AS BIGINT)
      WHEN regexp_full_match(s, '\s*[+-]?0[xX][0-9a-fA-F]+\s*') THEN bq_hex_to_int(trim(s, E' \t\n\r\f\v'))
      ELSE bq_fail('bad INT64 value: ' || s) END""")
macro("bq_hex_to_int", """(s) AS CAST(list_reduce(list_prepend(0::HUGEINT, list_transform(
      string_split(lower(regexp_replace(s, '[+-]?0[xX]0*', '')), ''),
      lambda c: CAST(strpos('0123456789abcdef', c) - 1 AS HUGEINT))), lambda a, b: a * 16 + b) * CASE WHEN s[1] = '-' THEN -1
      ELSE 1 END AS BIGINT)""")
macro("bq_string_to_float", r"""(s) AS CASE WHEN s IS NULL THEN NULL
      WHEN regexp_full_match(s, '(?i)\s*[+-]?([0-9]+\.?[0-9]*(e[+-]?[0-9]+)?|\.[0-9]+(e[+-]?[0-9]+)?)\s*')
      THEN CAST(s AS DOUBLE) WHEN regexp_full_match(s, '(?i)\s*[+]?(inf|infinity)\s*') THEN 'inf'::DOUBLE
      WHEN regexp_full_match(s, '(?i)\s*-(inf|infinity)\s*') THEN '-inf'::DOUBLE
      WHEN regexp_full_match(s, '(?i)\s*[+-]?nan\s*') THEN 'nan'::DOUBLE ELSE bq_fail('bad FLOAT64 value: ' || s) END""")
macro("bq_string_to_numeric", r"""(s) AS CASE WHEN s IS NULL THEN NULL
      WHEN regexp_full_match(s, '(?i)\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?\s*')
      THEN CAST(s AS DECIMAL(38,9)) ELSE bq_fail('invalid NUMERIC value: ' || s) END""")
macro("bq_string_to_bool", """(s) AS CASE WHEN s IS NULL THEN NULL WHEN lower(s) = 'true' THEN true WHEN lower(s) = 'false' THEN false
      ELSE bq_fail('bad BOOL value: ' || s) = 0 END""")
macro("bq_float_to_string", """(x) AS CASE WHEN isnan(x) THEN 'nan' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END
      WHEN x = 0 THEN '0' WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x) ELSE printf('%.17g', x) END""")
macro("bq_numeric_to_string", r"""(x) AS regexp_replace(CAST(x AS VARCHAR), '\.?0+$', '')""")
# DuckDB multiplies a DOUBLE by 10^9 in floating point on its way to a DECIMAL: the whole part goes another way.
macro("bq_float_to_decimal", "(x) AS CAST(CAST(trunc(x) AS HUGEINT) AS DECIMAL(38,9)) + CAST(x - trunc(x) AS DECIMAL(38,9))")
macro("bq_float_to_bignumeric", """(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) AND abs(x) < 1e29 AND x * 512 = trunc(x * 512)
      THEN bq_float_to_decimal(x) ELSE bq_fail('casting ' || x || ' to BIGNUMERIC needs more than 38 digits, or 9 after the point') END""")
macro("bq_float_to_numeric", """(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) AND abs(x) < 1e29 THEN bq_float_to_decimal(x)
      ELSE bq_fail('casting ' || x || ' to NUMERIC is out of range') END""")
macro("bq_string_to_bignumeric", """(s) AS CASE WHEN s IS NULL THEN NULL WHEN NOT regexp_matches(s, '[.][0-9]{9}[0-9]*[1-9]|[eE]')
      THEN bq_string_to_numeric(s) ELSE bq_fail('a BIGNUMERIC of more than 38 digits, or 9 after the point: ' || s) END""")
macro("bq_numeric_to_int", "(x) AS CAST(round(x, 0) AS BIGINT)")
macro("bq_bytes_to_string", "(b) AS decode(b)")

for _of, _to, _template in (
        ("INT64", "FLOAT64", "CAST({0} AS DOUBLE)"), ("INT64", "NUMERIC", "CAST({0} AS DECIMAL(38,9))"),
        ("INT64", "STRING", "CAST({0} AS VARCHAR)"), ("INT64", "BOOL", "({0} != 0)"),
        ("BOOL", "INT64", "CAST({0} AS BIGINT)"), ("BOOL", "STRING", "CAST({0} AS VARCHAR)"),
        ("FLOAT64", "INT64", "bq_float_to_int({0})"), ("FLOAT64", "STRING", "bq_float_to_string({0})"),
        ("FLOAT64", "NUMERIC", "bq_float_to_numeric({0})"), ("FLOAT64", "BIGNUMERIC", "bq_float_to_bignumeric({0})"),
        ("NUMERIC", "INT64", "bq_numeric_to_int({0})"), ("NUMERIC", "FLOAT64", "CAST({0} AS DOUBLE)"),
        ("NUMERIC", "STRING", "bq_numeric_to_string({0})"),
        ("STRING", "INT64", "bq_string_to_int({0})"), ("STRING", "FLOAT64", "bq_string_to_float({0})"),
        ("STRING", "NUMERIC", "bq_string_to_numeric({0})"), ("STRING", "BOOL", "bq_string_to_bool({0})"),
        ("INT64", "BIGNUMERIC", "CAST({0} AS DECIMAL(38,9))"), ("NUMERIC", "BIGNUMERIC", "{0}"),
        ("STRING", "BIGNUMERIC", "bq_string_to_bignumeric({0})"),
        ("BIGNUMERIC", "INT64", "bq_numeric_to_int({0})"), ("BIGNUMERIC", "FLOAT64", "CAST({0} AS DOUBLE)"),
        ("BIGNUMERIC", "NUMERIC", "{0}"),
        ("BIGNUMERIC", "STRING", "bq_numeric_to_string({0})"),
        ("STRING", "BYTES", "encode({0})"), ("BYTES", "STRING", "bq_bytes_to_string({0})"),
        ("DATE", "DATETIME", "CAST({0} AS TIMESTAMP)"), ("DATETIME", "DATE", "CAST({0} AS DATE)"),
        ("DATETIME", "TIME", "CAST({0} AS TIME)")):
    describe(_of, _to, _template)
