"""What JSON_QUERY, JSON_VALUE and their siblings find, in Python."""

from gamebeam.sql.dialect.functions.json_values.documents import Json, as_written, at, dumps, loads, parsed_path


def of_text(text: str, path: str, legacy: bool) -> str | None:
    """JSON_QUERY of a STRING."""
    found = _of(text, path, legacy)
    return None if found is None else dumps(found, sort=False)


def scalar_of_text(text: str, path: str, legacy: bool) -> str | None:
    """JSON_VALUE of a STRING."""
    return scalar(_of(text, path, legacy))


def _of(text: str, path: str, legacy: bool) -> Json:
    steps = parsed_path(path, legacy)
    try:
        return at(as_written(text), steps)[1]
    except (ValueError, RecursionError):
        return None


def scalar(value: Json) -> str | None:
    if value is None or isinstance(value, list | dict):
        return None
    return value if type(value) is str else dumps(value)


def of_json(text: str, path: str, legacy: bool) -> str | None:
    found, value = at(loads(text), parsed_path(path, legacy))
    return dumps(value) if found else None


def scalar_of_json(text: str, path: str, legacy: bool) -> str | None:
    return scalar(at(loads(text), parsed_path(path, legacy))[1])


def array_of_json(text: str, path: str, legacy: bool) -> list[str] | None:
    value = at(loads(text), parsed_path(path, legacy))[1]
    return [dumps(v) for v in value] if isinstance(value, list) else None


def array_of_text(text: str, path: str, legacy: bool) -> list[str] | None:
    value = _of(text, path, legacy)
    return [dumps(v, sort=False) for v in value] if isinstance(value, list) else None


def scalars_of_json(text: str, path: str, legacy: bool) -> list[str | None] | None:
    return _scalars(at(loads(text), parsed_path(path, legacy))[1])


def scalars_of_text(text: str, path: str, legacy: bool) -> list[str | None] | None:
    return _scalars(_of(text, path, legacy))


def _scalars(value: Json) -> list[str | None] | None:
    if not isinstance(value, list) or any(isinstance(v, list | dict) for v in value):
        return None
    return [scalar(v) for v in value]
