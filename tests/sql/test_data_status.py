"""data_status: what of a day is in, when it is final, and which days are unusual; every figure worked out by hand."""

from datetime import date, timedelta

import pytest

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.dates import DAY_MS
from gamebeam.sql.engine import run
from tests.support.written_archive import DAY, HOUR, WrittenArchive, moment

COUNTS = (10, 11, 10, 9, 10, 11, 10, 30, 1)  # logins by day
LATE_H = 5  # one login of the first day comes so late


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """(event_type, day) -> row"""
    archive = WrittenArchive(load_contract("starter"), tmp_path_factory.mktemp("status"))
    for day, count in enumerate(COUNTS):
        at = [DAY + day * DAY_MS + HOUR + i for i in range(count)]
        waits = [LATE_H * HOUR if day == 0 and i == 0 else 0 for i in range(count)]
        archive.write("login", *({"event_id": f"{day}-{i}", "event_time": t, "arrival_time": t + w, "player_id": "a"}
                                 for i, (t, w) in enumerate(zip(at, waits, strict=True))))
    archive.write("ledger", {"hour": DAY, "event_type": "login", "received": 13, "landed": 10, "dead_lettered": 2, "duplicate": 1})
    found = run(archive.contract, archive.root, "SELECT * FROM data_status WHERE env = 'live'")
    return {(r[1], r[2]): dict(zip(found.columns, r, strict=True)) for r in found.rows}


def day(n):
    return date(2026, 11, 2) + timedelta(days=n)


def test_shares_by_age_and_dead_letters(rows):
    first = rows["login", day(0)]
    assert (first["events"], first["arrived_1h"], first["arrived_6h"]) == (10, 0.9, 1.0)
    assert first["dead_letter_share"] == pytest.approx(2 / 12)
    assert first["missing_share"] is None and rows[None, day(0)]["missing_share"] == 0


def test_a_day_is_final_six_hours_after_its_end_where_some_came_five_hours_late_and_only_once_that_was_read(rows):
    for n in range(len(COUNTS)):
        row = rows["login", day(n)]
        assert row["final_at"] == moment(DAY + (n + 1) * DAY_MS + 6 * HOUR)
        assert row["is_final"] == (n < 7)  # the last arrival is of the ninth day, an hour in


def test_a_day_far_from_the_days_before_it_is_unusual_once_it_is_over(rows):
    assert rows["login", day(7)]["unusual_events"] is True
    assert not rows["login", day(8)]["unusual_events"]  # not over: nothing later was read
    assert rows["login", day(3)]["unusual_events"] is False  # too few days before it to tell
