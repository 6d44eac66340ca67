"""gamebeam query: a statement, a file or a packaged query by name, over an archive."""

import re
from pathlib import Path

from schemas.contract import PACKAGED, Contract
from sql.engine import run
from sql.show import FORMATS, show


def query(contract: Contract, archive: str, text_or_file: str, format: str = "table") -> str:
    """The answer as text. text_or_file is BigQuery SQL, a file.sql, or the NAME of one of the game's own queries."""
    if format not in FORMATS:
        raise ValueError(f"--format={format}: use one of {', '.join(FORMATS)}")
    return show(run(contract, archive, query_text(contract, text_or_file)), format)


def query_text(contract: Contract, text_or_file: str) -> str:
    if text_or_file.endswith(".sql"):
        if not Path(text_or_file).is_file():
            raise FileNotFoundError(f"{text_or_file}: no such file")
        return Path(text_or_file).read_text()
    if not re.fullmatch(r"\w+", text_or_file):
        return text_or_file
    folder = PACKAGED / contract.name / "sql" / "queries"
    if (folder / f"{text_or_file}.sql").is_file():
        return (folder / f"{text_or_file}.sql").read_text()
    known = sorted(p.name.removesuffix(".sql") for p in folder.iterdir()) if folder.is_dir() else []
    raise FileNotFoundError(f"{text_or_file}: neither SQL, nor a file.sql, nor a query of {contract.name} "
                            f"({', '.join(known) or 'it has none'})")
