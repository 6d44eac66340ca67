"""A field that was promoted out of additional_properties is read from both places."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract, parse_contract
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.sql.engine import ask, open_archive
from tests.engine.test_bigquery import in_bigquery
from tests.sql.test_border import opened
from tests.support.small_contract import FIELDS, small_contract
from tests.support.written_archive import DAY, HOUR, WrittenArchive
from tests.transforms.test_bigquery_ddl import written

PROMOTED = [
    {"name": "gift", "type": ["null", "string"], "also": "gift"},
    {"name": "stars", "type": ["null", "long"], "also": "rating.stars"},
    {"name": "weight", "type": ["null", "double"], "also": "weight-kg"},
    {"name": "wrapped", "type": ["null", "boolean"], "also": "wrapped"},
    {"name": "given_at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "also": "given_at"}]
ASKED = "SELECT event_id, gift, stars, weight, wrapped, given_at FROM purchase ORDER BY event_id"
AT = datetime(2026, 11, 2, tzinfo=UTC)
OLD = {"gift": "hat", "rating": {"stars": 5, "of": 5}, "weight-kg": 1.5, "wrapped": True, "given_at": DAY}
NEW = {"gift": "cap", "stars": 3, "weight": 2.0, "wrapped": False, "given_at": DAY}
OTHER = {"gift": 7, "rating": {"stars": "4"}, "weight-kg": "heavy", "wrapped": "yes", "given_at": "noon"}
EXPECTED = [("a-old", "hat", 5, 1.5, True, AT), ("b-new", "cap", 3, 2.0, False, AT), ("c-other", None, None, None, None, None),
            ("d-none", None, None, None, None, None)]


def promoted(*fields, **settings):
    return parse_contract(small_contract(**settings).text | {"events/purchase.avsc": json.dumps(
        {"type": "record", "name": "purchase", "fields": [*FIELDS["purchase"], *fields]})})


def old_row(event_id, properties, at=DAY):
    return {"event_id": event_id, "event_time": at, "additional_properties": json.dumps(properties) if properties else None}


@pytest.fixture
def archive(tmp_path):
    """Files of two ages: the older ones lack the columns."""
    archive = WrittenArchive(promoted(*PROMOTED), tmp_path)
    for event_id, properties in (("a-old", OLD), ("c-other", OTHER), ("d-none", None)):
        archive.write("purchase", old_row(event_id, properties), without=[f["name"] for f in PROMOTED])
    archive.event("purchase", "b-new", DAY, additional_properties='{"gift": "not this one"}', **NEW)
    return archive


def test_old_and_new_rows_are_read_alike_and_what_has_another_type_stays_where_it_is(archive):
    con = open_archive(archive.contract, archive.root)
    assert ask(con, ASKED).rows == EXPECTED
    [(kept,)] = ask(con, "SELECT additional_properties FROM purchase WHERE event_id = 'c-other'").rows
    assert json.loads(kept) == OTHER
    assert json.loads(ask(con, "SELECT payload FROM events WHERE event_id = 'a-old'").rows[0][0])["stars"] == 5


def test_on_both_sides_of_the_border_between_hot_table_and_archive(archive):
    archive.write("purchase", old_row("e-hot", OLD, DAY + 24 * HOUR), without=[f["name"] for f in PROMOTED])
    con = opened(archive, AT.date() + timedelta(1), AT.date() + timedelta(1))
    assert ask(con, ASKED.replace("FROM purchase", "FROM views.purchase")).rows == [*EXPECTED, ("e-hot", *EXPECTED[0][1:])]


@pytest.mark.parametrize("sent, seen", [("4", 4), ("4.5", None), ("1" * 30, None)])
def test_where_the_wire_writes_numbers_as_strings_so_do_older_events(sent, seen, tmp_path):
    contract = promoted(PROMOTED[1])
    wire = "event_id: event_id\nevent_type: event_type\nevent_time: event_time\nnumbers_as_strings: true\n"
    archive = WrittenArchive(parse_contract(contract.text | {"wire.yaml": wire}), tmp_path)
    archive.write("purchase", old_row("a", {"rating": {"stars": sent}}), without=["stars"])
    assert ask(open_archive(archive.contract, archive.root), "SELECT stars FROM purchase").rows == [(seen,)]


@pytest.mark.parametrize("field, told", [
    ({"name": "gift", "type": "string", "also": "gift"}, "gift: also needs a nullable field of type boolean"),
    ({"name": "gift", "type": ["null", {"type": "array", "items": "string"}], "also": "gift"}, "gift: also needs a nullable field"),
    ({"name": "gift", "type": ["null", "string"], "also": "a..b"}, "gift: also is a dotted path"),
    ({"name": "gift", "type": ["null", "string"], "also": "it's"}, "gift: also is a dotted path"),
    ({"name": "gift", "type": ["null", "string"], "also": "gift", "role": "state"}, "gift: also goes with neither role nor pii"),
    ({"name": "gift", "type": ["null", "string"], "also": "gift", "pii": "hash"}, "gift: also goes with neither role nor pii"),
    ({"name": "gift", "type": ["null", {"type": "record", "name": "g", "fields": [{"name": "x", "type": ["null", "long"], "also": "x"}]}]},
     "gift: also is for an event's own fields")])
def test_what_cannot_be_read_from_both_places_is_refused(field, told):
    with pytest.raises(ContractError, match=r"purchase\.avsc") as e:
        promoted(field)
    assert told in str(e.value)


@pytest.mark.engine
def test_in_bigquery_too_after_the_job_wrote_under_either_contract(bigquery, tmp_path):
    """The job twice, the second time under the new contract, on tables that were there: DuckDB and BigQuery see what was sent."""
    yesterday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    old, new = written(tmp_path / "old"), tmp_path / "new"
    for name, body in promoted(*PROMOTED).text.items():
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_text(body)
    where = [f"--archive={tmp_path}/archive", "--tables=bq://lab.promoted"]
    for contract, event_id, own in ((old, "a-old", OLD), (old, "c-other", OTHER), (new, "b-new", NEW), (new, "d-none", {}),
                                    (new, "e-old-build", OLD)):
        at = {"event_time": round(yesterday.timestamp() * 1000)}
        message = {"event_id": event_id, "event_type": "purchase", "env": "live", "price_usd": 1.0} | own | at
        if own in (OLD, NEW):
            message["given_at"] = at["event_time"]
        (tmp_path / f"{event_id}.jsonl").write_text(json.dumps(message))
        assert main(["tables", "apply", f"--contract={contract}", where[1]]) == 0
        assert main(["run", f"--contract={contract}", f"--source={tmp_path}/{event_id}.jsonl", *where]) == 0
    expected = [tuple(yesterday if v == AT else v for v in row) for row in EXPECTED]
    expected.append(("e-old-build", "hat", 5, 1.5, True, yesterday))
    assert ask(open_archive(load_contract(str(new)), f"{tmp_path}/archive"), ASKED).rows == expected
    assert [tuple(row.values()) for row in in_bigquery(ASKED, "promoted")] == expected
