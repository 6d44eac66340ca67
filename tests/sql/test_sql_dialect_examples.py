"""Every function in the list of examined functions gives the values that its entry promises."""

import duckdb
import pytest

import gamebeam.sql.dialect.topics  # noqa: F401  fills the registry
from gamebeam.sql.dialect import documentation
from gamebeam.sql.dialect.registry import ERROR, REGISTRY
from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError

EXAMPLES = [(f.name, expression, value) for f in REGISTRY.functions.values() for expression, value in f.examples.items()]


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


@pytest.mark.parametrize("name, expression, expected", EXAMPLES, ids=[f"{n}: {e}"[:80] for n, e, _ in EXAMPLES])
def test_an_examined_function_has_the_value_of_its_example(con, name, expression, expected):
    if expected is ERROR:
        with pytest.raises(SqlError):
            ask(con, f"SELECT {expression}")
        return
    [(got,)] = ask(con, f"SELECT {expression}").rows
    assert got == expected and type(got) is type(expected)


def test_every_examined_function_has_an_example():
    assert not [f.name for f in REGISTRY.functions.values() if not f.examples]


def test_the_page_of_examined_functions_is_current():
    assert documentation.PAGE.read_text() == documentation.page(), "run: python -m gamebeam.sql.dialect.documentation"
