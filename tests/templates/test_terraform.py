"""The Terraform module, without a cloud: formatted, of arguments that the provider knows, and of references that lead somewhere."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import hcl2
import pytest

from services import MissingTool
from services.provider_schema import VERSION, provider_schema

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates" / "terraform"
OF_TERRAFORM = {"count", "for_each", "depends_on", "lifecycle", "provider", "timeouts"}
FILES = {path.name: hcl2.load(path.open()) for path in sorted(FOLDER.glob("*.tf"))}
TEXT = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.tf")))


def blocks(kind):
    """(type, name, body) of every resource or data block."""
    return [(of.strip('"'), name.strip('"'), body) for file in FILES.values() for block in file.get(kind, [])
            for of, named in block.items() for name, body in named.items()]


def names(kind):
    """The names of variables, outputs or locals."""
    return {name.strip('"') for file in FILES.values() for block in file.get(kind, []) for name in block if not name.startswith("__")}


@pytest.fixture(scope="module")
def schema():
    try:
        return {provider: provider_schema(provider) for provider in ("google", "google-beta")}
    except MissingTool as e:
        pytest.skip(str(e))


def test_every_file_is_formatted():
    if not shutil.which("terraform"):
        pytest.skip("terraform is not on this machine")
    done = subprocess.run(["terraform", "fmt", "-check", "-diff", "-recursive", FOLDER], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.engine
def test_every_argument_is_one_that_the_provider_knows_and_none_that_it_needs_is_missing(schema):
    wrong = []
    for kind, place in (("resource", ""), ("data", "data_google_")):
        for of, name, body in blocks(kind):
            known = schema[body.get("provider", "${google}").strip("${}")].get(place + of.removeprefix("google_"))
            if known is None:
                wrong.append(f"{of}: no such {kind}")
            else:
                wrong += check(f"{of}.{name}", body, known["arguments"], OF_TERRAFORM)
    assert not wrong


def check(where, body, known, besides=frozenset()):
    given = {k: v for k, v in body.items() if not k.startswith("__") and k not in besides}
    for block in given.pop("dynamic", []):
        given |= {of.strip('"'): inner["content"] for of, inner in block.items() if not of.startswith("__")}
    wrong = [f"{where}.{k}: unknown" for k in given if k not in known]
    wrong += [f"{where}.{k}: missing" for k, argument in known.items() if argument["required"] and k not in given]
    for k, value in given.items():
        inner = known.get(k, {}).get("block")
        for item in value if isinstance(value, list) else []:
            if inner and isinstance(item, dict) and "__is_block__" in item:
                wrong += check(f"{where}.{k}", item, inner)
    return wrong


@pytest.mark.engine
@pytest.mark.parametrize("slip, said", [
    ({"tpoic": "x"}, ["t.tpoic: unknown", "t.name: missing", "t.topic: missing"]),
    ({"name": "n", "topic": "t", "retry_policy": [{"__is_block__": True, "minimum": 1}]}, ["t.retry_policy.minimum: unknown"]),
    ({"name": "n", "topic": "t", "cloud_storage_config": [{"__is_block__": True}]}, ["t.cloud_storage_config.bucket: missing"]),
])
def test_a_slip_of_the_pen_is_found(schema, slip, said):
    assert check("t", slip, schema["google"]["pubsub_subscription"]["arguments"]) == said


@pytest.mark.engine
def test_every_reference_leads_to_what_is_declared_and_has_that_attribute(schema):
    declared = {("", of, name) for of, name, _ in blocks("resource")} | {("data.", of, name) for of, name, _ in blocks("data")}
    code = re.sub(r"(?m)^\s*#.*$", "", TEXT)
    referred = re.findall(r"(?<![\w.\"])(data\.)?(google_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?", code)
    assert len(referred) > 30
    for data, of, name, attribute in referred:
        assert (data, of, name) in declared, f"{data}{of}.{name}"
        known = schema["google-beta"][("data_google_" if data else "") + of.removeprefix("google_")]
        assert not attribute or attribute in known["attributes"] or attribute in known["arguments"], f"{of}.{name}.{attribute}"


def test_every_variable_and_local_is_declared_and_used():
    for kind, said in (("variable", "var"), ("locals", "local")):
        assert names(kind) == set(re.findall(rf"(?<![\w.]){said}\.(\w+)", TEXT)), kind


# The API that serves each kind of resource, by the beginning of its name; of two that fit, the longer one.
SERVED_BY = {"artifact_registry": "artifactregistry", "bigquery": "bigquery", "bigquery_data_transfer": "bigquerydatatransfer",
             "cloud_scheduler": "cloudscheduler", "data_catalog": "datacatalog", "dataflow": "dataflow", "monitoring": "monitoring",
             "project": "cloudresourcemanager", "pubsub": "pubsub", "secret_manager": "secretmanager", "service_account": "iam",
             "service_usage": "serviceusage", "storage": "storage"}


def test_every_api_that_is_used_is_enabled_first():
    needed = {"bigquerystorage", "compute"}  # the job's rows, and its workers
    for of, _, _ in blocks("resource"):
        needed.add(SERVED_BY[max((k for k in SERVED_BY if of.removeprefix("google_").startswith(f"{k}_") or of == f"google_{k}"), key=len)])
    listed = (ROOT / "templates" / "services.txt").read_text().split()
    assert listed == sorted(listed) and {name.removesuffix(".googleapis.com") for name in listed} == needed
    for page in ("docs/deploy_dataflow.md", "docs/operations.md"):
        assert "gcloud services enable $(cat templates/services.txt) --project=P" in (ROOT / page).read_text(), page


def test_the_provider_that_was_checked_is_the_one_asked_for():
    assert TEXT.count(f'version = "~> {VERSION}"') == 2


def test_the_job_gets_parameters_of_the_template_and_is_drained():
    parameters = {p["name"] for p in json.loads((ROOT / "templates" / "metadata.json").read_text())["parameters"]}
    job = (FOLDER / "job.tf").read_text()
    given = set(re.findall(r"(?m)^ {4}(\w+) += ", job.split("parameters = {")[1].split("}")[0])) | {"source", "run_id"}
    assert given <= parameters and {"source", "contract", "archive", "tables"} <= given
    assert 'on_delete                    = "drain"' in job


def test_every_alert_points_to_its_section_of_the_runbook():
    sections = {re.sub(r"[^\w-]", "", line.removeprefix("### ").lower().replace(" ", "-"))
                for line in (ROOT / "docs" / "operations.md").read_text().splitlines() if line.startswith("### ")}
    alerts = set(re.findall(r'(?m)^    "([\w-]+)" = \{', (FOLDER / "alerts.tf").read_text())) | set(re.findall(r"runbook}#([a-z-]+)", TEXT))
    assert len(alerts) == 7 and alerts <= sections


def test_buckets_have_no_retention_lock_and_are_not_public():
    for of, name, body in blocks("resource"):
        if of == "google_storage_bucket":
            assert "retention_policy" not in body and body["public_access_prevention"] == '"enforced"', name
