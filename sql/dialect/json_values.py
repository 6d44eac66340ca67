"""JSON: reading, converting, changing and writing it."""

import re
from collections.abc import Callable

from sqlglot import exp

from sql.dialect import json_text
from sql.dialect.calls import Call
from sql.dialect.errors import Refused
from sql.dialect.registry import ERROR, function, hint, more, special
from sql.dialect.runtime import macro, python
from sql.dialect.types import BOOL, FLOAT64, JSON, STRING, Type, array_of, field_names
from sql.dialect.values import Value, coerced, text

TOPIC = "json_values"
PLAIN_PATH = re.compile(r"\$(\.[A-Za-z_][\w-]*|\[\d+\])*")

for _name, _call, _result in (
    ("query_text", json_text.of_text, "VARCHAR"),
    ("query_json", json_text.of_json, "VARCHAR"),
    ("value_text", json_text.scalar_of_text, "VARCHAR"),
    ("value_json", json_text.scalar_of_json, "VARCHAR"),
    ("query_array_text", json_text.array_of_text, "VARCHAR[]"),
    ("query_array_json", json_text.array_of_json, "VARCHAR[]"),
    ("value_array_text", json_text.scalars_of_text, "VARCHAR[]"),
    ("value_array_json", json_text.scalars_of_json, "VARCHAR[]"),
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
                steps = json_text.parsed_path(path.constant, legacy)
            except ValueError as e:
                raise call.refuse(str(e)) from None
            if native and of == "text" and PLAIN_PATH.fullmatch(path.constant):
                pointer = "$" + "".join(f"[{s}]" if isinstance(s, int) else f'."{s}"' for s in steps)
                return Value(f"{native}({value.sql}, {path.sql}, {text(pointer)})", made)
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

# subscripts and fields of JSON
macro("bq_json_field", "(j, name) AS CAST(bq_json_member(CAST(j AS VARCHAR), name) AS JSON)")
macro("bq_json_item", "(j, i) AS CAST(bq_json_element(CAST(j AS VARCHAR), i) AS JSON)")


def _member(document: str, name: str) -> str | None:
    found, value = json_text.at(json_text.loads(document), (name,))
    return json_text.dumps(value) if found else None


def _element(document: str, index: int) -> str | None:
    found, value = json_text.at(json_text.loads(document), (index,)) if index >= 0 else (False, None)
    return json_text.dumps(value) if found else None


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


# conversions
def _lax_reader(lax: Callable[[json_text.Json], object]) -> Callable[[str], object]:
    return lambda document: lax(json_text.loads(document))


def _conversion(name: str, result: str, call_sql: str, examples: dict[str, object]) -> None:
    function(name, (f"JSON -> {result}", call_sql), topic=TOPIC, examples=examples)


for _name, _one, _lax, _type, _duckdb in (
    ("BOOL", json_text.bool_of, json_text.lax_bool, "BOOL", "BOOLEAN"),
    ("INT64", json_text.int_of, json_text.lax_int, "INT64", "BIGINT"),
    ("STRING", json_text.string_of, json_text.lax_string, "STRING", "VARCHAR"),
    ("FLOAT64", json_text.float_of, json_text.lax_float, "FLOAT64", "DOUBLE"),
):
    _lower = _name.lower()
    if _name != "FLOAT64":
        python(f"bq_json_{_lower}", _one, "VARCHAR", _duckdb)
    python(f"bq_json_lax_{_lower}", _lax_reader(_lax), "VARCHAR", _duckdb)
    python(f"bq_json_{_lower}_array", json_text.each(_one), "VARCHAR", f"{_duckdb}[]")  # type: ignore[arg-type]
    python(f"bq_json_lax_{_lower}_array", json_text.each_lax(_lax), "VARCHAR", f"{_duckdb}[]")  # type: ignore[arg-type]
    _sample, _value = {"BOOL": ("true", True), "INT64": ("10.0", 10), "STRING": ('"a"', "a"), "FLOAT64": ("9.8", 9.8)}[_name]
    if _name not in ("FLOAT64", "STRING"):
        _conversion(
            _name,
            _type,
            f"bq_json_{_lower}(CAST({{0}} AS VARCHAR))",
            {f"{_name}(JSON '{_sample}')": _value, f"{_name}(JSON '\"x\"')": ERROR, f"{_name}(JSON 'null')": ERROR},
        )
    _conversion(
        f"LAX_{_name}",
        _type,
        f"bq_json_lax_{_lower}(CAST({{0}} AS VARCHAR))",
        {f"LAX_{_name}(JSON '{_sample}')": _value, f"LAX_{_name}(JSON '[1]')": None},
    )
    _conversion(
        f"{_name}_ARRAY",
        f"ARRAY<{_type}>",
        f"bq_json_{_lower}_array(CAST({{0}} AS VARCHAR))",
        {f"{_name}_ARRAY(JSON '[{_sample}]')": [_value], f"{_name}_ARRAY(JSON '[null]')": ERROR},
    )
    _conversion(
        f"LAX_{_name}_ARRAY",
        f"ARRAY<{_type}>",
        f"bq_json_lax_{_lower}_array(CAST({{0}} AS VARCHAR))",
        {f"LAX_{_name}_ARRAY(JSON '[{_sample}, [1]]')": [_value, None], f"LAX_{_name}_ARRAY(JSON '1')": None},
    )


# named arguments
def _arguments(call: Call, names: dict[str, Value]) -> tuple[list[Value], dict[str, Value]]:
    """The values of the arguments without a name, and those with one. names: the defaults."""
    plain: list[Value] = []
    named = dict(names)
    given = False
    for node in call.nodes:
        if isinstance(node, exp.Kwarg | exp.PropertyEQ):
            name = node.this.name.lower()
            if name not in names:
                raise call.refuse(f"has no argument {name}")
            named[name], given = coerced(call.translate(node.expression, call.scope), names[name].type), True
        elif given:
            raise call.refuse("arguments with a name come last")
        else:
            plain.append(call.translate(node, call.scope))
    return plain, named


def _document(call: Call, value: Value) -> str:
    if value.type.kind not in ("JSON", "NULL", "UNKNOWN"):
        raise call.refuse(f"takes JSON, not {value.type}")
    return f"CAST({value.sql} AS VARCHAR)"


def _string(call: Call, value: Value) -> str:
    if value.type.kind not in ("STRING", "NULL", "UNKNOWN"):
        raise call.refuse(f"takes a STRING here, not {value.type}")
    return f"CAST({value.sql} AS VARCHAR)"


def _flag(value: bool) -> Value:
    return Value(str(value).lower(), BOOL, value, literal=True)


def _word(value: str) -> Value:
    return Value(text(value), STRING, value, literal=True)


def _parse_json(call: Call) -> Value:
    plain, named = _arguments(call, {"wide_number_mode": _word("exact")})
    if len(plain) != 1:
        raise call.refuse("takes one STRING")
    if plain[0].literal and isinstance(plain[0].constant, str) and isinstance(mode := named["wide_number_mode"].constant, str):
        try:
            made = json_text.normal(plain[0].constant, mode)
            return Value(f"CAST({text(made)} AS JSON)", JSON)
        except (ValueError, RecursionError):
            pass  # an error of the row, which SAFE. turns into NULL
    return Value(f"CAST(bq_parse_json({_string(call, plain[0])}, {named['wide_number_mode'].sql}) AS JSON)", JSON)


def _float64(call: Call) -> Value:
    plain, named = _arguments(call, {"wide_number_mode": _word("round")})
    if len(plain) != 1:
        raise call.refuse("takes one JSON")
    return Value(f"bq_json_float64({_document(call, plain[0])}, {named['wide_number_mode'].sql})", FLOAT64)


def _keys(call: Call) -> Value:
    plain, named = _arguments(call, {"mode": _word("strict")})
    if not 1 <= len(plain) <= 2:
        raise call.refuse("takes JSON and a depth")
    depth = plain[1].sql if len(plain) == 2 else None
    document = _document(call, plain[0])
    keys = f"bq_json_keys({document}, {depth if depth else 'CAST(NULL AS BIGINT)'}, {named['mode'].sql})"
    absent = [document, named["mode"].sql, *([depth] if depth else [])]
    return Value(f"CASE WHEN {' OR '.join(f'{a} IS NULL' for a in absent)} THEN NULL ELSE {keys} END", array_of(STRING))


python("bq_parse_json", json_text.normal, "VARCHAR, VARCHAR", "VARCHAR")
python("bq_json_float64", json_text.float_of, "VARCHAR, VARCHAR", "DOUBLE")
python("bq_json_keys", json_text.keys, "VARCHAR, BIGINT, VARCHAR", "VARCHAR[]", nulls=True)
python("bq_json_type", json_text.kind, "VARCHAR", "VARCHAR")
python("bq_json_flatten", json_text.flattened, "VARCHAR", "VARCHAR[]")
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


# writing
macro("bq_json_int", "(x) AS CASE WHEN abs(CAST(x AS HUGEINT)) <= 9007199254740992 THEN CAST(x AS VARCHAR) ELSE '\"' || x || '\"' END")
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
            key = text(("," if parts else "{") + json_text.dumps(shown) + ":")
            parts.append(f"{key} || {written(Value(f'struct_extract({x}, {text(n)})', f), call, exact)}")
        body = f"({' || '.join(parts)} || '}}')" if parts else "'{}'"
    elif t.kind == "ARRAY":
        name = call.scope.statement.fresh("j")
        inner = written(Value(name, t.item or STRING), call, exact)
        body = f"('[' || array_to_string(list_transform({x}, lambda {name}: {inner}), ',') || ']')"
    elif t.kind in WRITTEN:
        body = (WRITTEN[t.kind] if exact or t.kind != "INT64" else "CAST({0} AS VARCHAR)").format(x)
    else:
        raise Refused(f"{call.function.name} of {t} is not supported here")
    return f"coalesce({body}, 'null')"


more(
    "STRING",
    ("JSON -> STRING", "bq_json_string(CAST({0} AS VARCHAR))"),
    examples={"STRING(JSON '\"a\"')": "a", "STRING(JSON '1')": ERROR},
)
WRITTEN = {
    "INT64": "bq_json_int({0})",
    "FLOAT64": "bq_json_float({0})",
    "NUMERIC": "bq_json_numeric({0})",
    "BOOL": "CAST({0} AS VARCHAR)",
    "STRING": "CAST(to_json({0}) AS VARCHAR)",
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
    plain, named = _arguments(call, {"stringify_wide_numbers": _flag(False)})
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


def _listed(values: list[Value], call: Call) -> str:
    inside = " || ',' || ".join(written(v, call, False) for v in values)
    return f"('[' || {inside} || ']')" if values else "'[]'"


def _json_array(call: Call) -> Value:
    return Value(f"CAST(bq_parse_json({_listed(call.values, call)}, 'round') AS JSON)", JSON)


def _object(names: list[str | None], values: list[object]) -> str:
    if len(names) != len(values):
        raise ValueError("JSON_OBJECT: the number of keys and values must match")
    if any(n is None for n in names):
        raise ValueError("JSON_OBJECT: a key cannot be NULL")
    made: dict[str, object] = {}
    for n, v in zip(names, values, strict=True):
        made.setdefault(str(n), v)
    return json_text.dumps(made)  # type: ignore[arg-type]


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
    return Value(f"CAST(bq_json_object({_listed(values[::2], call)}, {_listed(values[1::2], call)}) AS JSON)", JSON)


python("bq_json_object", lambda names, values: _object(json_text.loads(names), json_text.loads(values)), "VARCHAR, VARCHAR", "VARCHAR")  # type: ignore[arg-type]
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


# changing
def _remove(call: Call) -> Value:
    document, *paths = [call.translate(n, call.scope) for n in call.nodes]
    for p in paths:
        _string(call, p)
    if not paths:
        raise call.refuse("takes JSON and a path")
    return Value(f"CAST(bq_json_remove({_document(call, document)}, {_listed(paths, call)}, true) AS JSON)", JSON)


def _set(call: Call) -> Value:
    plain, named = _arguments(call, {"create_if_missing": _flag(True)})
    if len(plain) < 3 or len(plain) % 2 == 0:
        raise call.refuse("takes JSON, then paths and values in turn")
    for p in plain[1::2]:
        _string(call, p)
    return Value(
        f"CAST(bq_json_set({_document(call, plain[0])}, {_listed(plain[1:], call)}, {named['create_if_missing'].sql}) AS JSON)", JSON
    )


def _strip(call: Call) -> Value:
    plain, named = _arguments(call, {"include_arrays": _flag(True), "remove_empty": _flag(False)})
    if not 1 <= len(plain) <= 2:
        raise call.refuse("takes JSON and a path")
    path = _string(call, plain[1]) if len(plain) == 2 else "'$'"
    return Value(
        f"CAST(bq_json_strip({_document(call, plain[0])}, {path}, {named['include_arrays'].sql}, {named['remove_empty'].sql}) AS JSON)",
        JSON,
    )


python("bq_json_remove", json_text.removed, "VARCHAR, VARCHAR, BOOLEAN", "VARCHAR")
python("bq_json_set", json_text.changed, "VARCHAR, VARCHAR, BOOLEAN", "VARCHAR")
python("bq_json_strip", json_text.stripped, "VARCHAR, VARCHAR, BOOLEAN, BOOLEAN", "VARCHAR")
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
