"""JSON_REMOVE, JSON_SET and JSON_STRIP_NULLS."""

from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.json_values import documents, edits
from gamebeam.sql.dialect.functions.json_values.arguments import document_text, flag, named_arguments, string_text
from gamebeam.sql.dialect.functions.json_values.construction import listed
from gamebeam.sql.dialect.registry import hint, special
from gamebeam.sql.dialect.runtime import python
from gamebeam.sql.dialect.types import JSON
from gamebeam.sql.dialect.values import Value

TOPIC = "JSON"


def _examine_path(call: Call, path: Value) -> str:
    """DuckDB's SQL of a JSONPath. Raises: Refused, if it is no STRING or no path; a NULL elsewhere does not hide that."""
    if isinstance(path.constant, str):
        try:
            documents.parsed_path(path.constant)
        except ValueError as e:
            raise call.refuse(str(e)) from None
    return string_text(call, path)


def _remove(call: Call) -> Value:
    document, *paths = [call.translate(n, call.scope) for n in call.nodes]
    for p in paths:
        _examine_path(call, p)
    if not paths:
        raise call.refuse("takes JSON and a path")
    return Value(f"CAST(bq_json_remove({document_text(call, document)}, {listed(paths, call)}, true) AS JSON)", JSON)


def _set(call: Call) -> Value:
    plain, named = named_arguments(call, {"create_if_missing": flag(True)})
    if len(plain) < 3 or len(plain) % 2 == 0:
        raise call.refuse("takes JSON, then paths and values in turn")
    for p in plain[1::2]:
        _examine_path(call, p)
    return Value(
        f"CAST(bq_json_set({document_text(call, plain[0])}, {listed(plain[1:], call)}, {named['create_if_missing'].sql}) AS JSON)", JSON
    )


def _strip(call: Call) -> Value:
    plain, named = named_arguments(call, {"include_arrays": flag(True), "remove_empty": flag(False)})
    if not 1 <= len(plain) <= 2:
        raise call.refuse("takes JSON and a path")
    path = _examine_path(call, plain[1]) if len(plain) == 2 else "'$'"
    return Value(
        f"CAST(bq_json_strip({document_text(call, plain[0])}, {path}, {named['include_arrays'].sql}, {named['remove_empty'].sql}) AS JSON)",
        JSON,
    )


python("bq_json_remove", edits.removed, "VARCHAR, VARCHAR, BOOLEAN", "VARCHAR")
python("bq_json_set", edits.changed, "VARCHAR, VARCHAR, BOOLEAN", "VARCHAR")
python("bq_json_strip", edits.stripped, "VARCHAR, VARCHAR, BOOLEAN, BOOLEAN", "VARCHAR")
special(
    "JSON_REMOVE",
    "JSON, STRING... -> JSON",
    _remove,
    topic=TOPIC,
    examples={"""TO_JSON_STRING(JSON_REMOVE(JSON '{"a": 1, "b": 2}', '$.a'))""": '{"b":2}'},
)
special(
    "JSON_SET",
    "JSON, STRING, ANY...[, create_if_missing => BOOL] -> JSON",
    _set,
    topic=TOPIC,
    examples={"""TO_JSON_STRING(JSON_SET(JSON '{"a": 1}', '$.b.c', 2))""": '{"a":1,"b":{"c":2}}'},
)
special(
    "JSON_STRIP_NULLS",
    "JSON[, STRING][, include_arrays => BOOL][, remove_empty => BOOL] -> JSON",
    _strip,
    topic=TOPIC,
    examples={"""TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{"a": null, "b": [null, 1]}'))""": '{"b":[1]}'},
)
hint("JSON_ARRAY_APPEND", "write JSON_SET with the index after the last")
hint("JSON_ARRAY_INSERT", "write JSON_SET over the elements, or build the array with TO_JSON(ARRAY(SELECT …))")
