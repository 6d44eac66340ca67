"""The rooms and the arrows between them: schemas ← transforms ← pipeline, schemas ← archive ← {transforms, sql, pipeline},
schemas ← loadgen, {schemas, archive} ← sql ← reports."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "schemas": set(),
    "archive": {"schemas"},
    "transforms": {"schemas", "archive"},
    "loadgen": {"schemas", "clients"},  # players send by the reference client
    "clients": set(),
    "sql": {"schemas", "archive"},
    "reports": {"schemas", "sql"},
    "feeds": {"schemas", "archive", "transforms"},
    "collector": {"schemas", "transforms"},  # what decode says of an event, said at the door
    "pipeline": {"schemas", "archive", "transforms", "loadgen", "sql", "reports", "feeds", "collector"},  # the door opens every room
}
OF_TRANSFORMS = {  # modules of the folder itself, which is "", are for every sub-room
    "": set(),
    "sources": {"", "decode"},  # a followed file's arrivals are decoded before it is taken
    "decode": {"", "dedup", "rollups"},  # it keys events for both
    "dedup": {""},
    "rollups": {""},
    "sinks": {""},
}
WITHOUT_BEAM = ("schemas", "loadgen", "sql", "reports", "collector")
MOST_MODULES = 15  # in a folder
LARGER_FOLDERS = {  # each a list of small modules about one thing; the command line has one per command
    "pipeline": 17, "pipeline/cli": 23, "sql": 16, "loadgen": 21, "collector": 23}


def modules(room: str) -> list[Path]:
    return [p for p in (ROOT / room).rglob("*.py") if "__pycache__" not in p.parts]


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """Absolute names, a package's attribute that is a module included; at the top, in functions, anywhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def own(path: Path) -> set[str]:
    """What is imported of gamebeam, without that prefix."""
    return {name.removeprefix("gamebeam.") for name in imported(path) if name.startswith("gamebeam.")}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_between_rooms_point_one_way(room):
    assert modules(room)
    for path in modules(room):
        others = {name.split(".")[0] for name in own(path)} - {room}
        assert others <= MAY_IMPORT[room], f"{path} imports {others - MAY_IMPORT[room]}"
        assert room not in WITHOUT_BEAM or "apache_beam" not in {name.split(".")[0] for name in imported(path)}, path


@pytest.mark.parametrize("room", OF_TRANSFORMS)
def test_arrows_between_the_rooms_of_transforms_point_one_way(room):
    paths = modules(f"transforms/{room}") if room else list((ROOT / "transforms").glob("*.py"))
    assert paths
    for path in paths:
        inside = {name.split(".")[1] for name in own(path) if name.startswith("transforms.")}
        others = {name if name in OF_TRANSFORMS else "" for name in inside} - {room}
        assert others <= OF_TRANSFORMS[room], f"{path} imports {others - OF_TRANSFORMS[room]}"


def test_every_folder_of_transforms_has_its_arrows_written_here():
    assert {p.parent.name for p in (ROOT / "transforms").glob("*/__init__.py")} == OF_TRANSFORMS.keys() - {""}


def test_every_installed_folder_is_a_room():
    assert {p.name for p in (ROOT / "gamebeam").iterdir() if p.is_dir() and p.name != "__pycache__"} == MAY_IMPORT.keys()


def test_no_room_is_imported_by_the_name_of_its_folder():
    for path in (p for folder in (*MAY_IMPORT, "live", "services", "bench", "tests", "templates") for p in modules(folder)):
        assert not {name.split(".")[0] for name in imported(path)} & MAY_IMPORT.keys(), path


def test_no_modules_import_each_other_in_a_circle():
    """At the top or in a function; a module of a package imports the package's __init__, which here has no imports."""
    paths = {dotted(p): p for room in MAY_IMPORT for p in modules(room)}
    graph = {name: own(path) & paths.keys() for name, path in paths.items()}
    TopologicalSorter(graph).prepare()  # CycleError names the circle


LOADED = """
import importlib, os, pkgutil, sys
import gamebeam
for module in pkgutil.walk_packages(gamebeam.__path__, "gamebeam."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
names = {}
for name, module in sorted(sys.modules.items()):
    if file := getattr(module, "__file__", None):
        names.setdefault(os.path.realpath(file), set()).add(name)
root = os.path.realpath(sys.argv[1])
ours = {file: found for file, found in names.items() if file.startswith(root + os.sep) and ".venv" not in file}
assert len(ours) > 200, len(ours)
print({file: found for file, found in ours.items() if len(found - {"__main__"}) > 1})
"""


def test_no_module_is_loaded_under_two_names():
    done = subprocess.run([sys.executable, "-c", LOADED, str(ROOT)], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.strip() == "{}", done.stdout + done.stderr


def test_tests_load_no_module_under_two_names():
    loaded: dict[str, set[str]] = {}
    for name, module in list(sys.modules.items()):
        if (file := getattr(module, "__file__", None)) and Path(file).resolve().is_relative_to(ROOT) and ".venv" not in file:
            loaded.setdefault(str(Path(file).resolve()), set()).add(name)
    assert loaded and not {file: names for file, names in loaded.items() if len(names - {"__main__", "__mp_main__"}) > 1}


def test_only_the_doors_modules_reach_into_loadgen_and_sql():
    for path in (p for p in modules("pipeline") if p.name != "demo.py" and "cli" not in p.parts):
        assert not {name.split(".")[0] for name in own(path)} & {"loadgen", "sql"}, path


def test_what_touches_beams_private_runners_is_in_one_folder():
    private = "apache_beam.runners."
    for path in (p for room in MAY_IMPORT for p in modules(room) if "runners" not in p.parts):
        assert not {n for n in imported(path) if n.startswith((f"{private}portability", f"{private}worker", f"{private}direct",
                                                               "apache_beam.portability", "apache_beam.internal"))}, path
        of_a_result = (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute) and n.attr.startswith("_"))
        assert not [n.attr for n in of_a_result if isinstance(n.value, ast.Name) and n.value.id in ("result", "pipeline")], path


def test_no_module_is_longer_than_300_lines_and_none_has_a_name_that_says_nothing():
    for path in (p for room in (*MAY_IMPORT, "live", "services", "bench") for p in modules(room)):
        assert len(path.read_text().splitlines()) <= 300, path
        assert path.stem not in ("util", "utils", "common", "helpers", "constants", "base", "misc", "manager"), path


def test_no_folder_has_more_modules_than_a_reader_takes_in():
    for folder in {path.parent for room in MAY_IMPORT for path in modules(room)}:
        name = folder.relative_to(ROOT).as_posix()
        assert len([p for p in folder.glob("*.py") if p.name != "__init__.py"]) <= LARGER_FOLDERS.get(name, MOST_MODULES), folder


@pytest.mark.parametrize("launch", ["batch", "stream"])
def test_a_launch_is_read_in_few_files(launch):
    assert len({name for name in own(ROOT / "pipeline" / f"{launch}.py") if (ROOT / f"{name.replace('.', '/')}.py").is_file()}) <= 12


def test_a_field_of_a_game_is_named_only_in_its_contract():
    """price_usd, enemy, ball_x …: code computes with roles and types, never with a game's own names."""
    telling = {"price_usd", "guild_name", "ball_x", "weapon_type", "amount_purchased", "player_wealth", "revenue_usd", "stack_hash"}
    for room in ("schemas", "transforms", "archive", "sql"):
        for path in modules(room):
            strings = {n.value for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            assert not strings & telling, path
