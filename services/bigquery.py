"""A BigQuery emulator (PyPI's local-bigquery: DuckDB behind BigQuery's REST and Storage Write API), in an environment of its own."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from services import CACHE, MissingTool, end, free_port, start, wait_for_port
from services.environment import environment

NAME = "local-bigquery-0.4.0"
EXTENSIONS = ("icu", "ducklake", "httpfs", "spatial")  # DuckDB's: they come from PyPI too


class Emulator(NamedTuple):
    rest: str  # http://host:port
    grpc: str  # host:port
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        """What points the clients at it, the job's own included."""
        return {"BIGQUERY_EMULATOR_HOST": self.rest, "BIGQUERY_STORAGE_EMULATOR_HOST": self.grpc}


@contextmanager
def bigquery_emulator(folder: Path, project: str, ports: tuple[int, int] | None = None) -> Iterator[Emulator]:
    """An emulator whose data lie in the folder; the same folder and ports again is the same one, restarted."""
    binary = emulator_binary()
    rest, storage = ports or (free_port(), free_port())
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "emulator.log").open("ab") as log:
        command = [binary, "--host", "127.0.0.1", "--port", str(rest), "--grpc-port", str(storage), "--project", project, "--data-dir",
                   folder / "data"]
        process = start(command, log, env={"HOME": str(CACHE / NAME / "home")})
    try:
        wait_for_port(process, rest, folder / "emulator.log")  # REST comes up last
        yield Emulator(f"http://127.0.0.1:{rest}", f"127.0.0.1:{storage}", process)
    finally:
        end(process)


def emulator_binary() -> Path:
    """Installed on first use: half a minute, 610 MB."""
    load = f"from duckdb_extensions import import_extension\nfor name in {EXTENSIONS}: import_extension(name)"
    return environment(NAME, python_3_13(), load) / "bin" / "local-bigquery"


def python_3_13() -> str:
    """The emulator needs Python 3.13 or newer, which need not be the project's own."""
    candidates = [shutil.which(f"python3.{minor}") for minor in (13, 14)]
    candidates += sorted(str(p) for p in Path.home().glob(".pyenv/versions/3.1[34]*/bin/python3"))
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 13))"], capture_output=True).returncode == 0:
            return candidate
    raise MissingTool("Python 3.13 is not on this machine: the BigQuery emulator runs on it")
