"""An archive that the code of 0eff66b wrote is read, extended and repaired by the present code with equal figures."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gamebeam.archive.contract_file import archive_contract
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.engine import ask, open_archive

FIXTURES = Path(__file__).parents[1] / "fixtures" / "archive_0eff66b"
EXTENSION = {"starter": "part-003.jsonl", "placebo": "part-002.avro"}
HOURS = ("--from=2026-11-01T00", "--to=2026-11-03T00")


@pytest.fixture(params=["starter", "placebo"])
def old(request, tmp_path: Path) -> Path:
    """The folder of one game: archive/, the extension, and the figures that the old code gave."""
    with tarfile.open(FIXTURES / f"{request.param}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path / request.param


def assert_figures(folder: Path, expected: str) -> None:
    con = open_archive(archive_contract(str(folder / "archive")), str(folder / "archive"))
    for name, figure in json.loads((folder / expected).read_text()).items():
        rows = [[_plain(value) for value in row] for row in ask(con, figure["sql"]).rows]
        assert sorted(rows, key=json.dumps) == figure["rows"], name


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def extend(folder: Path) -> None:
    assert main(["run", f"--source={folder / EXTENSION[folder.name]}", f"--archive={folder / 'archive'}"]) == 0


def test_old_archive_is_read_with_equal_figures(old: Path) -> None:
    assert_figures(old, "figures.json")


def test_old_archive_is_extended_with_equal_figures(old: Path) -> None:
    extend(old)
    assert_figures(old, "figures_extended.json")


def test_old_archive_is_repaired_with_equal_figures(old: Path) -> None:
    extend(old)
    assert main(["repair", f"--archive={old / 'archive'}", *HOURS]) == 0
    assert_figures(old, "figures_repaired.json")


def test_old_archive_has_the_questions_of_its_packaged_game_and_stores_them_with_the_next_run(old: Path) -> None:
    assert archive_contract(str(old / "archive")).asked == load_contract(old.name).asked
    extend(old)
    stored = json.loads((old / "archive" / "_contract.json").read_text())
    assert stored["asked"] == load_contract(old.name).asked
