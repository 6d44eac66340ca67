"""The lock files: every package of every installation has one version and its hashes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.lock", "templates/requirements.lock"]


def entries(lock):
    """{(package, version, on which platforms): its hashes}"""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        pin, _, marker = line.partition(" --hash=")[0].partition(" ; ")
        name, _, version = pin.strip().partition("==")
        found[name, version, marker.strip()] = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock):
    found = entries(lock)
    assert len(found) > 50
    assert [entry for entry, hashes in found.items() if not entry[1] or not hashes] == []


def test_the_image_has_the_versions_and_hashes_that_the_tests_run_with():
    of_all = {(name, version): hashes for (name, version, _), hashes in entries(LOCKS[0]).items()}
    of_image = {(name, version): hashes for (name, version, _), hashes in entries(LOCKS[1]).items()}
    assert {pin: of_all.get(pin) for pin in of_image} == of_image


def test_the_image_can_build_the_job_without_a_package_that_has_no_hash():
    names = {name for name, *_ in entries(LOCKS[1])}
    assert {"setuptools", "apache-beam", "confluent-kafka", "google-cloud-pubsub"} <= names
    assert not {"pytest", "mypy", "playwright"} & names
