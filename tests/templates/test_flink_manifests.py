"""templates/flink: what its files ask for is what was tested, and the document says so. None of it is started here."""

import re
from pathlib import Path

import pytest
import yaml

from gamebeam.pipeline.cli.run import unknown_flags
from services import flink_jars, kafka, prism

ROOT = Path(__file__).parents[2]
TEXTS = {name: (ROOT / "templates" / "flink" / f"{name}.yaml").read_text() for name in ("session", "compose")}
CLUSTER, SUBMIT = yaml.safe_load_all(TEXTS["session"])
SERVICES = yaml.safe_load(TEXTS["compose"])["services"]
TASK_MANAGERS = [name for name, service in SERVICES.items() if service.get("command") == "taskmanager"]
TESTED = (ROOT / "docs" / "deploy_flink.md").read_text().partition("## What was tested")[2]


def jobs_command():
    return SUBMIT["spec"]["template"]["spec"]["containers"][0]["command"]


def test_images_have_the_tested_versions():
    assert set(re.findall(r"image: flink:(\S+)", "".join(TEXTS.values()))) == {f"{flink_jars.VERSION}-java17"}
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka.VERSION}"
    minor = flink_jars.VERSION.rpartition(".")[0]
    assert CLUSTER["spec"]["flinkVersion"] == f"v{minor.replace('.', '_')}" and f"--flink_version={minor}" in jobs_command()


@pytest.mark.parametrize("version", [flink_jars.VERSION, flink_jars.RUNNER, kafka.VERSION, prism.MODULE.rpartition("@v")[2],
    *re.findall(r"job-service</artifactId><version>([\d.]+)", (ROOT / "services" / "flink.pom.xml").read_text())])
def test_the_document_names_the_versions_that_tests_start(version):
    assert f"| {version}" in TESTED


def test_the_jobs_flags_are_known_ones():
    assert jobs_command()[:2] == ["gamebeam", "run"] and unknown_flags(jobs_command()[2:]) == set()
    commented = re.findall(r"--\w+=\S+", " ".join(line for line in TEXTS["compose"].splitlines() if line.startswith("#")))
    assert commented and unknown_flags(commented) == set()


def test_each_task_manager_has_one_slot_and_a_worker_pool_beside_it():
    pod = {c["name"]: c.get("command", []) for c in CLUSTER["spec"]["taskManager"]["podTemplate"]["spec"]["containers"]}
    assert "apache_beam.runners.worker.worker_pool_main" in pod["python-workers"]
    assert CLUSTER["spec"]["flinkConfiguration"]["taskmanager.numberOfTaskSlots"] == "1"
    assert CLUSTER["spec"]["taskManager"]["replicas"] == len(TASK_MANAGERS) == 2 and "--parallelism=2" in jobs_command()
    pools = [s["network_mode"] for s in SERVICES.values() if "apache_beam.runners.worker.worker_pool_main" in s.get("entrypoint", [])]
    assert sorted(pools) == [f"service:{name}" for name in TASK_MANAGERS]
    assert all("taskmanager.numberOfTaskSlots: 1\n" in SERVICES[name]["environment"]["FLINK_PROPERTIES"] for name in TASK_MANAGERS)
