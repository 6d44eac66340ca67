"""What the documents say is what the code does."""

import re
from argparse import ArgumentParser
from datetime import date
from pathlib import Path

import pytest

from gamebeam.pipeline.cli.__main__ import COMMANDS
from gamebeam.pipeline.cli.documentation import page
from gamebeam.pipeline.options import Config, JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.views import view_sql

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def flags() -> dict[str, str]:
    parser = ArgumentParser()
    JobOptions._add_argparse_args(parser)
    return {a.option_strings[0]: a.help or "" for a in parser._actions if a.option_strings[0] != "-h"}


def test_readme_names_every_flag_of_the_job_and_no_other():
    table = README[README.index("## The job") : README.index("## What an analyst sees")]
    assert set(re.findall(r"^\| `(--[\w-]+)` \|", table, re.MULTILINE)) == set(flags())


def test_the_job_has_at_most_ten_flags_and_each_has_help():
    assert len(flags()) <= 10 and all(flags().values())
    assert all(name in flags()["--config"] for name in Config.__struct_fields__)


DOCS = README + (ROOT / "docs" / "bi.md").read_text()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?:`|^)gamebeam (\w+)", DOCS, re.MULTILINE))))
def test_every_command_in_the_documents_exists(command):
    assert command in COMMANDS


def test_every_view_that_readme_names_exists():
    section = README[README.index("## What an analyst sees") : README.index("## Why not something else")]
    named = set(re.findall(r"`([a-z_]+)`", section.split("Views never")[0]))
    assert named and named <= set(view_sql(load_contract("starter")))


@pytest.mark.parametrize("name", ["README.md", *(p.relative_to(ROOT).as_posix() for p in sorted((ROOT / "docs").rglob("*.md")))])
def test_every_link_leads_to_a_file_that_is_there(name):
    at = ROOT / name
    for target in re.findall(r"\]\(([^)#\s]+)", at.read_text()):
        assert re.match(r"[a-z]+:", target) or (at.parent / target).exists(), target


def test_the_page_of_the_command_line_is_what_the_commands_say():
    assert (ROOT / "docs" / "cli.md").read_text() == page()


def test_every_decision_record_has_a_context_dated_decisions_and_measurements_and_stands_in_the_index():
    folder = ROOT / "docs" / "decisions"
    records = {page.name: page.read_text() for page in folder.glob("*.md") if page.name != "index.md"}
    assert set(re.findall(r"\]\(([^)]+)\)", (folder / "index.md").read_text())) == set(records)
    for name, text in records.items():
        first, *decisions, last = re.findall(r"^## (.+)", text, re.MULTILINE)
        assert first == "Context" and last.startswith("Measured") and decisions, name
        assert all(date.fromisoformat(heading.removeprefix("Decision (").removesuffix(")")) for heading in decisions), name
