"""The OpenAPI page: openapi.yaml of this folder, the game API's paths added, and a reader for it."""

from importlib.resources import files
from typing import Any

import yaml

DOCS = (files("gamebeam.collector") / "docs.html").read_text()


def openapi(paths: dict[str, object]) -> dict[str, object]:
    spec: dict[str, Any] = yaml.safe_load((files("gamebeam.collector") / "openapi.yaml").read_text())
    spec["paths"] |= paths
    return spec
