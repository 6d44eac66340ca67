"""BOOL, INT64, FLOAT64 and STRING of JSON, with LAX_ and _ARRAY."""

from collections.abc import Callable

import gamebeam.sql.dialect.functions.times.text  # noqa: F401  describes STRING, which gets another signature here
from gamebeam.sql.dialect.functions.json_values import documents, scalars
from gamebeam.sql.dialect.registry import ERROR, function, more
from gamebeam.sql.dialect.runtime import python

TOPIC = "JSON"


def _lax_reader(lax: Callable[[documents.Json], object]) -> Callable[[str], object]:
    return lambda document: lax(documents.loads(document))


def _conversion(name: str, result: str, call_sql: str, examples: dict[str, object]) -> None:
    function(name, (f"JSON -> {result}", call_sql), topic=TOPIC, examples=examples)


for _name, _one, _lax, _type, _duckdb in (
    ("BOOL", scalars.bool_of, scalars.lax_bool, "BOOL", "BOOLEAN"),
    ("INT64", scalars.int_of, scalars.lax_int, "INT64", "BIGINT"),
    ("STRING", scalars.string_of, scalars.lax_string, "STRING", "VARCHAR"),
    ("FLOAT64", scalars.float_of, scalars.lax_float, "FLOAT64", "DOUBLE"),
):
    _lower = _name.lower()
    if _name != "FLOAT64":
        python(f"bq_json_{_lower}", _one, "VARCHAR", _duckdb)
    python(f"bq_json_lax_{_lower}", _lax_reader(_lax), "VARCHAR", _duckdb)
    python(f"bq_json_{_lower}_array", scalars.each(_one), "VARCHAR", f"{_duckdb}[]")  # type: ignore[arg-type]
    python(f"bq_json_lax_{_lower}_array", scalars.each_lax(_lax), "VARCHAR", f"{_duckdb}[]")  # type: ignore[arg-type]
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

more(
    "STRING",
    ("JSON -> STRING", "bq_json_string(CAST({0} AS VARCHAR))"),
    examples={"STRING(JSON '\"a\"')": "a", "STRING(JSON '1')": ERROR},
)
