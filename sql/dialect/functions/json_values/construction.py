"""JSON_ARRAY and JSON_OBJECT."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.json_values import documents
from gamebeam.sql.dialect.functions.json_values.writing import written
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import JSON, STRING, Type
from gamebeam.sql.dialect.values import Value

TOPIC = "JSON"


def listed(values: list[Value], call: Call) -> str:
    inside = " || ',' || ".join(written(v, call, False) for v in values)
    return f"('[' || {inside} || ']')" if values else "'[]'"


def _json_array(call: Call) -> Value:
    return Value(f"CAST(bq_parse_json({listed(call.values, call)}, 'round') AS JSON)", JSON)


def _object(names: list[str | None], values: list[object]) -> str:
    if len(names) != len(values):
        raise ValueError("JSON_OBJECT: the number of keys and values must match")
    if any(n is None for n in names):
        raise ValueError("JSON_OBJECT: a key cannot be NULL")
    made: dict[str, object] = {}
    for n, v in zip(names, values, strict=True):
        made.setdefault(str(n), v)
    return documents.dumps(made)  # type: ignore[arg-type]


def _json_object(call: Call) -> Value:
    values = call.values
    if len(values) == 2 and values[0].type.kind == "ARRAY" and values[1].type.kind == "ARRAY":
        if values[0].type.item not in (STRING, Type("NULL")):
            raise call.refuse("keys are STRINGs")
        absent = f"{values[0].sql} IS NOT NULL AND {values[1].sql} IS NOT NULL"
        keys, items = written(values[0], call), written(values[1], call, False)
        return Value(
            f"CASE WHEN bq_check({absent}, 'JSON_OBJECT: an array is NULL') THEN CAST(bq_json_object({keys}, {items}) AS JSON) END", JSON
        )
    if len(values) % 2 or any(v.type.kind not in ("STRING", "UNKNOWN") for v in values[::2]):
        raise call.refuse("takes keys, which are STRINGs, and values in turn")
    return Value(f"CAST(bq_json_object({listed(values[::2], call)}, {listed(values[1::2], call)}) AS JSON)", JSON)


python("bq_json_object", lambda names, values: _object(documents.loads(names), documents.loads(values)), "VARCHAR, VARCHAR", "VARCHAR")  # type: ignore[arg-type]
function(
    "JSON_ARRAY",
    (" -> JSON", _json_array),
    ("ANY... -> JSON", _json_array),
    topic=TOPIC,
    examples={"TO_JSON_STRING(JSON_ARRAY(10, 'a', NULL))": '[10,"a",null]'},
)
function(
    "JSON_OBJECT",
    (" -> JSON", _json_object),
    ("ANY... -> JSON", _json_object),
    topic=TOPIC,
    examples={"TO_JSON_STRING(JSON_OBJECT('b', 1, 'a', [true]))": '{"a":[true],"b":1}', "JSON_OBJECT(['a', 'b'], [1])": ERROR},
)
