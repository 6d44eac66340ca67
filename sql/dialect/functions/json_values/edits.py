"""Changes of a JSON document, in Python."""

from gamebeam.sql.dialect.functions.json_values.documents import Json, Path, at, dumps, loads, parsed_path


def removed(text: str, operations: str, _: bool) -> str:
    """JSON_REMOVE. operations: an array of paths."""
    value = loads(text)
    for path in loads(operations):  # type: ignore[union-attr]
        if path is None:
            continue
        steps = parsed_path(str(path))
        if not steps:
            raise ValueError("JSON_REMOVE cannot remove $")
        found, parent = at(value, steps[:-1])
        if found and at(parent, steps[-1:])[0]:
            del parent[steps[-1]]  # type: ignore[index,arg-type,union-attr]
    return dumps(value)


def changed(text: str, operations: str, create: bool) -> str:
    """JSON_SET. operations: an array of a path and a value, a path and a value …"""
    value = loads(text)
    items = loads(operations)
    assert isinstance(items, list)
    for path, new in zip(items[::2], items[1::2], strict=True):
        if path is not None:
            value = set_at(value, parsed_path(str(path)), new, create)
    return dumps(value)


def set_at(value: Json, steps: Path, new: Json, create: bool) -> Json:
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(step, str) and (isinstance(value, dict) or (value is None and create)):
        fields = value if isinstance(value, dict) else {}
        if step in fields or create:
            fields[step] = set_at(fields.get(step), rest, new, create)
        return fields
    if isinstance(step, int) and (isinstance(value, list) or (value is None and create)):
        items = value if isinstance(value, list) else []
        if step < len(items) or create:
            items.extend([None] * (step + 1 - len(items)))
            items[step] = set_at(items[step], rest, new, create)
        return items
    return value


def stripped(text: str, path: str, arrays: bool, empty: bool) -> str:
    """JSON_STRIP_NULLS. arrays: whether elements go too. empty: whether what is then empty goes."""
    value = loads(text)
    steps = parsed_path(path)
    found, part = at(value, steps)
    if not found:
        return dumps(value)
    gone = object()

    def strip(v: Json) -> object:
        if v is None:
            return gone
        if isinstance(v, dict):
            kept = {k: s for k, x in v.items() if (s := strip(x)) is not gone}
            return gone if empty and not kept else kept
        if isinstance(v, list):
            if not arrays:
                return [strip_inside(x) for x in v] if v or not empty else v
            items = [s for x in v if (s := strip(x)) is not gone]
            return gone if empty and not items else items
        return v

    def strip_inside(v: Json) -> object:
        s = strip(v)
        return None if s is gone else s

    new = strip_inside(part)
    return dumps(set_at(value, steps, new, False))  # type: ignore[arg-type]
