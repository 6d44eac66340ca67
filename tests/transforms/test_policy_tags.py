"""Columns that the contract marks with pii get the policy tag that Terraform made, on tables that an emulator keeps."""

import json

import pytest

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import parse_contract
from gamebeam.transforms.sinks.bigquery.client import rest_client
from gamebeam.transforms.sinks.bigquery.policy_tags import pii_columns
from tests.support.small_contract import FIELDS, small_contract
from tests.transforms.test_bigquery_ddl import written

TAG = "projects/lab/locations/europe-west1/taxonomies/12/policyTags/34"
WITH_PII = [{"name": "friend", "type": ["null", "string"], "pii": "hash"}, {"name": "email", "type": ["null", "string"], "pii": "drop"}]
ROLLUP = "\nlast_friends: {events: [purchase], window: 1h, keys: [friend], values: {closest: {last: friend}}}\n"


def with_pii(text):
    text["events/purchase.avsc"] = json.dumps({"type": "record", "name": "purchase", "fields": [*FIELDS["purchase"], *WITH_PII]})
    text["rollups.yaml"] += ROLLUP


def test_pii_is_found_wherever_a_column_holds_it_and_nowhere_if_it_is_dropped():
    text = dict(small_contract().text)
    with_pii(text)
    assert pii_columns(parse_contract(text)) == {"purchase": ("friend",), "last_friends": ("friend", "closest")}
    assert pii_columns(small_contract()) == {}


def tags_of(table):
    return {f.name: f.policy_tags and list(f.policy_tags.names) for f in rest_client("lab").get_table(table).schema}


@pytest.mark.engine
def test_apply_tags_them_once_and_plan_says_so_before(bigquery, tmp_path, capsys):
    where = [f"--contract={written(tmp_path / 'c', with_pii)}", "--tables=bq://lab.tagged"]
    assert main(["tables", "plan", *where, f"--policy_tag={TAG}"]) == 0
    assert f"-- policy tag {TAG}\n-- on friend of lab.tagged_tables.purchase\n" in capsys.readouterr().out
    assert main(["tables", "apply", *where]) == 0
    before = tags_of("lab.tagged_tables.purchase")
    assert set(before.values()) == {None} and "email" not in before
    assert main(["tables", "apply", *where, f"--policy_tag={TAG}"]) == 0
    assert tags_of("lab.tagged_tables.purchase") == before | {"friend": [TAG]}
    assert tags_of("lab.tagged_tables.last_friends")["closest"] == [TAG]
    capsys.readouterr()
    assert main(["tables", "plan", *where, f"--policy_tag={TAG.replace('34', '35')}"]) == 0
    assert capsys.readouterr().out == ""  # a column keeps the tag that it has


def test_a_tag_that_is_none_is_refused(bigquery, capsys):
    assert main(["tables", "plan", "--contract=starter", "--tables=bq://lab.tagged", "--policy_tag=pii"]) == 1
    assert "--policy_tag=pii: expected projects/P/locations/L/taxonomies/N/policyTags/N" in capsys.readouterr().err
