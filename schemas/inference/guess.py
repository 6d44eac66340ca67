"""Where a game's messages keep the envelope: guessed from names and from values, each guess with its reason."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import yaml

from gamebeam.schemas.contract.wire import snake
from gamebeam.schemas.inference.sample import objects
from gamebeam.schemas.inference.times import says_time, time_format, to_ms
from gamebeam.schemas.inference.unwrap import Leaf

# Envelope field -> name (letters and digits only) -> how sure the name makes us.
NAMES: dict[str, dict[str, int]] = yaml.safe_load((files("gamebeam.schemas") / "guess.yaml").read_text())
PLAIN = {"id", "uuid", "guid", "type", "name", "action", "kind", "event"}  # say nothing unless the event itself is their parent
OF_THE_EVENT = {"", "event", "evt", "meta", "metadata", "header", "headers", "envelope", "message", "info", "generalinfo",
                "common", "base", "context"}
BESIDE_THE_TYPE = re.compile(r"info|meta|general|common|header|context|device|user|envelope|base|session|player|client|app")
TYPE_NAME = re.compile(r"[A-Za-z][\w .:/-]{0,80}")
MOST_TYPES = 200
OTHER_TIMES = re.compile("start|first|install|created|last|join|seen|expir|birth|end")  # of something else than the event


@dataclass
class Guess:
    envelope: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    types: list[str] = field(default_factory=list)  # of each message, as it stands on the wire
    time_format: str = "ms"
    arrival_time: str | None = None
    counter: str | None = None
    ids_as_numbers: bool = False
    seq_as_text: bool = False


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def guess(bodies: list[dict[str, Any]], leaves: dict[str, Leaf], published: list[str | None], is_secret: Callable[[str], bool]) -> Guess:
    found = Guess()
    _guess_type(found, bodies, leaves)
    parent = found.envelope["event_type"].removesuffix("*") if found.envelope["event_type"].endswith("*") else None
    own = tuple(f"{parent}{t}." for t in set(found.types)) if parent is not None else ()  # what an event's own key holds is its own
    opened = {p[:i] for p in leaves for i, c in enumerate(p) if c == "."}  # objects: no leaf in every message
    usable = {p: leaf for p, leaf in leaves.items()
              if p not in opened and not p.startswith(own) and not any(is_secret(part) for part in p.split("."))}
    ranked = {name: _ranked(name, usable) for name in NAMES}
    _guess_time(found, ranked["event_time"], usable)
    _guess_received(found, ranked["received_time"], leaves, published)
    _guess_id(found, ranked["event_id"])
    for name in ("player_id", "session_id", "install_id", "game", "env", "platform", "app_version", "country"):
        _guess_string(found, name, ranked[name])
    _guess_seq(found, ranked["seq"], leaves)
    return found


def _ranked(name: str, leaves: dict[str, Leaf]) -> list[Leaf]:
    """Leaves whose name could be this field's, the likeliest first: by name, by how often it is there, by its company."""
    known = {n for names in NAMES.values() for n in names}
    company = Counter(p.rpartition(".")[0] for p in leaves if plain(p.rpartition(".")[2]) in known)
    scored = [(score, leaf) for leaf in leaves.values() if leaf.present and (score := _score(name, leaf.path))]
    return [leaf for _, leaf in sorted(scored, key=lambda s: (
        -s[0], -len(s[1].present), -company[s[1].path.rpartition(".")[0]], s[1].path.count("."), s[1].path))]


def _score(name: str, path: str) -> int:
    parts = [plain(p) for p in path.split(".")]
    leaf, parent = parts[-1], parts[-2] if len(parts) > 1 else ""
    score = NAMES[name].get(leaf, 0)
    if leaf in PLAIN and parent not in OF_THE_EVENT:
        score = 0
    return max(score, NAMES[name].get(parent + leaf, 0) - 1 if parent else 0)


def _guess_type(found: Guess, bodies: list[dict[str, object]], leaves: dict[str, Leaf]) -> None:
    ranked = [leaf for leaf in _ranked("event_type", leaves) if _names_types(leaf)]
    value = ranked[0] if ranked else None
    key = _type_as_key(bodies)
    if key and (value is None or (value.distinct == 1 and key[2] > 1) or (_score("event_type", value.path) < 8 and key[2] > 1)):
        parent, found.types, distinct = key
        path = f"{parent}.*" if parent else "*"
        found.envelope["event_type"] = path
        found.why["event_type"] = f"the key itself under {parent or 'the top'}: {distinct} different" + (
            "" if distinct > 1 else ", told from its neighbours by their names alone: check it")
    elif value is not None:
        found.envelope["event_type"] = value.path
        found.types = list(value.present)
        found.why["event_type"] = f"named like a type, in every message, {value.distinct} different"
    else:
        near = ", ".join(leaf.path for leaf in _ranked("event_type", leaves)[:3])
        raise ValueError("cannot tell the event's type: no text in every message is named like one (event_type, type, …), and "
                         "no object holds one key that changes with the event" + (f"; nearest: {near}" if near else ""))


def _names_types(leaf: Leaf) -> bool:
    if not leaf.always or not leaf.holds(str) or not all(TYPE_NAME.fullmatch(v) for v in leaf.present):
        return False
    return leaf.distinct <= MOST_TYPES and (leaf.distinct <= 20 or leaf.distinct < len(leaf.present) / 2)


def _type_as_key(bodies: list[dict[str, object]]) -> tuple[str, list[str], int] | None:
    """(parent, type of each message, how many different): an object where one key changes with the event and holds an object."""
    best: tuple[str, list[str], int] | None = None
    for path, seen in objects(bodies).items():
        if len(seen) < len(bodies):
            continue
        fixed = {k for k in seen[0] if all(k in keys for keys in seen)}
        types = [[k for k, is_object in keys.items() if is_object and k not in fixed] for keys in seen]
        if len(bodies) == 1 or not any(types):  # one type only: its neighbours must be told by their names
            if plain(path.rpartition(".")[2]) not in ("event", "events", "payload", "data"):
                continue
            types = [[k for k, is_object in keys.items() if is_object and not BESIDE_THE_TYPE.search(k.lower())] for keys in seen]
        if not all(len(names) == 1 and TYPE_NAME.fullmatch(names[0]) for names in types):
            continue
        distinct = len({names[0] for names in types})
        if distinct <= MOST_TYPES and (best is None or distinct > best[2]):
            best = path, [names[0] for names in types], distinct
    return best


def _guess_time(found: Guess, ranked: list[Leaf], leaves: dict[str, Leaf]) -> None:
    others = [leaf for path, leaf in leaves.items() if leaf not in ranked and says_time(snake(path.rpartition(".")[2]))
              and not _score("received_time", path) and not OTHER_TIMES.search(path.lower())]
    rare, spelled = "", None
    for leaf in (*ranked, *others):
        name = time_format(leaf.present)
        spelled = spelled or name
        if name is None:
            rare = rare or f"{leaf.path} holds no time in a format that is known"
        elif not leaf.always:
            rare = rare or f"{leaf.path} is in only {len(leaf.present)} of {len(leaf.values)} messages"
        else:
            found.envelope["event_time"], found.time_format = leaf.path, name
            told = {"ms": "milliseconds since 1970", "s": "seconds since 1970", "iso": "ISO 8601"}.get(name, name)
            found.why["event_time"] = f"named like a time, {told} in every message" + (
                "; day and month may be the other way round" if name.startswith(("%d/", "%m/")) else "")
            return
    found.envelope["event_time"], found.time_format = "arrival", spelled or "ms"
    found.why["event_time"] = "the broker's time stands in: " + (rare or "no message says when it happened")


def _guess_received(found: Guess, ranked: list[Leaf], leaves: dict[str, Leaf], published: list[str | None]) -> None:
    for leaf in ranked:
        if leaf.path == found.envelope["event_time"] or time_format(leaf.present) is None:
            continue
        if found.envelope["event_time"] != "arrival" and any(to_ms(v, found.time_format) is None for v in leaf.present):
            found.absent["received_time"] = f"{leaf.path} is a time, but not in event_time's format: it stays a field of its own"
            continue
        if found.envelope["event_time"] == "arrival":  # the only other time that wire.yaml spells
            found.time_format = time_format(leaf.present) or "ms"
        found.envelope["received_time"] = leaf.path
        found.why["received_time"] = "named like a server's time"
        happened = leaves[found.envelope["event_time"]] if found.envelope["event_time"] != "arrival" else leaf
        pairs = zip(happened.values, leaf.values, strict=True)
        if not leaf.always or not all(_near(a, b, found.time_format) for a, b in pairs):
            found.absent["arrival_time"] = f"{leaf.path} is not in every message, or days away: no arrival time in plain files"
        else:
            found.arrival_time = leaf.path
            found.why["arrival_time"] = "in plain files; a broker's own time comes first"
        return
    if any(published):
        found.absent.setdefault("received_time", "the broker's publish_time says when a message arrived")


def _near(event_time: object, arrival: object, name: str) -> bool:
    behind = (to_ms(arrival, name) or 0) - (to_ms(event_time, name) or 0)
    return -86_400_000 <= behind <= 30 * 86_400_000


def _guess_id(found: Guess, ranked: list[Leaf]) -> None:
    reason = "no message carries an id"
    for leaf in ranked:
        if not leaf.always:
            reason = f"{leaf.path} is in only {len(leaf.present)} of {len(leaf.values)} messages"
        elif not leaf.holds(str, int):
            reason = f"{leaf.path} is no text"
        elif leaf.distinct < 0.9 * len(leaf.present) and leaf.distinct < len(leaf.present) - 1:
            reason = f"{leaf.path} repeats: {leaf.distinct} different in {len(leaf.present)} messages"
        else:
            found.envelope["event_id"] = leaf.path
            found.why["event_id"] = f"named like an id, {leaf.distinct} different in {len(leaf.present)} messages"
            _note_numbers(found, "event_id", leaf)
            return
    found.envelope["event_id"] = "hash"
    found.why["event_id"] = f"a hash of the message: {reason}"


def _guess_string(found: Guess, name: str, ranked: list[Leaf]) -> None:
    for leaf in ranked:
        if leaf.path in found.envelope.values():
            continue
        kinds = (str, int) if name.endswith("_id") or name == "app_version" else (str,)
        if not leaf.holds(*kinds) or (name in ("env", "game", "platform") and leaf.distinct > 50):
            found.absent[name] = f"{leaf.path} is named like it, but its values are not of the kind"
            continue
        found.envelope[name] = leaf.path
        found.absent.pop(name, None)
        found.why[name] = "named like it" + ("" if leaf.always else f", in {len(leaf.present)} of {len(leaf.values)} messages")
        _note_numbers(found, name, leaf)
        return


def _note_numbers(found: Guess, name: str, leaf: Leaf) -> None:
    if any(isinstance(v, int) for v in leaf.present):
        found.ids_as_numbers = True
        found.why[name] += "; a number there, kept as text"


def _guess_seq(found: Guess, ranked: list[Leaf], leaves: dict[str, Leaf]) -> None:
    for leaf in ranked:
        numbers = [None if v is None else int(v) if re.fullmatch(r"\d{1,16}", str(v)) else -1 for v in leaf.values]
        if any(n is not None and not 0 <= n <= 2**53 for n in numbers):
            found.absent["seq"] = f"{leaf.path} is named like a counter, but does not count from 0 or 1"
            continue
        counters = [n for n in ("player", "install", "session") if f"{n}_id" in found.envelope]
        if not counters:
            found.absent["seq"] = f"{leaf.path} counts, but nobody knows whose: no player, install or session id"
            return
        found.envelope["seq"], found.seq_as_text = leaf.path, any(isinstance(v, str) for v in leaf.present)
        found.counter, told = _whose(counters, numbers, found, leaves)
        found.why["seq"] = f"named like a counter, from {min(n for n in numbers if n is not None)}; counted per {found.counter}: {told}"
        return


def _whose(counters: list[str], numbers: list[int | None], found: Guess, leaves: dict[str, Leaf]) -> tuple[str, str]:
    """Whose counter it is: the widest id under which no number comes twice for different events."""
    clean, split = [], []
    for counter in counters:
        ids = leaves[found.envelope[f"{counter}_id"]].values
        times = leaves[found.envelope["event_time"]].values if found.envelope["event_time"] in leaves else [None] * len(ids)
        events = defaultdict(set)
        for who, number, event_type, when in zip(ids, numbers, found.types, times, strict=True):
            if who is not None and number is not None:
                events[who, number].add((event_type, repr(when)))
        if all(len(different) == 1 for different in events.values()):
            clean.append(counter)
            split.append(len({who for who, _ in events}))
    if not clean:
        return counters[-1], "it repeats under every id; a guess, check it"
    if len(set(split)) == 1 and len(clean) > 1:
        narrow = next(c for c in ("install", "session", "player") if c in clean)
        return narrow, f"{' and '.join(clean)} fit this sample equally; check it"
    pick = "install" if "install" in clean else clean[0]
    return pick, "its numbers repeat under no wider id" if pick != counters[0] else "no number comes twice"


def paths_of(envelope: dict[str, str]) -> Iterable[str]:
    return [p for p in envelope.values() if p not in ("hash", "arrival") and not p.endswith("*")]
