"""Policy tags on the columns that the contract marks with pii: a call of the tables API, because BigQuery's DDL has no words for them."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from gamebeam.schemas.bigquery import Target, wanted_tables
from gamebeam.schemas.contract.contract import Contract

TAG = re.compile(r"projects/[^/]+/locations/[^/]+/taxonomies/\d+/policyTags/\d+")


class Tagged(NamedTuple):
    """Columns of a table that lack the tag."""

    table_id: str
    columns: tuple[str, ...]
    tag: str

    def __str__(self) -> str:
        return f"-- policy tag {self.tag}\n-- on {', '.join(self.columns)} of {self.table_id}"


def require_tag(text: str) -> str:
    if text and not TAG.fullmatch(text):
        raise ValueError(f"--policy_tag={text}: expected projects/P/locations/L/taxonomies/N/policyTags/N, Terraform's output policy_tag")
    return text


def pii_columns(contract: Contract) -> dict[str, tuple[str, ...]]:
    """By table: every column that holds a field marked with pii (hash: what is dropped reaches no table), in rollups too."""
    marked = {f.name for event in contract.events.values() for f in event.fields if f.pii and f.stored}
    held = {r.name: {v.name for v in r.values if v.field in marked} for r in contract.rollups}
    found = {name: tuple(f.name for f in table.fields if f.name in marked | held.get(name, set()))
             for name, table in wanted_tables(contract).items()}
    return {name: columns for name, columns in found.items() if columns}


def plan_tags(client: bigquery.Client, target: Target, contract: Contract, tag: str) -> list[Tagged]:
    """What `tag_columns` has to do. A column that has a tag, whichever, keeps it: an organization may have its own."""
    missing = []
    for table, columns in pii_columns(contract).items():
        lacking = columns
        try:
            there = {f.name: f for f in client.get_table(target.table_id(table)).schema}
            lacking = tuple(c for c in columns if c not in there or not (there[c].policy_tags and there[c].policy_tags.names))
        except NotFound:
            pass  # plan says what apply will do once it has made the table
        if lacking:
            missing.append(Tagged(target.table_id(table), lacking, tag))
    return missing


def tag_columns(client: bigquery.Client, wanted: Iterable[Tagged]) -> None:
    for table_id, columns, tag in wanted:
        table = client.get_table(table_id)
        tags = {"policyTags": {"names": [tag]}}
        table.schema = [bigquery.SchemaField.from_api_repr(f.to_api_repr() | tags) if f.name in columns else f for f in table.schema]
        client.update_table(table, ["schema"])
