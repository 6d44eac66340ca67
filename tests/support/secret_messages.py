"""Random messages that hold a secret: under any name, in any spelling, in any place, in any shape."""

import json
import random
from dataclasses import dataclass
from urllib.parse import quote

from gamebeam.schemas.contract.contract import parse_contract
from gamebeam.schemas.secret_names import secret_names

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
SEPARATORS = ("_", "-", ".", " ", "  ")

NESTED = {
    "contract.yaml": "name: nested\ncounter: install",
    "events/signup.avsc": json.dumps({"type": "record", "name": "signup", "fields": [
        {"name": "plan", "type": ["null", "string"]},
        {"name": "real_name", "type": ["null", "string"], "pii": "drop"},
        {"name": "email", "type": ["null", "string"], "pii": "hash"},
        {"name": "profile", "type": ["null", {"type": "record", "name": "profile", "fields": [
            {"name": "street", "type": ["null", "string"], "pii": "drop"},
            {"name": "phone_number", "type": ["null", "string"], "pii": "hash"},
            {"name": "age", "type": ["null", "long"]}]}]},
        {"name": "friends", "type": ["null", {"type": "array", "items": {"type": "record", "name": "friend", "fields": [
            {"name": "surname", "type": ["null", "string"], "pii": "drop"},
            {"name": "contact_mail", "type": ["null", "string"], "pii": "hash"}]}}]}]}),
    "events/greet.avsc": json.dumps({"type": "record", "name": "greet", "fields": [
        {"name": "real_name", "type": ["null", "string"]}, {"name": "error", "type": ["null", "string"]}]}),
}
NESTED_EVENT = {"event_id": "n-1", "event_type": "signup", "event_time": 1_790_000_000_001, "received_time": 1_790_000_000_501,
                "player_id": "p-1", "install_id": "i-1", "seq": 1, "env": "live", "app_version": "1.0", "plan": "a"}
PLACES = ("top", "top", "inside", "array", "doubled", "doubled_parent", "json_string", "url", "user_info", "header", "form", "envelope",
          "text_value")
PERSONAL = ("real_name", "email", "street", "phone_number", "surname", "contact_mail")


def nested_contract(**settings):
    head = NESTED["contract.yaml"] + "".join(f"\n{k}: {json.dumps(v)}" for k, v in settings.items())
    return parse_contract(NESTED | {"contract.yaml": head})


@dataclass
class Attempt:
    """payloads: messages that follow each other; more than one where a message came in lines."""

    secret: str
    payloads: list[bytes]
    how: str


class Attempts:
    """Attempts at one game: its own messages, with a secret put in."""

    def __init__(self, bases, rng: random.Random, personal=()):
        self.bases, self.rng, self.personal = bases, rng, personal

    def make(self) -> Attempt:
        rng = self.rng
        secret = "Q7" + "".join(rng.choices(LETTERS, k=10))
        message = json.loads(rng.choice(self.bases))
        name = self.name()
        place = rng.choice(PLACES)
        text = self.put(message, place, name, secret)
        spoil = rng.choice(("as is", "as is", "type", "field", "time"))
        text = self.spoiled(text, spoil)
        wrap = rng.choice(("whole", "whole", "whole", "truncated", "encoded", "single quotes", "stray byte", "pretty", "lines", "array"))
        return Attempt(secret, self.wrapped(text, wrap, secret), f"{name!r} {place} {spoil} {wrap}")

    def name(self) -> str:
        rng, names = self.rng, secret_names()
        kind = rng.choice(("anywhere", "anywhere", "words", "whole", *(["personal"] if self.personal else [])))
        if kind == "personal":
            return rng.choice(self.personal)
        name = rng.choice(getattr(names, kind))
        if kind == "anywhere" and rng.random() < 0.4:
            at = rng.randrange(1, len(name))
            name = name[:at] + rng.choice(SEPARATORS) + name[at:]
        name = rng.choice((str.lower, str.upper, str.title, str.lower, lambda n: "".join(rng.choice((c, c.upper())) for c in n)))(name)
        if kind != "whole":
            name = rng.choice(("{}", "{}", "user_{}", "{}_confirm", "{} (id)", "user[{}]", "user[{}][confirm]", "my.{}", "{}2", " {} ",
                               "{} confirmation", "X-{}")).format(name)
        return name

    def value(self, secret):
        return self.rng.choice((secret, secret, secret, {"a": secret}, [secret], [{"b": [secret, 1]}], {"player_id": secret, "seq": 3}))

    def key(self, name: str) -> str:
        """A JSON key; some of its letters escaped."""
        text = json.dumps(name, ensure_ascii=self.rng.random() < 0.5)
        if self.rng.random() < 0.25:
            at = self.rng.randrange(1, len(text) - 1)
            if text[at].isalnum() and text[at].isascii() and "\\" not in text:
                text = f"{text[:at]}\\u{ord(text[at]):04x}{text[at + 1:]}"
        return text

    def put(self, message: dict, place: str, name: str, secret: str) -> str:
        """The message's JSON with the secret in it."""
        rng, marker = self.rng, "\u2603marker"
        value = json.dumps(self.value(secret))
        pair = f"{self.key(name)}: {value}"
        if place == "top":
            inner = pair
        elif place == "inside":
            inner = f'"meta": {{"k": 1, "deep": {{{pair}, "z": 2}}}}'
        elif place == "array":
            inner = f'"list": [1, {{"k": [{{{pair}}}]}}, "x"]'
        elif place == "doubled":
            inner = f'{pair}, {pair.replace(value, "1")}'
        elif place == "doubled_parent":
            inner = f'"x": {{{pair}}}, "x": 1'
        else:
            text = self.text(place, name, secret, pair)
            strings = [k for k, v in message.items() if isinstance(v, str)]
            known = [k for k in ("event_type", "player_id", "session_id", "env", "app_version", "platform") if k in message]
            where = rng.choice(known) if place == "envelope" and known else rng.choice(strings) if place == "text_value" and strings else ""
            if where:
                message = message | {where: text}
                return json.dumps(message)
            inner = f'"note": {json.dumps(text)}'
        items = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in message.items()]
        items.insert(rng.randrange(len(items) + 1), marker)
        return ("{" + ", ".join(items) + "}").replace(marker, inner)

    def text(self, place: str, name: str, secret: str, pair: str) -> str:
        rng = self.rng
        encoded = quote(name)
        if rng.random() < 0.3:
            encoded = "".join(f"%{ord(c):02x}" if c.isascii() and c.isalnum() and rng.random() < 0.3 else quote(c) for c in name)
        url = f"GET https://game.example/login?level=3&{encoded}={secret}&x=1 failed"
        if place == "json_string":
            text = f'{{"k": 1, {pair}}}'
            for _ in range(rng.randrange(3)):
                text = json.dumps({"posted": text, "n": 1})
            return text
        if place == "user_info":
            return f"connect to redis://player:{secret}@db.example:6379/0 failed"
        if place == "header":
            return f"POST / HTTP/1.1\r\nHost: game.example\r\n{name}: {secret}\r\n"
        if place == "form":
            return f"userid=1&{encoded}={secret}"
        return rng.choice((url, url, f"body was {{{pair}}}", "https://h.example/?d=" + quote(f"{{{pair}}}")))

    def spoiled(self, text: str, how: str) -> str:
        if how == "type":
            return text.replace('"event_type": "', '"event_type": "zz_', 1)
        if how == "field":
            return text[:-1] + ', "event_time": [], "timestamp": 17, "seq": "x"}'
        return text[:-1] + ', "event_time": 17, "timestamp": "1980-01-01 00:00:00"}' if how == "time" else text

    def wrapped(self, text: str, how: str, secret: str) -> list[bytes]:
        rng = self.rng
        if how == "truncated":
            return [text[: rng.randrange(1, len(text))].encode()]
        if how == "encoded":
            return [text.encode(rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1")), errors="replace")]
        if how == "single quotes":
            return [text.replace('"', "'").encode()]
        if how == "array":
            return [f"[{text}]".encode()]
        if how == "stray byte":
            raw = text.encode()
            at = rng.choice((0, len(raw), raw.find(b"{") + 1, raw.rfind(b"}")))
            return [raw[:at] + rng.choice((b"\xff", b"x", b"{", b"}", b"\x00", b",", b"\\")) + raw[at:]]
        if how in ("pretty", "lines"):
            try:
                pretty = json.dumps(json.loads(text), indent=rng.choice((0, 1, 2)))
            except ValueError:
                return [text.encode()]
            if how == "pretty":
                return [pretty.encode()]
            if rng.random() < 0.5:
                pretty = pretty.replace(": ", ":\n")
            return pretty.encode().splitlines()
        return [text.encode()]


def traces(secret: str) -> list[bytes]:
    """What of a secret would be found in bytes."""
    return [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be"), secret.encode("utf-32-le"), secret.encode("utf-32-be")]


def leaks(secret: str, output: bytes) -> bool:
    return any(trace in output for trace in traces(secret))
