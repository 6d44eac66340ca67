"""The wheel, in an environment of its own that has the dependencies and nothing of the checkout; and the public names of the package."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distributions
from pathlib import Path

import duckdb
import pytest

import gamebeam
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, WrittenArchive

ROOT = Path(__file__).parents[2]
ROOMS = sorted(p.name for p in (ROOT / "gamebeam").iterdir() if p.is_symlink())


def installed_in(folder: Path) -> Path:
    """The site-packages of an environment in this folder."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """The folder of a virtual environment with the wheel of this checkout in it."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("environment") / "venv"
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    for name in ("gamebeam", *ROOMS):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", "from setuptools.build_meta import build_wheel; build_wheel('dist')"],
                   cwd=source, check=True, capture_output=True)
    (wheel,) = (source / "dist").glob("*.whl")
    venv.create(folder)
    # A path from a .pth file brings the packages of the checkout's environment, and not what its own .pth files install.
    (installed_in(folder) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--no-deps", "--no-index",
                    "--ignore-installed", "--quiet", str(wheel)], check=True, capture_output=True)
    return folder


def ran(environment: Path, *command: str, cwd: Path | None = None, timeout: float = 120) -> str:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([str(environment / "bin" / command[0]), *command[1:]], cwd=cwd or environment, env=outside, capture_output=True,
                          text=True, timeout=timeout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_installs_one_name_and_the_version_is_the_packages(environment):
    (own,) = (d for d in distributions(path=[str(installed_in(environment))]) if d.name == "gamebeam")
    names = {path.parts[0] for path in own.files or () if not path.parts[0].endswith(".dist-info") and ".." not in path.parts}
    assert names == {"gamebeam"} and own.version == gamebeam.__version__
    assert own.metadata["Description-Content-Type"] == "text/markdown" and "Typing :: Typed" in own.metadata.get_all("Classifier", ())
    printed = ran(environment, "python", "-c", "import gamebeam; print(gamebeam.__version__, gamebeam.__file__)").split()
    assert printed[0] == gamebeam.__version__ and Path(printed[1]).is_relative_to(environment)


def test_the_wheel_has_every_file_of_every_room(environment):
    ours = {f"{room}/{p.relative_to(ROOT / room)}" for room in ROOMS for p in (ROOT / room).rglob("*")
            if p.is_file() and "__pycache__" not in p.parts}
    there = installed_in(environment) / "gamebeam"
    assert len(ours) > 300 and {"py.typed", *ours} <= {str(p.relative_to(there)) for p in there.rglob("*") if p.is_file()}


@pytest.mark.engine
def test_the_demo_of_the_installed_package_ends_with_no_difference(environment, tmp_path):
    assert "0 differences" in ran(environment, "gamebeam", "demo", cwd=tmp_path, timeout=600)


def test_importing_the_package_imports_no_room_and_no_dependency(environment):
    rooms = "[name for name in sys.modules if name.split('.')[0] in ('apache_beam', 'duckdb', 'msgspec') or name.startswith('gamebeam.')]"
    assert ran(environment, "python", "-c", f"import sys, gamebeam; print({rooms})").strip() == "[]"


def test_an_archive_is_opened_as_a_connection_with_its_views(tmp_path):
    archive = WrittenArchive(small_contract(), tmp_path)
    archive.event("purchase", "e1", DAY, price_usd=1.5)
    con = gamebeam.open_archive(archive.root)
    assert isinstance(con, duckdb.DuckDBPyConnection)
    assert con.sql("SELECT event_id, price_usd FROM purchase").fetchall() == [("e1", 1.5)]
    assert {"ledger", "sessions", "players", "dead_letters", "events"} <= {name for (name,) in con.sql("SHOW TABLES").fetchall()}


def test_a_message_is_decoded_into_an_event_or_a_dead_letter():
    contract = gamebeam.load_contract("starter")
    example = json.loads((ROOT / "schemas" / "games" / "starter" / "examples" / "pass.jsonl").read_text().splitlines()[0])
    event = gamebeam.decode(example["data"].encode(), contract, arrival_time=1_790_000_000_501)
    assert (event.TYPE, event.event_id, event.points) == ("achievement", "e-1", 10)
    assert gamebeam.decode(b"{", contract).reason == "malformed"


def test_a_public_name_has_a_docstring_and_an_unknown_one_is_an_attribute_error():
    assert all(getattr(gamebeam, name).__doc__ for name in gamebeam.__all__)
    with pytest.raises(AttributeError, match="no attribute 'opne_archive'"):
        _ = gamebeam.opne_archive
