"""The flex template, without a cloud: what it says of itself, what is in its image, and the job that its launcher makes."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from argparse import ArgumentParser
from pathlib import Path

import pytest
from google.cloud.dataflow_v1beta3.types import ContainerSpec, TemplateMetadata

from gamebeam.pipeline.options import JobOptions

ROOT = Path(__file__).parents[2]
METADATA = json.loads((ROOT / "templates" / "metadata.json").read_text())
ROOMS_OF_THE_JOB = ("schemas", "transforms", "archive", "pipeline", "sql", "loadgen")
OF_THE_IMAGE = {"sdk_container_image", "sdk_location"}  # Beam's own flags, without which workers would run another image


def parameters():
    return {p["name"]: p for p in METADATA["parameters"]}


def flags():
    parser = ArgumentParser()
    JobOptions._add_argparse_args(parser)
    return {a.dest: a for a in parser._actions if a.dest != "help"}


def dockerfile():
    """Instructions as (name, arguments)."""
    text = re.sub(r"\\\n", " ", (ROOT / "templates" / "Dockerfile").read_text())
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_dataflow_knows_every_word_of_the_metadata():
    TemplateMetadata.from_json(json.dumps(METADATA))
    spec = {"image": "r/p/i:t", "metadata": METADATA, "sdkInfo": {"language": "PYTHON"}}
    assert ContainerSpec.from_json(json.dumps(spec)).metadata.streaming


def test_every_flag_of_the_job_is_a_parameter_and_no_other():
    assert set(parameters()) == set(flags()) | OF_THE_IMAGE


def test_parameters_and_flags_have_the_same_defaults():
    for name, flag in flags().items():
        said = parameters()[name].get("defaultValue")
        assert said == (None if flag.default is None else str(flag.default).lower() if isinstance(flag.default, bool) else flag.default)


@pytest.mark.parametrize("name, good, bad", [
    ("source", ["kafka://b1:9092,b2:9092/events?group=g&start=rewind:2h", "gs://bucket/messages/*"], ["events", "kafka://b1:9092", "gs://b"]),
    ("contract", ["starter", "gs://bucket/contracts/mygame"], ["My Game", "/tmp/mygame"]),
    ("archive", ["gs://bucket/archive"], ["bucket/archive", "gs://bucket"]),
    ("run_id", ["", "mygame-20261122T070000Z"], ["a b"]),
    ("again", ["", "true", "false"], ["yes"]),
    ("config", ["", "gs://bucket/config.yaml"], ["config.yaml"]),
    ("sdk_container_image", ["europe-west1-docker.pkg.dev/p/gamebeam/gamebeam:1f2e3d", f"gcr.io/p/i@sha256:{'0' * 64}"], ["gcr.io/p/i"]),
    ("sdk_location", ["container"], ["default"]),
])
def test_a_parameter_takes_what_the_job_takes_and_refuses_the_rest_before_the_launch(name, good, bad):
    pattern, = parameters()[name]["regexes"]
    assert all(re.fullmatch(pattern, value) for value in good)
    assert not any(re.fullmatch(pattern, value) for value in bad)


@pytest.mark.parametrize("value, meant", [("--again=true", True), ("--again=false", False), ("--again=", False), ("--again", True)])
def test_a_launcher_may_give_a_switch_a_value(value, meant):
    assert JobOptions([value]).again is meant


def test_every_image_that_ours_is_made_of_is_pinned():
    images = re.findall(r"^(?:FROM |COPY --from=)(\S+)", (ROOT / "templates" / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 3 and all(re.search(r":[\w.-]*\d[\w.-]*$", image) for image in images)


def test_the_images_beam_and_python_are_those_of_the_project():
    text, setup = (ROOT / "templates" / "Dockerfile").read_text(), (ROOT / "setup.py").read_text()
    beam = re.search(r"apache-beam==([\d.]+)", setup)[1]
    assert f"apache/beam_python3.11_sdk:{beam} " in text and f"apache-beam=={beam}" in (ROOT / "requirements.lock").read_text()
    assert {minor for minor in re.findall(r"python:?(3\.\d+|3\d+)", text)} == {"3.11", "311"}


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """The image's own files as docker would build it: what COPY takes and .dockerignore leaves, and the wheel made of it, unpacked."""
    root = tmp_path_factory.mktemp("image")
    for arguments in (a.split() for n, a in dockerfile() if n == "COPY" and not a.startswith("--from=")):
        *sources, target = arguments
        for source in sources:
            _copy(source, root / ("gamebeam" if not target.startswith("/") else "") / (target.strip("/") if target != "./" else source))
    subprocess.run([sys.executable, "-c", "from setuptools.build_meta import build_wheel; build_wheel('dist')"],
                   cwd=root / "gamebeam", check=True, capture_output=True)
    wheel, = (root / "gamebeam" / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(root / "site-packages")
    return root


def _copy(source, target):
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(source == k or fnmatch.fnmatch(source, f"{k}/*") for k in kept), f".dockerignore hides {source}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(ROOT / source, target)


def test_the_worker_package_has_every_module_and_every_file_that_a_job_reads(image):
    ours = {f"gamebeam/{p.relative_to(ROOT).as_posix()}" for room in ROOMS_OF_THE_JOB
            for p in (ROOT / room).rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    packed = {p.relative_to(image / "site-packages").as_posix() for p in (image / "site-packages").rglob("*") if p.is_file()}
    assert ours and sorted(ours - packed) == []


def test_the_wheel_has_one_package_at_its_top(image):
    assert {p.name for p in (image / "site-packages").iterdir() if p.suffix != ".dist-info"} == {"gamebeam"}


EVERYTHING = """
import importlib, pkgutil, sys
for room in ROOMS:
    package = importlib.import_module(f"gamebeam.{room}")
    assert package.__file__.startswith(sys.argv[1]), package.__file__
    for module in pkgutil.walk_packages(package.__path__, f"gamebeam.{room}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.views import view_sql
for game in ("starter", "victory", "placebo", "gameco", "khan"):
    assert view_sql(load_contract(game))
"""


def test_every_module_imports_from_the_image_alone(image):
    command = [sys.executable, "-c", f"ROOMS = {ROOMS_OF_THE_JOB}{EVERYTHING}", str(image / "site-packages")]
    done = subprocess.run(command, cwd=image, capture_output=True, text=True, timeout=180,
                          env={"PYTHONPATH": str(image / "site-packages"), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr


@pytest.fixture
def gcloud(tmp_path):
    """Google's own command; what is asked of it here needs no account and no network."""
    if not shutil.which("gcloud"):
        pytest.skip("gcloud is not on this machine")

    def ask(*words):
        env = os.environ | {"CLOUDSDK_CONFIG": str(tmp_path), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_PROJECT": "p-1"}
        done = subprocess.run(["gcloud", *words], capture_output=True, text=True, timeout=180, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return ask


@pytest.mark.engine
def test_gcloud_makes_a_template_of_the_metadata(gcloud):
    printed = gcloud("dataflow", "flex-template", "build", "gs://b/t.json", "--image=r/p/i:t", "--sdk-language=PYTHON",
                     f"--metadata-file={ROOT}/templates/metadata.json", "--print-only")
    spec = ContainerSpec.from_json(printed[printed.index("{"):])
    assert {p.name for p in spec.metadata.parameters} == set(parameters()) and spec.image == "r/p/i:t"


@pytest.mark.engine
@pytest.mark.parametrize("script, command", [("build.sh", "build"), ("run.sh", "run")])
def test_the_scripts_are_shell_and_use_flags_that_gcloud_knows(gcloud, script, command):
    path = ROOT / "templates" / script
    subprocess.run(["bash", "-n", path], check=True)
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", path.read_text().split(f"gcloud dataflow flex-template {command}")[1]))
    known = set(re.findall(r"--[a-z][a-z-]+", gcloud("dataflow", "flex-template", command, "--help")))
    assert len(used) > 2 and not used - known
