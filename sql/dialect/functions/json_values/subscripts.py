"""Fields and elements of JSON in brackets."""

from gamebeam.sql.dialect.functions.json_values import documents
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import STRING
from gamebeam.sql.dialect.values import Value

TOPIC = "JSON"

# subscripts and fields of JSON
macro("bq_json_field", "(j, name) AS CAST(bq_json_member(CAST(j AS VARCHAR), name) AS JSON)")
macro("bq_json_item", "(j, i) AS CAST(bq_json_element(CAST(j AS VARCHAR), i) AS JSON)")


def _member(document: str, name: str) -> str | None:
    found, value = documents.at(documents.loads(document), (name,))
    return documents.dumps(value) if found else None


def _element(document: str, index: int) -> str | None:
    found, value = documents.at(documents.loads(document), (index,)) if index >= 0 else (False, None)
    return documents.dumps(value) if found else None


python("bq_json_member", _member, "VARCHAR, VARCHAR", "VARCHAR")
python("bq_json_element", _element, "VARCHAR, BIGINT", "VARCHAR")
function(
    "[]",
    ("JSON, INT64 -> JSON", "bq_json_item({0}, {1})"),
    ("JSON, STRING -> JSON", "bq_json_field({0}, {1})"),
    (
        "ARRAY<ANY>, INT64 -> ANY",
        lambda call: Value(f"bq_element({call.values[0].sql}, {call.values[1].sql} + 1)", call.values[0].type.item or STRING),
    ),
    kind="operator",
    topic=TOPIC,
    examples={"""TO_JSON_STRING((JSON '{"a": [1, 2]}')['a'][1])""": "2", """(JSON '[1]')[5]""": None, "[7, 8][1]": 8, "[7][1]": ERROR},
)
