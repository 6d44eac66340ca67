"""The write-up's students, all 395: dropped, loaded as its two schemas say, and its five questions answered, one of which it got wrong."""

import csv
import dataclasses
import json
import shutil
from collections import Counter, defaultdict
from statistics import median

import pytest

import bench.feeds
from bench.feeds import STUDENT, student_contract
from gamebeam.feeds.drop import run
from gamebeam.feeds.load import load
from gamebeam.feeds.read import read_rows
from gamebeam.schemas.contract.feeds import feeds
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.questions import questions
from gamebeam.sql.engine import ask, open_archive
from tests.support.written_archive import WrittenArchive

PUBLISHED = {  # https://github.com/amyth-singh/justplay-events-pipeline-development, its README
    "mothers_jobs": [("at_home",), ("health",), ("other",), ("services",), ("teacher",)],
    "travel_time": [(1, 35)],
    "fathers_jobs": [("a", "other", 23), ("a", "services", 7), ("a", "teacher", 5),
                     ("t", "other", 194), ("t", "services", 104), ("t", "teacher", 24)],
    "failures": [("gt3", 0, 222), ("le3", 0, 90)],
    "absences": [("f", 1, 14), ("f", 2, 15), ("f", 3, 2), ("m", 1, 5), ("m", 2, 3), ("m", 3, 2)]}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """(what was said of each file, the drop folder, a connection): the good file, and the one with a field too many."""
    out, contract = tmp_path_factory.mktemp("students"), student_contract()
    archive = WrittenArchive(contract, out / "archive").root
    (out / "drop").mkdir()
    for name in ("student-mat.csv", "student-mat-extra-field.csv"):
        shutil.copy(STUDENT / name, out / "drop" / name)
    told = dict(line.split(": ", 1) for line in run(contract, archive, str(out / "drop"), settle_s=0))
    return told, out / "drop", open_archive(contract, archive)


def answer(loaded, name):
    return ask(loaded[2], questions(student_contract())[name].sql).rows


@pytest.fixture(scope="module")
def rows():
    """The file read by Python's csv alone."""
    with (STUDENT / "student-mat.csv").open() as f:
        return [{k.lower(): int(v) if v.isdigit() else v.lower() for k, v in row.items()} for row in csv.DictReader(f, delimiter=";")]


def test_the_good_file_lands_and_what_was_done_to_it_is_said(loaded, rows):
    told, drop, con = loaded
    small = sum(v != v.lower() for row in csv.DictReader((STUDENT / "student-mat.csv").open(), delimiter=";") for v in row.values())
    assert told["student-mat.csv"] == (f"395 rows into students; {small} values written in small letters; "
                                       "activities: VARCHAR(20) before, VARCHAR(10) in schema_sql.yaml, which holds")
    found = ask(con, f"SELECT {', '.join(rows[0])} FROM students ORDER BY line")
    assert [dict(zip(found.columns, row, strict=True)) for row in found.rows] == rows
    assert (drop / "done" / "student-mat.csv").exists()


def test_a_field_too_many_fails_the_file_by_its_name(loaded):
    told, drop, _ = loaded
    assert told["student-mat-extra-field.csv"].startswith("failed, line 1, g4: a column that is not declared, the 34th; 33 are")
    reason = json.loads((drop / "failed" / "student-mat-extra-field.csv.reason.json").read_text())
    assert (reason["line"], reason["field"]) == (1, "g4")


def test_headers_in_capitals_and_grades_in_quotes_are_read_alike():
    feed = feeds(student_contract())["students"]
    caps = read_rows((STUDENT / "student-mat-caps-fields.csv").read_bytes(), feed)
    all_of_them = read_rows((STUDENT / "student-mat.csv").read_bytes(), feed)
    assert caps.problems == [] and caps.columns == {name: values[:len(caps.lines)] for name, values in all_of_them.columns.items()}


def test_the_second_schema_sizes_the_table():
    columns = {c.name: c for c in feeds(student_contract())["students"].columns}
    assert columns["activities"].max == 10 and columns["age"].kind == "long"
    assert {c.kind for c in columns.values() if c.lower} == {"string"} == {c.kind for c in columns.values()} - {"long"}


def test_four_answers_are_the_published_ones_and_pythons(loaded, rows):
    jobs = sorted({(r["mjob"],) for r in rows if r["sex"] == "m" and r["age"] < 20})
    assert answer(loaded, "mothers_jobs") == PUBLISHED["mothers_jobs"] == jobs
    times = Counter(r["traveltime"] for r in rows if r["address"] == "r").most_common(1)
    assert answer(loaded, "travel_time") == PUBLISHED["travel_time"] == times
    for name, by, what, places in (("fathers_jobs", "pstatus", "fjob", 3), ("failures", "famsize", "failures", 1)):
        counted = [(group, *best) for group in sorted({r[by] for r in rows})
                   for best in Counter(r[what] for r in rows if r[by] == group).most_common(places)]
        assert answer(loaded, name) == PUBLISHED[name] == counted


def test_the_published_medians_of_absences_are_wrong_but_for_one(loaded, rows):
    """Its query numbers rows with MySQL's user variables, in an order that MySQL does not promise: what it picks is not the middle."""
    by_both, by_sex = defaultdict(list), defaultdict(list)
    for r in rows:
        if r["famrel"] <= 3:
            by_both[r["sex"], r["famrel"]].append(r["absences"])
            by_sex[r["sex"]].append(r["absences"])
    medians = [(*key, median(values)) for key, values in sorted(by_both.items())]
    assert answer(loaded, "absences") == medians == [("f", 1, 10), ("f", 2, 5), ("f", 3, 3), ("m", 1, 5), ("m", 2, 7), ("m", 3, 4)]
    assert set(medians) & set(PUBLISHED["absences"]) == {("m", 1, 5)}
    assert answer(loaded, "absences_by_sex") == [(s, median(values)) for s, values in sorted(by_sex.items())] == [("f", 3.5), ("m", 4)]


def test_the_same_file_in_another_name_is_loaded_already_unless_its_name_is_part_of_what_it_is(tmp_path):
    contract, content = student_contract(), (STUDENT / "student-mat-caps-fields.csv").read_bytes()
    archive = WrittenArchive(contract, tmp_path).root
    feed = feeds(contract)["students"]
    by_name = dataclasses.replace(feed, identity="name_and_content")
    assert [load(contract, archive, feed, name, content).rows for name in ("a.csv", "b.csv")] == [39, None]
    assert [load(contract, archive, by_name, name, content).rows for name in ("a.csv", "b.csv", "b.csv")] == [39, 39, None]


def test_many_files_in_one_go_are_timed_and_all_there(tmp_path, capsys):
    assert bench.feeds.main(["--files=5", f"--report={tmp_path}/r.md"]) == 0
    text = (tmp_path / "r.md").read_text()
    assert f"afterwards {5 * 395:,} rows are in the table" in text and "| 10.90 | 0.0109 |" in text


@pytest.mark.parametrize("change, told", [
    ({"feeds/schema.yaml": "age: INTEGER\nschool: VARCHAR(10)\n"}, "feeds/schema_sql.yaml: other columns, or in another order"),
    ({"feeds/schema.yaml": "age: 3\n"}, "feeds/schema.yaml: expected column: TYPE, or table: [{name: column, type: TYPE}, …]"),
    ({"feeds.yaml": "s: {schemas: [none.yaml]}"}, "s.schemas: there is no feeds/none.yaml"),
    ({"feeds.yaml": "s: {schemas: [schema.yaml], columns: []}"}, "s.schemas: expected a list of files in feeds/, in place of columns")])
def test_a_slip_in_the_schemas_is_told_with_its_file(change, told):
    contract = student_contract()
    with pytest.raises(ContractError) as e:
        feeds(dataclasses.replace(contract, text=contract.text | change))
    assert told in str(e.value)
