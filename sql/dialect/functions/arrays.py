"""Arrays: elements, length, slices, joining, searching."""

from gamebeam.sql.dialect.calls import Call, Translator
from gamebeam.sql.dialect.coercion import coerced, unified
from gamebeam.sql.dialect.functions.operators.comparison import compare
from gamebeam.sql.dialect.registry import ERROR, function, hint
from gamebeam.sql.dialect.runtime import macro
from gamebeam.sql.dialect.types import BOOL, UNKNOWN, Type
from gamebeam.sql.dialect.values import Value, name_of

TOPIC = "arrays"


def _item(value: Value) -> Type:
    return value.type.item or UNKNOWN


# elements
def _element(base: int, safe: bool) -> Translator:
    def translate(call: Call) -> Value:
        array, index = call.values
        if array.first and safe and index.constant == base:
            return Value(array.first, _item(array))
        at = index.sql if base else f"{index.sql} + 1"
        if isinstance(index.constant, int):
            at = f"CAST({index.constant + 1 - base} AS BIGINT)"
        return Value(f"bq_{'safe_' if safe else ''}element({array.sql}, {at})", _item(array))

    return translate


macro("bq_safe_element", "(a, i) AS CASE WHEN i > 0 THEN list_extract(a, i) END")
macro(
    "bq_element",
    """(a, i) AS CASE WHEN a IS NULL OR i IS NULL THEN NULL WHEN bq_check(i > 0 AND i <= len(a), 'array index out of bounds')
      THEN list_extract(a, i) END""",
)
for _name, _base, _safe, _examples in (
    ("[OFFSET]", 0, False, {"[1, 2][OFFSET(1)]": 2, "[1, 2][OFFSET(2)]": ERROR, "[1, 2][OFFSET(-1)]": ERROR, "[1, 2][OFFSET(NULL)]": None}),
    ("[ORDINAL]", 1, False, {"[1, 2][ORDINAL(2)]": 2, "[1, 2][ORDINAL(0)]": ERROR, "[1, 2][ORDINAL(3)]": ERROR}),
    ("[SAFE_OFFSET]", 0, True, {"[1, 2][SAFE_OFFSET(1)]": 2, "[1, 2][SAFE_OFFSET(2)]": None, "[1, 2][SAFE_OFFSET(-1)]": None}),
    ("[SAFE_ORDINAL]", 1, True, {"[1, 2][SAFE_ORDINAL(1)]": 1, "[1, 2][SAFE_ORDINAL(0)]": None}),
):
    function(_name, ("ARRAY<ANY>, INT64 -> ANY", _element(_base, _safe)), kind="operator", topic=TOPIC, examples=_examples,
             collated=True)

macro("bq_array_first", "(a) AS CASE WHEN a IS NULL THEN NULL WHEN bq_check(len(a) > 0, 'ARRAY_FIRST of an empty array') THEN a[1] END")
macro("bq_array_last", "(a) AS CASE WHEN a IS NULL THEN NULL WHEN bq_check(len(a) > 0, 'ARRAY_LAST of an empty array') THEN a[len(a)] END")
function(
    "ARRAY_FIRST",
    ("ARRAY<ANY> -> ANY", lambda call: Value(f"bq_array_first({call.values[0].sql})", _item(call.values[0]))),
    topic=TOPIC,
    collated=True,
    examples={"ARRAY_FIRST(['a', 'b'])": "a", "ARRAY_FIRST(CAST([] AS ARRAY<INT64>))": ERROR},
)
function(
    "ARRAY_LAST",
    ("ARRAY<ANY> -> ANY", lambda call: Value(f"bq_array_last({call.values[0].sql})", _item(call.values[0]))),
    topic=TOPIC,
    collated=True,
    examples={"ARRAY_LAST(['a', 'b'])": "b", "ARRAY_LAST(CAST([] AS ARRAY<INT64>))": ERROR},
)
function(
    "ARRAY_LENGTH",
    ("ARRAY<ANY> -> INT64", "CAST(len({0}) AS BIGINT)"),
    topic=TOPIC,
    collated=True,
    examples={"ARRAY_LENGTH([1, NULL])": 2, "ARRAY_LENGTH([])": 0},
)


# arrays of arrays
def _concat(call: Call) -> Value:
    result = unified(call.values)
    if result is None:
        raise call.refuse(f"has arrays of types that do not go together: {', '.join(str(v.type) for v in call.values)}")
    return Value(f"({' || '.join(coerced(v, result).sql for v in call.values)})", result)


def _same(template: str) -> Translator:
    """An array of the same type as the first argument."""
    return lambda call: Value(template.format(*(v.sql for v in call.values)), call.values[0].type)


function(
    "ARRAY_CONCAT",
    ("ARRAY<ANY>... -> ANY", _concat),
    topic=TOPIC,
    collated=True,
    examples={"ARRAY_CONCAT([1, 2], [3], [])": [1, 2, 3], "ARRAY_CONCAT([1], NULL)": None},
)
function(
    "ARRAY_REVERSE", ("ARRAY<ANY> -> ANY", _same("list_reverse({0})")), topic=TOPIC, examples={"ARRAY_REVERSE([1, 2, NULL])": [None, 2, 1]}
)
macro(
    "bq_array_slice",
    """(a, i, j) AS CASE WHEN a IS NULL OR i IS NULL OR j IS NULL THEN NULL ELSE list_slice(a,
      greatest(CASE WHEN i < 0 THEN len(a) + i ELSE i END, 0) + 1, CASE WHEN j < 0 THEN greatest(len(a) + j, -1) ELSE j END + 1) END""",
)
function(
    "ARRAY_SLICE",
    ("ARRAY<ANY>, INT64, INT64 -> ANY", _same("bq_array_slice({0}, {1}, {2})")),
    topic=TOPIC,
    examples={
        "ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 1, 3)": ["b", "c", "d"],
        "ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], -1, 3)": [],
        "ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 1, -3)": ["b", "c"],
        "ARRAY_SLICE(['a', 'b'], -10, 9)": ["a", "b"],
        "ARRAY_SLICE(['a', 'b'], 0, -10)": [],
    },
)
macro(
    "bq_array_to_string", "(a, d) AS CASE WHEN d IS NULL THEN NULL ELSE bq_joined_or_empty(list_filter(a, lambda x: x IS NOT NULL), d) END"
)
macro(
    "bq_array_to_string_nulls",
    """(a, d, n) AS CASE WHEN d IS NULL OR n IS NULL THEN NULL
      ELSE bq_joined_or_empty(list_transform(a, lambda x: coalesce(x, n)), d) END""",
)
macro(
    "bq_joined_or_empty",
    "(a, d) AS CASE WHEN a IS NULL THEN NULL WHEN len(a) = 0 THEN '' ELSE list_reduce(a, lambda x, y: x || d || y) END",
)
function(
    "ARRAY_TO_STRING",
    ("ARRAY<STRING>, STRING -> STRING", "bq_array_to_string({0}, {1})"),
    ("ARRAY<STRING>, STRING, STRING -> STRING", "bq_array_to_string_nulls({0}, {1}, {2})"),
    ("ARRAY<BYTES>, BYTES -> BYTES", "CAST(bq_array_to_string({0}, {1}) AS BLOB)"),
    ("ARRAY<BYTES>, BYTES, BYTES -> BYTES", "CAST(bq_array_to_string_nulls({0}, {1}, {2}) AS BLOB)"),
    topic=TOPIC,
    examples={
        "ARRAY_TO_STRING(['coffee', NULL, 'tea'], ', ')": "coffee, tea",
        "ARRAY_TO_STRING(['cake', NULL], '/', 'MISSING')": "cake/MISSING",
        "ARRAY_TO_STRING(CAST([] AS ARRAY<STRING>), ',')": "",
    },
)


# searching
def _includes(call: Call) -> Value:
    array, wanted = call.values
    to = unified([Value("", _item(array)), wanted])
    if to is None or to.kind in ("JSON", "ARRAY"):
        raise call.refuse(f"cannot find a {wanted.type} in {array.type}")
    name = name_of("x", array.sql, wanted.sql)
    found = compare("=", coerced(Value(name, _item(array)), to), coerced(wanted, to))
    return Value(
        f"CASE WHEN {array.sql} IS NULL OR {wanted.sql} IS NULL THEN NULL "
        f"ELSE coalesce(list_bool_or(list_transform({array.sql}, lambda {name}: {found})), false) END",
        BOOL,
    )


def _includes_of(word: str) -> Translator:
    def translate(call: Call) -> Value:
        array, wanted = call.values
        to = unified([Value("", _item(array)), Value("", _item(wanted))])
        if to is None or to.kind in ("JSON", "ARRAY"):
            raise call.refuse(f"cannot compare {array.type} and {wanted.type}")
        x, y = name_of("x", array.sql, wanted.sql), name_of("y", array.sql, wanted.sql)
        found = compare("=", coerced(Value(x, _item(array)), to), coerced(Value(y, _item(wanted)), to))
        empty = "true" if word == "and" else "false"
        return Value(
            f"CASE WHEN {array.sql} IS NULL OR {wanted.sql} IS NULL THEN NULL ELSE coalesce(list_bool_{word}(list_transform({wanted.sql}, "
            f"lambda {y}: coalesce(list_bool_or(list_transform({array.sql}, lambda {x}: {found})), false))), {empty}) END",
            BOOL,
        )

    return translate


function(
    "ARRAY_INCLUDES",
    ("ARRAY<ANY>, ANY -> BOOL", _includes),
    topic=TOPIC,
    examples={"ARRAY_INCLUDES([1, 2], 2)": True, "ARRAY_INCLUDES([1, NULL], 3)": False, "ARRAY_INCLUDES([1], NULL)": None},
)
function(
    "ARRAY_INCLUDES_ANY",
    ("ARRAY<ANY>, ARRAY<ANY> -> BOOL", _includes_of("or")),
    topic=TOPIC,
    examples={"ARRAY_INCLUDES_ANY([1, 2, 3], [3, 4])": True, "ARRAY_INCLUDES_ANY([1], [2])": False},
)
function(
    "ARRAY_INCLUDES_ALL",
    ("ARRAY<ANY>, ARRAY<ANY> -> BOOL", _includes_of("and")),
    topic=TOPIC,
    examples={"ARRAY_INCLUDES_ALL([1, 2, 3], [2, 3])": True, "ARRAY_INCLUDES_ALL([1], [1, 2])": False},
)


def _is_distinct(call: Call) -> Value:
    array = call.values[0]
    if _item(array).kind in ("JSON", "ARRAY", "STRUCT"):
        raise call.refuse(f"cannot compare the elements of {array.type}")
    return Value(f"bq_array_is_distinct({array.sql})", BOOL)


macro(
    "bq_array_is_distinct",
    """(a) AS len(a) = len(list_distinct(a)) + CASE WHEN list_contains(list_transform(a, lambda x: x IS NULL), true)
      THEN 1 ELSE 0 END""",
)
function(
    "ARRAY_IS_DISTINCT",
    ("ARRAY<ANY> -> BOOL", _is_distinct),
    topic=TOPIC,
    examples={"ARRAY_IS_DISTINCT([1, 2, NULL])": True, "ARRAY_IS_DISTINCT([1, 1])": False, "ARRAY_IS_DISTINCT([NULL, NULL])": False},
)
for _name in (
    "ARRAY_FILTER",
    "ARRAY_TRANSFORM",
    "ARRAY_FIND",
    "ARRAY_FIND_ALL",
    "ARRAY_OFFSET",
    "ARRAY_OFFSETS",
    "ARRAY_ZIP",
    "ARRAY_MIN",
    "ARRAY_MAX",
    "ARRAY_SUM",
    "ARRAY_AVG",
):
    hint(_name, "write a subquery over the array: ARRAY(SELECT … FROM UNNEST(array) AS x WITH OFFSET WHERE … ORDER BY offset)")
