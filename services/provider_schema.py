"""Which blocks and arguments Terraform's Google providers know, without them: as npm's @cdktf/provider-google(-beta) tell it."""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
from typing import Any

from services import CACHE, MissingTool, fetching, tool

PACKAGES = "16.12.1"  # made from the providers' 6.50.0
SHA512 = {
    "google": "KqNA/5RiFT07r0PSZ6/07cJ2zESUgbj1JchVj21iBFBZVUbD+578xA/k8eq/r0cbyEgLmg9eYWeVslaYah4DCQ==",
    "google-beta": "ip0dXu0ZrsyMgcoGNfkJCYG8PFjNtfb2wkz4Sw7IU09rQMK/A6++SwkmFHl8wJ8KlwMvd2w4tNXfErIbWWWqag=="}
VERSION = "6.50"
ANCHOR = re.compile(r"/docs/(?:resources|data-sources)/\w+#(\w+)")
Schema = dict[str, dict[str, Any]]


def provider_schema(provider: str) -> Schema:
    """google or google-beta -> {"pubsub_topic": {"arguments": {name: {"required", "block": its arguments or None}}, "attributes": [name]}}.

    Data sources are named data_google_….
    """
    made = CACHE / f"provider-{provider}-{VERSION}.json"
    with fetching(made.stem):
        if not made.exists():
            made.write_text(json.dumps(_schema(_types(provider))))
    return json.loads(made.read_text())


def _types(provider: str) -> dict[str, Any]:
    """Fetched on first use: 32 MB."""
    folder = CACHE / f"provider-{provider}"
    folder.mkdir(parents=True, exist_ok=True)
    package = f"@cdktf/provider-{provider}@{PACKAGES}"
    try:
        subprocess.run([tool("npm", "it fetches the provider's schema"), "pack", package], cwd=folder, check=True, capture_output=True)
    except subprocess.CalledProcessError as e:
        raise MissingTool(f"{package} cannot be fetched: {e.stderr.decode()[-300:]}") from None
    path, = folder.glob("*.tgz")
    if hashlib.sha512(path.read_bytes()).digest() != base64.b64decode(SHA512[provider]):
        raise MissingTool(f"{path}: not the file that was reviewed")
    with tarfile.open(path) as archive:
        member = archive.extractfile("package/.jsii")
        assert member is not None
        types = json.load(member)["types"]
    path.unlink()
    return types


def _schema(types: dict[str, Any]) -> Schema:
    made: Schema = {}
    for name, spec in types.items():
        of = types.get(name.removesuffix("Config"))
        if name.endswith("Config") and of and of.get("base") in ("cdktf.TerraformResource", "cdktf.TerraformDataSource"):
            attributes = [_snake(p["name"]) for p in of["properties"] if not p["name"].endswith("Input")]
            module = name.split(".")[1].removeprefix("googleBeta").removeprefix("google")
            made[_snake(module[0].lower() + module[1:])] = {"arguments": _arguments(types, spec), "attributes": attributes}
    return made


def _arguments(types: dict[str, Any], spec: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """An argument's own name stands in the link to its documentation; those without one are spelled plainly."""
    found = {}
    for p in spec.get("properties", []) if depth < 6 else []:
        link = ANCHOR.search(p.get("docs", {}).get("remarks", ""))
        inner = next((types[t] for t in re.findall(r'"fqn": "(@cdktf/provider-google[^"]+)"', json.dumps(p["type"]))
                      if types.get(t, {}).get("kind") == "interface"), None)
        found[link[1] if link else _snake(p["name"])] = {
            "required": not p.get("optional"), "block": _arguments(types, inner, depth + 1) if inner else None}
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
