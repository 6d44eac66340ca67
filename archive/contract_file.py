"""An archive's own contract, read and written on any of Beam's filesystems."""

import re

from apache_beam.io.filesystems import FileSystems

from gamebeam.archive.atomic_write import write_atomically
from gamebeam.archive.layout import CONTRACT_FILE, escape_glob, join
from gamebeam.archive.manifest import RunError
from gamebeam.archive.stored_contract import for_writing, parse_stored, stored_json
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS, HOUR_MS, day_ms

EVENTS_OF_AN_HOUR = re.compile(r"/events/(?!dead_letter/)\w+/date=([\d-]+)/hour=(\d\d|late)/[^/]+$")


def archive_contract(archive: str) -> Contract | None:
    """None: the archive is new."""
    path = join(archive, CONTRACT_FILE)
    return parse_stored(_read(path), path) if FileSystems.exists(path) else None


def accepted_contract(archive: str, given: Contract | None, repaired: tuple[int, int] | None = None) -> Contract:
    """The contract to write under: `given`, or the archive's own. repaired: the hours, from and to in ms, that a repair recomputes.

    Raises:
        ContractRefused: `given` cannot share the archive with what is there, or is missing where the archive is new.
    """
    stored = archive_contract(archive)
    differs = stored is not None and given is not None and stored != given
    return for_writing(archive, stored, given, repairs_all=differs and repaired is not None and _has_all_events(archive, *repaired))


def store_contract(archive: str, contract: Contract) -> None:
    """Makes the contract the archive's own."""
    path, body = join(archive, CONTRACT_FILE), stored_json(contract)
    if FileSystems.exists(path) and _read(path) == body:
        return
    try:
        write_atomically(path, body)
    except OSError as e:
        raise RunError(f"{archive}: cannot be written: {e.strerror or e}") from None


def claim_archive(archive: str, given: Contract | None) -> Contract:
    """The accepted contract, which is the archive's own from now on."""
    contract = accepted_contract(archive, given)
    store_contract(archive, contract)
    return contract


def _has_all_events(archive: str, start: int, end: int) -> bool:
    """Whether all events of the archive are of the hours from start to end (ms)."""
    paths = (m.path for m in FileSystems.match([join(escape_glob(archive), "events/*/*/*/part-*.parquet")])[0].metadata_list)
    for day, hour in {tuple(found.groups()) for path in paths if (found := EVENTS_OF_AN_HOUR.search(path))}:
        first = day_ms(day) + (0 if hour == "late" else int(hour) * HOUR_MS)
        if first < start or first + (DAY_MS if hour == "late" else HOUR_MS) > end:
            return False
    return True


def _read(path: str) -> bytes:
    with FileSystems.open(path) as f:
        return f.read()
