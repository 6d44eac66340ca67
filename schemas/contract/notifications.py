"""notifications.yaml: what a player is told of, once: a first event, a value reached, a long absence, a group that is full."""

from typing import Annotated

from msgspec import Meta, Struct, structs
from msgspec import field as struct_field

from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.yaml_models import Duration, Name, Names, Where, read_yaml

KEYS = ({"events"}, {"events", "where"}, {"events", "field", "at_least"}, {"absent"}, {"field", "members"})
COMPARED: dict[str, tuple[type, ...]] = {"boolean": (bool,), "long": (int,), "double": (int, float), "string": (str,)}


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule: the first event of a type, a value reached, an absence, or the members of a group."""

    text: Annotated[str, Meta(description="What the player is told.")] = ""
    events: Annotated[Names, Meta(title="a list of event types", description="The first event of one of these.")] = ()
    where: Annotated[Where, Meta(description="Only events whose fields are equal to these values.")] = {}
    field: Annotated[str, Meta(description="The number that is reached, or the state that members share.")] = ""
    at_least: Annotated[float | None, Meta(description="The value to be reached.")] = None
    absent_ms: Annotated[Duration | None, Meta(description="How long the player has sent nothing.")] = struct_field(
        default=None, name="absent")
    members: Annotated[int, Meta(ge=1, title="a whole number, 1 or more", description="Players who share the state.")] | None = None

    def __post_init__(self) -> None:
        told = {f.encode_name for f in structs.fields(self) if getattr(self, f.name) not in ((), {}, "", None)}
        if told - {"name", "text"} not in KEYS:
            raise ValueError("expected text, and events [and where]; events, field and at_least; absent; or field and members")


class Notification(Rule, frozen=True, kw_only=True):
    """A rule and its name."""

    name: str


def parse_notifications(text: str, file: str) -> tuple[Notification, ...]:
    """Read notifications.yaml. Raises ContractError."""
    rules = read_yaml(text, file, dict[Name, Rule])
    return tuple(Notification(name=name, **structs.asdict(rule)) for name, rule in rules.items())


def check_notifications(rules: tuple[Notification, ...], kinds: dict[str, dict[str, str]], profile: tuple[str, ...], file: str) -> None:
    """kinds: type by field, per event type. profile: the fields that are kept of each player."""
    for rule in rules:
        for event in rule.events:
            if event not in kinds:
                raise ContractError(file, f"{rule.name}.events", f"no event type {event!r}")
            for name in [*rule.where, *[rule.field] * bool(rule.field)]:
                if name not in kinds[event]:
                    raise ContractError(file, f"{rule.name}.{name}", f"is no field of {event}")
            for name, wanted in rule.where.items():
                if type(wanted) not in COMPARED.get(kinds[event][name], ()):
                    raise ContractError(file, f"{rule.name}.where.{name}", f"{wanted!r} is no {kinds[event][name]} that {event} could hold")
            if rule.field and kinds[event][rule.field] not in ("long", "double"):
                raise ContractError(file, f"{rule.name}.{rule.field}", "is no number: nothing to reach")
        if rule.members and rule.field not in profile:
            raise ContractError(file, f"{rule.name}.{rule.field}", "is no state of a player (role: state): nothing to share")
