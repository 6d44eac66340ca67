"""JSON_QUERY, JSON_VALUE and their siblings."""

import re

from gamebeam.sql.dialect.attempts import Attempt
from gamebeam.sql.dialect.calls import Call
from gamebeam.sql.dialect.functions.json_values import documents, lookups
from gamebeam.sql.dialect.registry import ERROR, function
from gamebeam.sql.dialect.runtime import macro, python
from gamebeam.sql.dialect.types import JSON, STRING, Type, array_of
from gamebeam.sql.dialect.values import Value, text

TOPIC = "JSON"

PLAIN_PATH = re.compile(r"\$(\.[A-Za-z_][\w-]*|\[\d+\])*")

for _name, _call, _result in (
    ("query_text", lookups.of_text, "VARCHAR"),
    ("query_json", lookups.of_json, "VARCHAR"),
    ("value_text", lookups.scalar_of_text, "VARCHAR"),
    ("value_json", lookups.scalar_of_json, "VARCHAR"),
    ("query_array_text", lookups.array_of_text, "VARCHAR[]"),
    ("query_array_json", lookups.array_of_json, "VARCHAR[]"),
    ("value_array_text", lookups.scalars_of_text, "VARCHAR[]"),
    ("value_array_json", lookups.scalars_of_json, "VARCHAR[]"),
):
    python(f"bq_json_{_name}", _call, "VARCHAR, VARCHAR, BOOLEAN", _result)

# the common paths natively; a number with a point or exponent is written again by DuckDB, so that it goes to Python
macro(
    "bq_json_found",
    r"""(x, path, pointer) AS CASE WHEN regexp_matches(TRY(json_extract(x, pointer)), '[0-9.][eE.][0-9+-]|[0-9]{19}|[\x7f-\x{10ffff}]')
      THEN bq_json_query_text(x, path, false) ELSE nullif(CAST(TRY(json_extract(x, pointer)) AS VARCHAR), 'null') END""",
)
macro(
    "bq_json_scalar",
    r"""(x, path, pointer) AS CASE WHEN starts_with(TRY(json_extract(x, pointer)), '"') 
      THEN json_extract_string(TRY(json_extract(x, pointer)), '$')
      WHEN TRY(json_extract(x, pointer)) IN ('true', 'false') THEN CAST(TRY(json_extract(x, pointer)) AS VARCHAR)
      WHEN regexp_full_match(TRY(json_extract(x, pointer)), '-?[0-9]{1,18}') THEN CAST(TRY(json_extract(x, pointer)) AS VARCHAR)
      WHEN regexp_matches(TRY(json_extract(x, pointer)), '^[-0-9]') THEN bq_json_value_text(x, path, false) END""",
)


def _reader(name: str, what: str, result: Type, legacy: bool, examples: dict[str, object]) -> None:
    native = {"query": "bq_json_found", "value": "bq_json_scalar"}.get(what)

    def translate(call: Call) -> Value:
        value = call.values[0]
        path = call.values[1] if len(call.values) > 1 else Value(text("$"), STRING, "$", literal=True)
        of = "json" if value.type == JSON else "text"
        made = (
            array_of(JSON)
            if result.kind == "ARRAY" and of == "json" and what == "query_array"
            else JSON
            if what == "query" and of == "json"
            else result
        )
        if isinstance(path.constant, str):
            try:
                steps = documents.parsed_path(path.constant, legacy)
            except ValueError as e:
                raise call.refuse(str(e)) from None
            if native and of == "text" and PLAIN_PATH.fullmatch(path.constant):
                pointer = "$" + "".join(f"[{s}]" if isinstance(s, int) else f'."{s}"' for s in steps)
                attempt = Attempt()
                document = attempt.argument(value).sql
                return Value(attempt.tried(f"{native}({document}, {path.sql}, {text(pointer)})", "{}"), made)
        sql = f"bq_json_{what}_{of}(CAST({value.sql} AS VARCHAR), {path.sql}, {str(legacy).lower()})"
        if made.kind == "JSON":
            sql = f"CAST({sql} AS JSON)"
        elif made == array_of(JSON):
            sql = f"CAST({sql} AS JSON[])"
        return Value(sql, made)

    function(name, ("JSON[, STRING] -> ANY", translate), ("STRING[, STRING] -> ANY", translate), topic=TOPIC, examples=examples)


_reader(
    "JSON_QUERY",
    "query",
    STRING,
    False,
    {
        """JSON_QUERY('{"a": {"b": 1.50}}', '$.a')""": '{"b":1.50}',
        """JSON_QUERY('{"a": null}', '$.a')""": None,
        """JSON_QUERY('{bad', '$.a')""": None,
        """TO_JSON_STRING(JSON_QUERY(JSON '{"a": null}', '$.a'))""": "null",
        """JSON_QUERY('{"a": [1, "x"]}', '$.a')""": '[1,"x"]',
        """JSON_QUERY('{"a": 1}', 'lax $.a')""": ERROR,
        """JSON_QUERY('{"a.b": 1}', '$."a.b"')""": "1",
    },
)
_reader(
    "JSON_VALUE",
    "value",
    STRING,
    False,
    {
        """JSON_VALUE('{"a": {"b": 7}}', '$.a.b')""": "7",
        """JSON_VALUE('{"a": {"b": 7}}', '$.a')""": None,
        """JSON_VALUE('{"a": null}', '$.a')""": None,
        """JSON_VALUE('{bad', '$.a')""": None,
        """JSON_VALUE('{"a": 1.50}', '$.a')""": "1.50",
        """JSON_VALUE('"x"')""": "x",
        """JSON_VALUE(JSON '{"a": true}', '$.a')""": "true",
        """JSON_VALUE('{"a": "\\\\u00e9 x"}', '$.a')""": "é x",
        """JSON_VALUE('{"a": [0, "7"]}', '$.a[1]')""": "7",
    },
)
_reader("JSON_EXTRACT", "query", STRING, True, {"""JSON_EXTRACT('{"a.b": {"c": 1}}', "$['a.b']")""": '{"c":1}'})
_reader("JSON_EXTRACT_SCALAR", "value", STRING, True, {"""JSON_EXTRACT_SCALAR('{"a.b": "x"}', "$['a.b']")""": "x"})
_reader(
    "JSON_QUERY_ARRAY",
    "query_array",
    array_of(STRING),
    False,
    {"""JSON_QUERY_ARRAY('{"a": ["x", 2]}', '$.a')""": ['"x"', "2"], """JSON_QUERY_ARRAY('{"a": 1}', '$.a')""": None},
)
_reader(
    "JSON_VALUE_ARRAY",
    "value_array",
    array_of(STRING),
    False,
    {"""JSON_VALUE_ARRAY('["x", 2, null]')""": ["x", "2", None], """JSON_VALUE_ARRAY('[[1]]')""": None},
)
_reader("JSON_EXTRACT_ARRAY", "query_array", array_of(STRING), True, {"""JSON_EXTRACT_ARRAY('[1, "a"]')""": ["1", '"a"']})
_reader("JSON_EXTRACT_STRING_ARRAY", "value_array", array_of(STRING), True, {"""JSON_EXTRACT_STRING_ARRAY('[1, "a"]')""": ["1", "a"]})
