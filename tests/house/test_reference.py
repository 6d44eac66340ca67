"""docs/contract.md and docs/views.md are generated, and say what the code reads."""

from pathlib import Path

import msgspec
import pytest

from gamebeam.reports.reference import MODELS, contract_page, views_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "made"), [("contract.md", contract_page), ("views.md", views_page)])
def test_a_generated_page_is_current(page, made):
    assert (DOCS / page).read_text() == made(), "run python -m gamebeam.reports.reference"


def test_every_key_of_every_file_is_in_the_reference_with_what_it_takes():
    page = contract_page()
    keys = [field.encode_name for _, models, _ in MODELS for _, model in models for field in msgspec.structs.fields(model)]
    assert len(keys) > 70 and all(f"\n| `{key}` | " in page for key in keys)
    assert "| a value |" not in page
