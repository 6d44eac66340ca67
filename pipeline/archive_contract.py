"""Which contract a command works under: the archive's own, or --contract where that goes with the archive."""

from pathlib import Path

from gamebeam.archive.layout import CONTRACT_FILE
from gamebeam.archive.stored_contract import for_reading, parse_stored
from gamebeam.schemas.contract.contract import Contract, load_contract


def given_contract(flag: str | None) -> Contract | None:
    """--contract's value: a packaged game's name, or a folder on disk or gs://. Beam is imported for the latter alone: it takes seconds."""
    if not flag:
        return None
    if "://" not in flag:
        return load_contract(flag)
    from gamebeam.pipeline.read_contract import read_contract

    return read_contract(flag)


def contract_to_read(archive: str, flag: str) -> Contract:
    """The archive's own contract; --contract may differ from it in questions, views, reports and feeds.

    Raises:
        ContractRefused: the archive holds no contract and none is given, or the given one has other events, wire, rollups or settings.
    """
    return for_reading(archive, stored_contract(archive), given_contract(flag))


def stored_contract(archive: str) -> Contract | None:
    """Return the contract that the archive holds; None where it holds none."""
    if "://" in archive:
        from gamebeam.archive.contract_file import archive_contract

        return archive_contract(archive)
    path = Path(archive, CONTRACT_FILE)
    if not Path(archive).is_dir():
        raise FileNotFoundError(f"{archive}: no such archive (gamebeam run --archive={archive} writes one)")
    return parse_stored(path.read_bytes(), str(path)) if path.is_file() else None
