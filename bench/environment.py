"""Spark's own Python environment in .cache/bench-venv, and what this machine is."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

PINS = ("pyspark==4.3.0", "pandas==2.3.3", "pyarrow==25.0.1")
BARE_FILES = Path(__file__).parent / "contenders" / "BareLocalFileSystem.java"


class MissingTool(Exception):
    """What a contender needs is not on this machine: its row says so."""


def spark_python(folder: Path, pins: tuple[str, ...] = PINS) -> Path:
    """The interpreter that has these packages; made at the first call."""
    if shutil.which("java") is None:
        raise MissingTool("there is no java on this machine")
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists() or ready.read_text() != " ".join(pins):
        shutil.rmtree(folder, ignore_errors=True)
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        if uv:
            commands = [[uv, "venv", "-q", "-p", sys.executable, str(folder)], [uv, "pip", "install", "-q", "-p", str(python), *pins]]
        else:
            commands = [[sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "-q", *pins]]
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise MissingTool(f"pyspark could not be installed: {(done.stderr.strip() or '?').splitlines()[-1]}")
        _compile_bare_files(folder)
        ready.write_text(" ".join(pins))
    return python


def _compile_bare_files(folder: Path) -> None:
    """Where there is a javac; the expert's Spark starts a chmod process per file where there is none."""
    jars = next(folder.glob("lib/python*/site-packages/pyspark/jars"))
    if shutil.which("javac"):
        subprocess.run(["javac", "-cp", f"{jars}/*", "-d", str(folder / "java"), str(BARE_FILES)], capture_output=True)


def machine() -> dict[str, str]:
    """What a reader needs to judge the figures; load is the machine's before the first run."""
    memory_kb = int(Path("/proc/meminfo").read_text().split(None, 2)[1])
    return {
        "cores": str(len(os.sched_getaffinity(0))), "cpu": _cpu_model(), "memory": f"{memory_kb / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}", "load": f"{os.getloadavg()[0]:.1f}", "python": platform.python_version(),
        "java": _java_version(), "pyspark": PINS[0].partition("==")[2],
        **{name: importlib.metadata.version(name) for name in ("apache-beam", "pyarrow", "duckdb")},
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _java_version() -> str:
    if shutil.which("java") is None:
        return "none"
    return subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.partition('"')[2].partition('"')[0]
