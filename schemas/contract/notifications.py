"""notifications.yaml: what a player is told of, once: a first event, a value reached, a long absence, a group that is full."""

from dataclasses import dataclass
from typing import Any

from gamebeam.schemas.contract.fields import NAME, ContractError, load_yaml
from gamebeam.schemas.contract.rollups import duration_ms

SHAPES = "events [and where]; events, field and at_least; absent; or field and members"

COMPARED: dict[str, tuple[type, ...]] = {"boolean": (bool,), "long": (int,), "double": (int, float), "string": (str,)}


@dataclass(frozen=True)
class Notification:
    """One rule. events: the first of these (under where; with field of at_least so much) | absent_ms | members who share a state field."""

    name: str
    text: str
    events: tuple[str, ...] = ()
    where: tuple[tuple[str, Any], ...] = ()
    field: str = ""
    at_least: float | None = None
    absent_ms: int | None = None
    members: int | None = None


def parse_notifications(text: str, file: str) -> tuple[Notification, ...]:
    return tuple(_rule(str(name), body, file) for name, body in load_yaml(text, file).items())


def check_notifications(rules: tuple[Notification, ...], kinds: dict[str, dict[str, str]], profile: tuple[str, ...], file: str) -> None:
    """kinds: type by field, per event type. profile: the fields that are kept of each player."""
    for rule in rules:
        for event in rule.events:
            if event not in kinds:
                raise ContractError(file, f"{rule.name}.events", f"no event type {event!r}")
            for name in [n for n, _ in rule.where] + [rule.field] * bool(rule.field):
                if name not in kinds[event]:
                    raise ContractError(file, f"{rule.name}.{name}", f"is no field of {event}")
            for name, wanted in rule.where:
                if type(wanted) not in COMPARED.get(kinds[event][name], ()):
                    raise ContractError(file, f"{rule.name}.where.{name}", f"{wanted!r} is no {kinds[event][name]} that {event} could hold")
            if rule.field and kinds[event][rule.field] not in ("long", "double"):
                raise ContractError(file, f"{rule.name}.{rule.field}", "is no number: nothing to reach")
        if rule.members and rule.field not in profile:
            raise ContractError(file, f"{rule.name}.{rule.field}", "is no state of a player (role: state): nothing to share")


def _rule(name: str, body: Any, file: str) -> Notification:
    if not NAME.match(name):
        raise ContractError(file, name, "names of rules are snake_case")
    keys = set(body) - {"text"} if isinstance(body, dict) else set()
    if keys not in ({"events"}, {"events", "where"}, {"events", "field", "at_least"}, {"absent"}, {"field", "members"}):
        raise ContractError(file, name, f"expected text, and {SHAPES}")
    events, where, field = body.get("events", []), body.get("where", {}), body.get("field", "")
    if not isinstance(events, list) or ("events" in body and not events):
        raise ContractError(file, f"{name}.events", "expected a list of event types")
    if not isinstance(where, dict):
        raise ContractError(file, f"{name}.where", "expected a mapping of fields to values")
    at_least, members = body.get("at_least"), body.get("members")
    if at_least is not None and (isinstance(at_least, bool) or not isinstance(at_least, int | float)):
        raise ContractError(file, f"{name}.at_least", f"expected a number, not {at_least!r}")
    if members is not None and (type(members) is not int or members < 1):
        raise ContractError(file, f"{name}.members", f"expected a whole number, 1 or more, not {members!r}")
    absent = duration_ms(body["absent"], file, f"{name}.absent") if "absent" in body else None
    return Notification(name, str(body.get("text", "")), tuple(events), tuple(sorted(where.items())), str(field), at_least, absent, members)
