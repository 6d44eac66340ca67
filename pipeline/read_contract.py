"""A contract from where a launcher finds it: a packaged game, a folder on disk, or a folder on any of Beam's filesystems."""

from apache_beam.io.filesystems import FileSystems

from gamebeam.archive.layout import escape_glob, join
from gamebeam.schemas.contract.contract import Contract, load_contract, parse_contract
from gamebeam.schemas.contract.fields import ContractError

FILES = ("*.yaml", "events/*.avsc", "examples/*.jsonl", "views/*.sql", "questions/*.sql", "reports/*.sql", "feeds/*.yaml")


def read_contract(name_or_path: str) -> Contract:
    """Read once, at the launch: the contract travels in the job's graph as text, and workers open no file of it."""
    if "://" not in name_or_path:
        return load_contract(name_or_path)
    root = name_or_path.rstrip("/")
    try:
        matched = FileSystems.match([join(escape_glob(root), pattern) for pattern in FILES])
        paths = sorted(m.path for result in matched for m in result.metadata_list)
        text = {path.removeprefix(f"{root}/"): _read(path) for path in paths}
    except (ValueError, UnicodeDecodeError) as e:  # ValueError: no such filesystem
        raise ContractError(root, None, f"cannot be read: {e}") from None
    if not text:
        raise ContractError(root, None, "no such folder, or nothing in it: a contract is contract.yaml and events/*.avsc")
    return parse_contract(text, root)


def _read(path: str) -> str:
    with FileSystems.open(path) as f:
        return f.read().decode()
