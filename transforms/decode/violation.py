"""Why a message is no event, as its dead letter says it."""

import re

FIELD_OF_ERROR = re.compile(r" - at `\$\.?(.*)`$|required field `(.*?)`|unknown field `(.*?)`")


class Violation(ValueError):
    """A message that is no event under its contract: (reason, field or None, detail)."""


def field_and_detail(error: str) -> tuple[str | None, str]:
    """Return the contract's field, where one is at fault, and the detail of msgspec's message, without a value of the message."""
    match = FIELD_OF_ERROR.search(error)
    path = next((g for g in match.groups() if g), None) if match else None
    if "missing required field" in error:
        inner = re.search(r" - at `\$\.?(.*)`$", error)
        name = re.search(r"required field `(.*?)`", error)
        path = ".".join(p for p in (inner[1] if inner else "", name[1] if name else "") if p)
        return path, "required, and missing"
    if error.startswith("Invalid enum value"):
        return path, "none of the values that the contract names"
    return path, error.split(" - at ")[0].replace("`", "")
