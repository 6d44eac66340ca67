"""The official Pub/Sub emulator, part of the Google Cloud CLI."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services import MissingTool, end, free_port, start, tool, wait_for_port

PLACES = ("/usr/lib/google-cloud-sdk", "/opt/google-cloud-sdk", "~/google-cloud-sdk")
LIB = "platform/pubsub-emulator/lib"


@contextmanager
def pubsub_emulator(folder: Path, port: int | None = None) -> Iterator[str]:
    """'127.0.0.1:port' of an empty emulator, which clients find by PUBSUB_EMULATOR_HOST. It keeps nothing on disk but a log."""
    java, jar, port = tool("java", "the Pub/Sub emulator runs on it"), emulator_jar(), port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pubsub.log").open("ab") as log:
        process = start([java, "-Xmx512m", "-XX:+UseSerialGC", "-jar", jar, "--host=127.0.0.1", f"--port={port}"], log)
    try:
        wait_for_port(process, port, folder / "pubsub.log")
        yield f"127.0.0.1:{port}"
    finally:
        end(process)


def emulator_jar() -> Path:
    gcloud = shutil.which("gcloud")
    roots = [Path(os.path.realpath(gcloud)).parents[1]] if gcloud else []
    jars = [jar for root in [*roots, *(Path(place).expanduser() for place in PLACES)]
            for jar in sorted((root / LIB).glob("cloud-pubsub-emulator-*-all.jar"))]
    if not jars:
        raise MissingTool("the Pub/Sub emulator is not on this machine: gcloud components install pubsub-emulator, or apt-get install "
                          "google-cloud-cli-pubsub-emulator")
    return jars[0]
