"""PARSE_JSON, FLOAT64, JSON_KEYS, JSON_TYPE and JSON_FLATTEN."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.json_values import documents, scalars, structure
from gamebeam.sql.dialect.functions.json_values.arguments import document_text, named_arguments, string_text, word
from gamebeam.sql.dialect.registry import ERROR, function, special
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import FLOAT64, JSON, STRING, array_of
from gamebeam.sql.dialect.values import Value, text

TOPIC = "JSON"


def _parse_json(call: Call) -> Value:
    plain, named = named_arguments(call, {"wide_number_mode": word("exact")})
    if len(plain) != 1:
        raise call.refuse("takes one STRING")
    if plain[0].literal and isinstance(plain[0].constant, str) and isinstance(mode := named["wide_number_mode"].constant, str):
        try:
            made = documents.normal(plain[0].constant, mode)
            return Value(f"CAST({text(made)} AS JSON)", JSON)
        except (ValueError, RecursionError):
            pass  # an error of the row, which SAFE. turns into NULL
    return Value(f"CAST(bq_parse_json({string_text(call, plain[0])}, {named['wide_number_mode'].sql}) AS JSON)", JSON)


def _float64(call: Call) -> Value:
    plain, named = named_arguments(call, {"wide_number_mode": word("round")})
    if len(plain) != 1:
        raise call.refuse("takes one JSON")
    return Value(f"bq_json_float64({document_text(call, plain[0])}, {named['wide_number_mode'].sql})", FLOAT64)


def _keys(call: Call) -> Value:
    plain, named = named_arguments(call, {"mode": word("strict")})
    if not 1 <= len(plain) <= 2:
        raise call.refuse("takes JSON and a depth")
    depth = plain[1].sql if len(plain) == 2 else None
    document = document_text(call, plain[0])
    keys = f"bq_json_keys({document}, {depth if depth else 'CAST(NULL AS BIGINT)'}, {named['mode'].sql})"
    absent = [document, named["mode"].sql, *([depth] if depth else [])]
    return Value(f"CASE WHEN {' OR '.join(f'{a} IS NULL' for a in absent)} THEN NULL ELSE {keys} END", array_of(STRING))


python("bq_parse_json", documents.normal, "VARCHAR, VARCHAR", "VARCHAR")
python("bq_json_float64", scalars.float_of, "VARCHAR, VARCHAR", "DOUBLE")
python("bq_json_keys", structure.keys, "VARCHAR, BIGINT, VARCHAR", "VARCHAR[]", nulls=True)
python("bq_json_type", structure.kind, "VARCHAR", "VARCHAR")
python("bq_json_flatten", structure.flattened, "VARCHAR", "VARCHAR[]")
special(
    "PARSE_JSON",
    "STRING[, wide_number_mode => STRING] -> JSON",
    _parse_json,
    topic=TOPIC,
    examples={
        """TO_JSON_STRING(PARSE_JSON('{"b": 1, "a": [1.50]}'))""": '{"a":[1.5],"b":1}',
        "PARSE_JSON('{bad')": ERROR,
        "SAFE.PARSE_JSON('{bad')": None,
        "PARSE_JSON('1.23456789012345678901')": ERROR,
    },
)
special(
    "FLOAT64",
    "JSON[, wide_number_mode => STRING] -> FLOAT64",
    _float64,
    topic=TOPIC,
    examples={"FLOAT64(JSON '9.8')": 9.8, "FLOAT64(JSON '\"x\"')": ERROR},
)
special(
    "JSON_KEYS",
    "JSON[, INT64][, mode => STRING] -> ARRAY<STRING>",
    _keys,
    topic=TOPIC,
    examples={"""JSON_KEYS(JSON '{"a": {"b": 1}}')""": ["a", "a.b"], """JSON_KEYS(JSON '{"a": {"b": 1}}', 1)""": ["a"]},
)
function(
    "JSON_TYPE",
    ("JSON -> STRING", "bq_json_type(CAST({0} AS VARCHAR))"),
    topic=TOPIC,
    examples={"JSON_TYPE(JSON '[1]')": "array", "JSON_TYPE(JSON 'null')": "null"},
)
function(
    "JSON_FLATTEN",
    ("JSON -> ARRAY<JSON>", "CAST(bq_json_flatten(CAST({0} AS VARCHAR)) AS JSON[])"),
    topic=TOPIC,
    examples={"ARRAY_LENGTH(JSON_FLATTEN(JSON '[1, [2, [3]]]'))": 3},
)
