"""Jars from Maven Central: fetched once into .cache, each checked against the checksums kept beside the pom."""

import hashlib
import subprocess
from pathlib import Path

from services import fetching, tool

HERE = Path(__file__).parent


def maven_jars(pom: str, checksums: str, folder: Path) -> Path:
    """The folder, with exactly the jars that services/<checksums> names. OSError: a jar is another one, or cannot be fetched."""
    checked = folder / ".checked"
    with fetching(folder.name):
        if not checked.exists():
            mvn = tool("mvn", f"{folder.name}'s jars are fetched with it")
            subprocess.run([mvn, "-q", "-B", "-f", str(HERE / pom), "dependency:copy-dependencies", "-DincludeScope=runtime",
                            f"-DoutputDirectory={folder}"], check=True)
            expected = dict(reversed(line.split()) for line in (HERE / checksums).read_text().splitlines())
            found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
            if wrong := sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)):
                raise OSError(f"{folder / wrong[0]}: not the jar that services/{checksums} names; remove {folder} and try again")
            checked.touch()
    return folder
