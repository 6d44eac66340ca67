"""A CSV file as its feed declares it: typed strictly, and every refusal names its line and column."""

import csv
import dataclasses
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamebeam.feeds.read import Unreadable, read_rows
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.feeds import Column, Feed, feeds
from gamebeam.schemas.contract.fields import ContractError

WHOLE = "a whole number was expected"
SINGULAR = Path(__file__).parents[1] / "cases" / "victory" / "singular.csv"


def feed(*columns, **settings):
    return Feed("f", tuple(Column(n, k) if isinstance(k, str) else Column(n, **k) for n, k in columns), "f*.csv", **settings)


def values(kind, *cells, **settings):
    f = feed(("x", (settings and {"kind": kind, **settings}) or kind), header=False)
    rows = read_rows("\n".join(cells).encode(), f)
    return rows.columns["x"], [(p.line, p.field, p.detail) for p in rows.problems]


@pytest.mark.parametrize("kind, good, value, bad, told", [
    ("long", "-42", -42, "4.0", WHOLE), ("long", str(2**63 - 1), 2**63 - 1, str(2**63), WHOLE),
    ("long", "1", 1, "٣", WHOLE), ("long", "1", 1, "1e3", WHOLE),
    ("double", "1e3", 1000.0, "nan", "a number was expected"), ("double", "1.5", 1.5, "1_0", "a number was expected"),
    ("boolean", "True", True, "maybe", "true or false was expected"),
    ("date", "2026-02-28", date(2026, 2, 28), "2026-02-29", "a date was expected (YYYY-MM-DD)"),
    ("timestamp", "2019-09-06 18:05:36.888115+00", datetime(2019, 9, 6, 18, 5, 36, 888115, UTC), "noon", "a time was expected (ISO 8601)"),
    ("country", "vnm", "VN", "XXX", "a country's code of two or three letters was expected (ISO 3166)"),
])
def test_a_cell_becomes_its_type_or_a_problem_with_its_line(kind, good, value, bad, told):
    assert values(kind, good, bad) == ([value], [(2, "x", told)])


def test_dates_in_the_feeds_own_format_long_texts_and_small_letters():
    assert values("date", "8/10/19", format="%m/%d/%y") == ([date(2019, 8, 10)], [])
    assert values("string", "abc", "abcd", max=3)[1] == [(2, "x", "at most 3 characters, not 4")]
    rows = read_rows(b"GP\nms\n", feed(("x", {"kind": "string", "lower": True}), header=False))
    assert rows.columns["x"] == ["gp", "ms"] and rows.lowered == 1


def test_null_words_empty_rows_and_required_values():
    f = feed(("a", {"kind": "string", "required": True}), ("b", "long"), nulls=frozenset(["", "N/A"]))
    rows = read_rows(b"A;B\nx;N/A\nN/A;N/A\n;3\n".replace(b";", b","), f)
    assert rows.columns == {"a": ["x"], "b": [None]} and rows.empty == 1
    assert [str(p) for p in rows.problems] == ["line 4, a: a value is required"]


def test_a_line_number_is_the_files_even_behind_a_value_of_two_lines():
    f = feed(("a", "string"), ("b", "long"))
    rows = read_rows(b'a,b\n"two\nlines",1\nx,nope\ny,1,2\n', f)
    assert rows.lines == [3] and [(p.line, p.field) for p in rows.problems] == [(4, "b"), (5, "column 3")]


@pytest.mark.parametrize("content, line, field", [
    (b"", 1, None), (b"a,b\n", 1, None), (b"a\n1\n", 1, "b"), (b"a,b,c\n1,2,3\n", 1, "c"), (b"b,a\n1,2\n", 1, "a"),
    (b"a,b\n1,\xff\n", 2, None),
    (b"a,b\n1,\0\n", 2, None), (b'a,b\n1,"open\n', 2, None)])
def test_a_file_that_is_not_this_feeds_is_refused_whole(content, line, field):
    with pytest.raises(Unreadable) as e:
        read_rows(content, feed(("a", "long"), ("b", "string")))
    assert (e.value.problem.line, e.value.problem.field) == (line, field)


def test_headers_may_be_in_capitals_and_begin_with_a_byte_order_mark():
    assert read_rows(b"\xef\xbb\xbfA,B\n1,2\n", feed(("a", "long"), ("b", "long"))).columns == {"a": [1], "b": [2]}


@given(st.lists(st.tuples(*(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) for _ in range(2))), min_size=1))
def test_whatever_a_csv_writer_quotes_comes_back(given_rows):
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(given_rows)
    try:
        rows = read_rows(out.getvalue().encode(), feed(("a", "string"), ("b", "string"), header=False))
    except Unreadable as e:
        assert "no rows" in str(e) and all(not a and not b for a, b in given_rows)
        return
    kept = [(a or None, b or None) for a, b in given_rows if a or b]
    assert list(zip(rows.columns["a"], rows.columns["b"], strict=True)) == kept and rows.problems == []


def test_singulars_export_is_read_and_its_rounded_ids_are_told():
    contract = load_contract("victory")
    rows = read_rows(SINGULAR.read_bytes(), feeds(contract)["singular"])
    with SINGULAR.open() as f:
        cells = list(csv.reader(f))
    assert len(rows.lines) == len(cells) and rows.problems == []
    assert rows.columns["impressions"] == [int(c[6]) if c[6] else None for c in cells]
    assert rows.columns["country"][:3] == ["VN", "TH", "US"] and rows.columns["campaign"][1] is None
    assert rows.rounded == {"campaign_id": sum("E+" in c[18] for c in cells)}


@pytest.mark.parametrize("text, told", [
    ("f: 3", "expected files: GLOB and columns:"),
    ("f: {columns: [{name: a, type: long}], bad_rows: skip}", "bad_rows: expected one of fail, dead_letter, not 'skip'"),
    ("f: {columns: [{name: a, type: money}]}", "f.columns[0].type: expected one of"),
    ("f: {columns: [{name: a}, {name: a}]}", "f.a: is there twice"),
    ("login: {columns: [{name: a}]}", "login: is a view already"), ("f: {columns: [{name: a}], replaces: [a]}", "a is no required column"),
    ("f: {columns: [{name: a}], colour: red}", "f.colour: unknown")])
def test_a_slip_in_feeds_yaml_is_told_with_its_place(text, told):
    contract = load_contract("starter")
    with pytest.raises(ContractError, match=r"feeds\.yaml") as e:
        feeds(dataclasses.replace(contract, text=contract.text | {"feeds.yaml": text}))
    assert told in str(e.value)
