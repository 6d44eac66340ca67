"""A value as JSON text: TO_JSON_STRING and TO_JSON."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.functions.json_values import documents
from gamebeam.sql.dialect.functions.json_values.arguments import flag, named_arguments
from gamebeam.sql.dialect.registry import function, special
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import JSON, STRING, field_names
from gamebeam.sql.dialect.values import Value, name_of, text

TOPIC = "JSON"

macro("bq_json_int", "(x) AS CASE WHEN abs(CAST(x AS HUGEINT)) <= 9007199254740992 THEN CAST(x AS VARCHAR) ELSE '\"' || x || '\"' END")
python("bq_json_escaped", lambda s: documents.dumps(s), "VARCHAR", "VARCHAR")
macro("bq_json_quoted", r"(s) AS CASE WHEN regexp_matches(s, '[\x00-\x1f]') THEN bq_json_escaped(s) ELSE CAST(to_json(s) AS VARCHAR) END")
macro(
    "bq_json_float",
    """(x) AS CASE WHEN isnan(x) THEN '"NaN"' WHEN isinf(x) 
      THEN CASE WHEN x > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE bq_float_to_string(x) END""",
)
macro(
    "bq_json_numeric",
    """(x) AS CASE WHEN abs(x) <= 9007199254740992 AND CAST(CAST(x AS DOUBLE) AS DECIMAL(38,9)) = x THEN bq_numeric_to_string(x)
      ELSE '"' || bq_numeric_to_string(x) || '"' END""",
)
macro(
    "bq_json_moment",
    r"""(t) AS regexp_replace(regexp_replace(strftime(t, '%Y-%m-%dT%H:%M:%S.%f'), '\.000000$', ''), '(\.[0-9]{3})000$', '\1')""",
)
macro(
    "bq_json_time",
    r"""(t) AS regexp_replace(regexp_replace(rpad(CAST(t AS VARCHAR)
      || CASE WHEN contains(CAST(t AS VARCHAR), '.') THEN '' ELSE '.' END, 15, '0'),
      '\.000000$', ''), '(\.[0-9]{3})000$', '\1')""",
)


def written(value: Value, call: Call, exact: bool = True) -> str:
    """DuckDB's SQL of a value as JSON text, never NULL. exact: INT64 beyond 2^53 as a string, as TO_JSON_STRING has it."""
    x, t = value.sql, value.type
    if t.kind == "NULL":
        return "'null'"
    if t.kind == "STRUCT":
        parts: list[str] = []
        for n, (shown, f) in zip(field_names(t), t.fields, strict=True):
            key = text(("," if parts else "{") + documents.dumps(shown) + ":")
            parts.append(f"{key} || {written(Value(f'struct_extract({x}, {text(n)})', f), call, exact)}")
        body = f"({' || '.join(parts)} || '}}')" if parts else "'{}'"
    elif t.kind == "ARRAY":
        name = name_of("j", x)
        inner = written(Value(name, t.item or STRING), call, exact)
        body = f"('[' || array_to_string(list_transform({x}, lambda {name}: {inner}), ',') || ']')"
    elif t.kind in WRITTEN:
        body = (WRITTEN[t.kind] if exact or t.kind != "INT64" else "CAST({0} AS VARCHAR)").format(x)
    else:
        raise Refused(f"{call.function.name} of {t} is not supported here")
    return f"coalesce({body}, 'null')"


WRITTEN = {
    "INT64": "bq_json_int({0})",
    "FLOAT64": "bq_json_float({0})",
    "NUMERIC": "bq_json_numeric({0})",
    "BOOL": "CAST({0} AS VARCHAR)",
    "STRING": "bq_json_quoted({0})",
    "BYTES": "'\"' || to_base64({0}) || '\"'",
    "DATE": "'\"' || CAST({0} AS VARCHAR) || '\"'",
    "DATETIME": "'\"' || bq_json_moment({0}) || '\"'",
    "TIMESTAMP": "'\"' || bq_json_moment(timezone('UTC', {0})) || 'Z\"'",
    "TIME": "'\"' || bq_json_time({0}) || '\"'",
    "JSON": "CAST({0} AS VARCHAR)",
}


def _to_json_string(call: Call) -> Value:
    value = call.values[0]
    if len(call.values) == 2 and call.values[1].constant is not False:
        raise call.refuse("pretty printing is not supported here")
    return Value(written(value, call), STRING)


def _to_json(call: Call) -> Value:
    plain, named = named_arguments(call, {"stringify_wide_numbers": flag(False)})
    wide = named["stringify_wide_numbers"].constant
    if len(plain) != 1 or not isinstance(wide, bool):
        raise call.refuse("takes one value, and TRUE or FALSE for stringify_wide_numbers")
    return Value(f"CAST(bq_parse_json({written(plain[0], call, wide)}, 'round') AS JSON)", JSON)


function(
    "TO_JSON_STRING",
    ("ANY[, BOOL] -> STRING", _to_json_string),
    topic=TOPIC,
    examples={
        "TO_JSON_STRING(STRUCT(1 AS a, 'x' AS b))": '{"a":1,"b":"x"}',
        "TO_JSON_STRING([1, NULL])": "[1,null]",
        "TO_JSON_STRING(9007199254740993)": '"9007199254740993"',
        "TO_JSON_STRING(TIMESTAMP '2026-11-30 01:02:03.5+00')": '"2026-11-30T01:02:03.500Z"',
        "TO_JSON_STRING(1.5)": "1.5",
        "TO_JSON_STRING(NULL)": "null",
    },
)
special(
    "TO_JSON",
    "ANY[, stringify_wide_numbers => BOOL] -> JSON",
    _to_json,
    topic=TOPIC,
    examples={"TO_JSON_STRING(TO_JSON(STRUCT(2 AS b, 1 AS a)))": '{"a":1,"b":2}'},
)
