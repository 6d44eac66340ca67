"""The contract that an archive holds, in ROOT/_contract.json, and which contracts may read the archive or write into it.

`text` is what says what events are, and has the fingerprint; `asked` is the rest that people use: questions, views, reports and feeds.
An archive of before `asked` was stored has that of the packaged game, where nothing else differs.
"""

import json
from dataclasses import replace
from importlib.resources.abc import Traversable

from gamebeam.archive.layout import CONTRACT_FILE, join
from gamebeam.schemas.contract.contract import PACKAGED, Contract, load_contract, parse_contract
from gamebeam.schemas.contract.evolution import Change, Effect, changes
from gamebeam.schemas.contract.fields import ContractError

HOW_TO_GET_ONE = "a packaged game's name, or a folder: gamebeam contract infer SAMPLE --out=FOLDER writes one from messages"
SHOWN = 5  # changes in an error


class ContractRefused(ValueError):
    """A contract that does not go with an archive: the flag, every difference, and what to do."""


def stored_json(contract: Contract) -> bytes:
    """What _contract.json holds."""
    body = {"name": contract.name, "fingerprint": contract.fingerprint, "text": contract.essence, "asked": contract.asked}
    return json.dumps(body, indent=1).encode()


def parse_stored(text: bytes, path: str) -> Contract:
    """The contract from the content of _contract.json at `path`."""
    try:
        body = json.loads(text)
        essence, asked = body["text"], body.get("asked")
    except (ValueError, KeyError, TypeError) as e:
        raise ContractError(path, None, f"not an archive's contract ({type(e).__name__}: {e}); give --contract to replace it") from None
    stored = parse_contract(essence | (asked or {}), path)
    return _with_packaged_questions(stored) if asked is None else stored


def _with_packaged_questions(stored: Contract) -> Contract:
    folder: Traversable = PACKAGED / stored.name
    if not folder.is_dir():
        return stored
    packaged = load_contract(stored.name)
    return stored if changes(stored, packaged) else replace(stored, text=packaged.asked | stored.text)


def for_reading(archive: str, stored: Contract | None, given: Contract | None) -> Contract:
    """The contract under which a command reads an archive: the archive's own; `given` may differ in what people ask."""
    if stored is None:
        if given is None:
            raise ContractRefused(f"{join(archive, CONTRACT_FILE)}: no such file: is {archive} the root of an archive? "
                                  f"If it is, give --contract: {HOW_TO_GET_ONE}")
        return given
    if given is None:
        return stored
    if found := changes(stored, given):
        raise ContractRefused(f"--contract: differs from the contract of {archive}: {_listed(found)}; leave --contract out to read "
                              "under the archive's own, or give one that differs in questions, views, reports and feeds alone")
    return given


def for_writing(archive: str, stored: Contract | None, given: Contract | None, repairs_all: bool = False) -> Contract:
    """The contract under which a command writes into an archive. It may only add; and, in a repair of every hour, change what sums
    depend on.
    """
    if stored is None or given is None:
        if contract := stored or given:
            return contract
        raise ContractRefused(f"{archive}: a new archive needs --contract: {HOW_TO_GET_ONE}")
    found = changes(stored, given)
    if broken := [change for change in found if change.effect == Effect.BREAKS]:
        raise ContractRefused(f"{archive}: written under another contract: {_listed(broken)}; use another --archive, or leave --contract "
                              "out to go on under the archive's own")
    if (unrepaired := [change for change in found if change.effect == Effect.NEEDS_REPAIR]) and not repairs_all:
        raise ContractRefused(f"{archive}: its sums were made under another contract: {_listed(unrepaired)}; recompute them with "
                              "gamebeam repair --contract=… from the archive's first hour to its last, or use another --archive")
    return given


def _listed(found: list[Change]) -> str:
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(change.text for change in found[:SHOWN]) + more
