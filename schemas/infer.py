"""`gamebeam contract infer`: a first contract from real messages, and the reasons for every guess."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from schemas.contract import BIGQUERY_RESERVED, RESERVED_VIEWS, parse_contract
from schemas.fields import NAME
from schemas.inference.guess import Guess, Leaf, guess, paths_of
from schemas.inference.own_fields import OwnFields, Unclear
from schemas.inference.sample import Sample, as_json_object, flatten, is_quoted, maps, objects, read_sample, replace_at, unquote
from schemas.inference.tell import Findings, tell, wire_yaml
from schemas.wire import snake

EXAMPLES_PER_TYPE = 3
HIDDEN = "***"  # stands for a secret in the examples that are written


@dataclass
class Opened:
    """The sample with everything unwrapped that the wire will unwrap, and what of it is a leaf."""

    bodies: list[dict[str, Any]]
    leaves: dict[str, Leaf]
    json_strings: list[str] = field(default_factory=list)
    strip_quotes: bool = False
    empty_is_null: bool = False


def infer(sample: Path, out: Path) -> str:
    """Writes a contract into the new folder `out` and returns, as text, what was guessed and why, and what could not be."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out}: is there already and not empty; give --out a new folder")
    read = read_sample(sample)
    opened = _open(read)
    try:
        found = guess(opened.bodies, opened.leaves, [m.publish_time for m in read.messages], is_secret)
    except ValueError as e:
        raise ValueError(f"{sample}: {e}") from None
    findings = _own_fields(read, opened, found)
    text = _files(sample, out, read, opened, found, findings)
    parse_contract(text, str(out))  # nothing is written that could not be loaded
    for name, body in text.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(body)
    return tell(sample, out, read, found, findings)


@cache
def secret_words() -> tuple[str, ...]:
    return tuple(yaml.safe_load((files("schemas") / "secrets.yaml").read_text())["names"])


def is_secret(name: str) -> bool:
    return any(word in name.lower() for word in secret_words())


def _open(read: Sample) -> Opened:
    bodies = [m.body for m in read.messages]
    json_strings: list[str] = []
    while inside := [p for p, values in _values(bodies).items() if p not in json_strings and _is_json(values) and not _hidden(p)]:
        json_strings += inside
        for path in inside:
            bodies = [_parsed_at(body, path) for body in bodies]
    values = _values(bodies)
    strip = any(2 * sum(map(is_quoted, held)) >= sum(v is not None for v in held) > 0 for held in values.values())
    if strip:
        bodies = [unquote(body) for body in bodies]
        values = _values(bodies)
    empty = any(v == "" for held in values.values() for v in held)
    leaves = {p: Leaf(p, [None if v == "" else v for v in held] if empty else held) for p, held in values.items()}
    return Opened(bodies, leaves, json_strings, strip, empty)


def _values(bodies: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Path of every leaf -> its value in each message, null where it is absent."""
    found = objects(bodies)
    stop = frozenset(maps(found)) | frozenset(p for p in found if is_secret(p.rpartition(".")[2]))
    flat = [flatten(body, stop) for body in bodies]
    return {path: [f.get(path) for f in flat] for path in dict.fromkeys(p for f in flat for p in f)}


def _is_json(values: list[Any]) -> bool:
    present = [v for v in values if v is not None]
    return bool(present) and all(as_json_object(v) is not None for v in present)


def _parsed_at(body: dict[str, Any], path: str) -> dict[str, Any]:
    at: Any = body
    for part in path.split("."):
        at = at.get(part) if isinstance(at, dict) else None
    parsed = as_json_object(at)
    return body if parsed is None else replace_at(body, path, parsed)


def _hidden(path: str) -> bool:
    return any(is_secret(part) for part in path.split("."))


def _own_fields(read: Sample, opened: Opened, found: Guess) -> Findings:
    own = OwnFields(found.time_format, is_secret)
    findings = Findings(own, _type_names(found.types), json_strings=opened.json_strings, strip_quotes=opened.strip_quotes,
                        empty_is_null=opened.empty_is_null)
    by_type: dict[str, list[int]] = {}
    for i, wire_type in enumerate(found.types):
        by_type.setdefault(findings.type_names[wire_type], []).append(i)
    keyed = found.envelope["event_type"].endswith("*")
    inside, outside = _inside(opened, found) if keyed else ({}, opened.leaves)
    taken = {*paths_of(found.envelope), found.arrival_time}
    free = {p: leaf for p, leaf in outside.items() if p not in taken}
    for path in list(free):
        if reason := _no_column(path, free[path], opened, found):
            findings.left_out[path] = reason
            del free[path]
    findings.root = found.envelope["event_type"] if keyed else _root(free)
    near = [p for p in free if not keyed and p.rpartition(".")[0] == findings.root]
    columns = [(inside[key], own.name_for(key, by_path=False)) for key in inside]
    columns += [(free[p], own.name_for(p, by_path=False)) for p in near]
    columns += [(free[p], own.name_for(p, by_path=True)) for p in free if p not in near]
    for name, rows in by_type.items():
        findings.events[name] = _event(name, rows, columns, findings)
    own.forget_all_but({n for record in findings.events.values() for n in _names(record)})
    return findings


def _names(kind: Any) -> list[str]:
    """Names of fields at any depth of an Avro type."""
    if isinstance(kind, list):
        return [n for k in kind for n in _names(k)]
    if not isinstance(kind, dict):
        return []
    return [*_names(kind.get("items")), *(n for f in kind.get("fields", ()) for n in (f["name"], *_names(f["type"])))]


def _inside(opened: Opened, found: Guess) -> tuple[dict[str, Leaf], dict[str, Leaf]]:
    """(fields of the events' own objects by name, leaves of everything else), where the type is the key itself."""
    parent = found.envelope["event_type"].removesuffix("*").removesuffix(".")
    mine, rest = [], []
    for body, wire_type in zip(opened.bodies, found.types, strict=True):
        holder: Any = body
        for part in parent.split(".") if parent else ():
            holder = holder[part]
        mine.append(holder[wire_type])
        others = {k: v for k, v in holder.items() if k != wire_type}
        rest.append(replace_at(body, parent, others) if parent else others)
    keys = dict.fromkeys(k for fields in mine for k in fields)
    empty = "" if opened.empty_is_null else None
    inside = {k: Leaf(k, [None if v == empty else v for v in (fields.get(k) for fields in mine)]) for k in keys if "." not in k}
    return inside, {p: Leaf(p, [None if v == empty else v for v in values]) for p, values in _values(rest).items()}


def _no_column(path: str, leaf: Leaf, opened: Opened, found: Guess) -> str | None:
    if not leaf.present:
        return "" if any(p.startswith(f"{path}.") for p in opened.leaves) else "always null or empty"
    if any(p.startswith(f"{path}.") for p in opened.leaves) or (isinstance(leaf.present[0], dict) and not _hidden(path)):
        if all(v == {} for v in leaf.present):
            return ""
        return "holds an object here and something else there, or its keys are data"
    for name, of in found.envelope.items():
        twin = opened.leaves.get(of)
        same_name = twin and snake(path.rpartition(".")[2]) == snake(of.rpartition(".")[2])
        if twin and same_name and all(v is None or v == w for v, w in zip(leaf.values, twin.values, strict=True)):
            return f"a copy of {name}"
    return None


def _root(free: dict[str, Leaf]) -> str:
    """Where most of the own fields stand; the top, if none has more."""
    count = Counter(p.rpartition(".")[0] for p in free)
    return max(count, key=lambda parent: (count[parent], parent == "", -parent.count("."))) if count else ""


def _event(name: str, rows: list[int], columns: list[tuple[Leaf, str]], findings: Findings) -> dict[str, Any]:
    """The Avro record of one event type: its columns that held anything in its own messages."""
    fields: list[dict[str, Any]] = []
    for leaf, column in columns:
        values = [leaf.values[i] for i in rows]
        present = [v for v in values if v is not None]
        if present and _hidden(leaf.path):
            findings.secrets.add(leaf.path)
            fields.append({"name": column, "type": ["null", "string"], "doc": "Named like a secret: never stored.", "pii": "drop"})
        elif present:
            try:
                kind = findings.own.avro_type(present, column)
            except Unclear as e:
                findings.left_out[f"{name}: {leaf.path}"] = str(e)
                continue
            required = len(present) == len(values) > 1
            told = {"doc": f"{leaf.path} on the wire." if leaf.path != column else "", "examples": findings.own.examples(present, kind)}
            fields.append({"name": column, "type": kind if required else ["null", kind]} | {k: v for k, v in told.items() if v})
    findings.seen[name] = len(rows)
    share = round(100 * len(rows) / sum(map(len, (leaf.values for leaf, _ in columns[:1]))), 2) if columns else 1
    return {"type": "record", "name": name, "doc": f"Seen {len(rows)} times in the sample.", "weight": max(0.01, share), "fields": fields}


def _type_names(types: list[str]) -> dict[str, str]:
    """Type on the wire -> event type: snake_case, and no name that is taken."""
    names: dict[str, str] = {}
    for i, wire_type in enumerate(dict.fromkeys(types), 1):
        name = snake(wire_type)
        if not NAME.match(name):
            name = f"event_{name or i}"
        names[wire_type] = f"{name}_event" if name in RESERVED_VIEWS or name in BIGQUERY_RESERVED else name
    return names


def _files(sample: Path, out: Path, read: Sample, opened: Opened, found: Guess, findings: Findings) -> dict[str, str]:
    games = {v for v in opened.leaves[found.envelope["game"]].present} if "game" in found.envelope else set()
    name = next((g for g in games if len(games) == 1 and NAME.match(g)), None) or snake(out.resolve().name) or "game"
    settings = {"name": name, "title": f"First contract, inferred from {sample.name}: read it, then make it yours"}
    if found.counter:
        settings["counter"] = found.counter
    if "session_id" not in found.envelope:
        settings["session_gap"] = "30m"
    text = {"contract.yaml": yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), "wire.yaml": wire_yaml(found, findings),
            "examples/pass.jsonl": _examples(read, found, findings)}
    for event, record in findings.events.items():
        text[f"events/{event}.avsc"] = _avsc(record)
    return text


def _avsc(record: dict[str, Any]) -> str:
    """One field a line, so that a change of one shows as one."""
    head = "".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)},\n" for k, v in record.items() if k != "fields")
    fields = ",\n".join("    " + json.dumps(f, ensure_ascii=False) for f in record["fields"])
    return "{\n" + head + '  "fields": [' + (f"\n{fields}\n  " if fields else "") + "]\n}\n"


def _examples(read: Sample, found: Guess, findings: Findings) -> str:
    lines, count = [], Counter[str]()
    for message, wire_type in zip(read.messages, found.types, strict=True):
        name = findings.type_names[wire_type]
        count[name] += 1
        if count[name] <= EXAMPLES_PER_TYPE:
            body = json.loads(message.payload)
            line = {"data": message.payload if hide(body) == body else json.dumps(hide(body), ensure_ascii=False)}
            if message.publish_time:
                line["publish_time"] = message.publish_time
            lines.append(json.dumps(line, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def hide(value: Any) -> Any:
    """Parsed JSON with every secret's value replaced, JSON and forms inside strings included."""
    if isinstance(value, dict):
        return {k: HIDDEN if is_secret(k) else hide(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hide(v) for v in value]
    if isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                parsed = json.loads(value)
            except ValueError:
                return HIDDEN if is_secret(value) else value
            return value if hide(parsed) == parsed else json.dumps(hide(parsed), ensure_ascii=False)
        return re.sub(r"([\w.-]+)=([^&\s\"]*)", lambda m: f"{m[1]}={HIDDEN}" if is_secret(m[1]) else m[0], value)
    return value
