"""Dates, times and zones on DuckDB have BigQuery's values: over columns, at changes of clocks, before 1970, at the ends of the calendar."""

from datetime import UTC, date, datetime, time

import duckdb
import pytest

from gamebeam.sql.engine import ask
from gamebeam.sql.translate import SqlError


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as opened:
        opened.execute(
            "SET TimeZone = 'UTC'; CREATE TABLE seen AS SELECT TIMESTAMPTZ '2026-11-01 04:30:00+00' + to_minutes(30 * i) AS at, "
            "DATE '2026-10-31' + CAST(i AS INTEGER) AS day, "
            "CASE WHEN i % 2 = 0 THEN 'America/New_York' ELSE '+05:30' END AS zone FROM range(6) r(i)"
        )
        yield opened


def one(con, sql):
    [row] = ask(con, sql).rows
    return row[0] if len(row) == 1 else row


def test_q4_an_hour_of_a_zone_with_half_hours(con):
    assert one(con, "SELECT TIMESTAMP_TRUNC(TIMESTAMP '2026-11-01 05:50:00+00', HOUR, 'Asia/Kolkata')") == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )
    assert one(con, "SELECT TIMESTAMP_TRUNC(TIMESTAMP '2026-11-01 05:50:00+00', HOUR, '+05:45')") == datetime(
        2026, 11, 1, 5, 15, tzinfo=UTC
    )


def test_the_two_hours_of_a_night_in_which_clocks_go_back_stay_two(con):
    sql = "SELECT DISTINCT STRING(TIMESTAMP_TRUNC(at, HOUR, 'America/New_York')) FROM seen WHERE at < '2026-11-01 07:00:00+00' ORDER BY 1"
    assert [r[0] for r in ask(con, sql).rows] == [f"2026-11-01 0{h}:00:00+00" for h in (4, 5, 6)]
    assert one(con, "SELECT TIMESTAMP(DATETIME '2026-11-01 01:30:00', 'America/New_York')") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert one(con, "SELECT TIMESTAMP(DATETIME '2026-03-08 02:30:00', 'America/New_York')") == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_a_zone_may_come_from_a_column(con):
    sql = "SELECT DATETIME(at, zone), TIMESTAMP(DATETIME(at, zone), zone) = at, EXTRACT(HOUR FROM at AT TIME ZONE zone) FROM seen "
    sql += "ORDER BY at LIMIT 2"
    assert ask(con, sql).rows == [(datetime(2026, 11, 1, 0, 30), True, 0), (datetime(2026, 11, 1, 10, 30), True, 10)]


def test_q12_unix_seconds_are_rounded_down_before_1970_too(con):
    assert one(con, "SELECT UNIX_SECONDS(TIMESTAMP '2026-11-01 00:00:00.7+00')") == 1793491200
    assert one(con, "SELECT UNIX_SECONDS(TIMESTAMP '1969-12-31 23:59:59.3+00'), UNIX_MILLIS(TIMESTAMP '1969-12-31 23:59:59.9996+00')") == (
        -1,
        -1,
    )


@pytest.mark.parametrize(
    "expression",
    [
        "DATE_ADD(DATE '9999-12-31', INTERVAL 1 DAY)",
        "DATE_TRUNC(DATE '0001-01-01', WEEK(TUESDAY))",
        "TIMESTAMP_SUB(TIMESTAMP '0001-01-01', INTERVAL 1 MICROSECOND)",
        "DATETIME_ADD(DATETIME '9999-12-31 23:59:59', INTERVAL 1 SECOND)",
        "TIMESTAMP_SECONDS(253402300800)",
        "DATE '0000-01-01'",
        "DATE(0, 1, 1)",
        "CAST('2026-1-1 1:2' AS TIMESTAMP)",
        "CAST('2026-11-31' AS DATE)",
        "CAST('24:00:00' AS TIME)",
        "TIMESTAMP '2026-01-01 00:00:00+25:00'",
    ],
)
def test_what_is_outside_the_calendar_is_an_error_and_null_when_safe(con, expression):
    with pytest.raises(SqlError):
        ask(con, f"SELECT {expression}")


def test_several_additions_to_a_column_do_not_fail_together(con):
    sql = "SELECT DATE_ADD(day, INTERVAL 1 DAY), DATE_SUB(day, INTERVAL 1 MONTH), TIMESTAMP_ADD(at, INTERVAL 1 DAY) FROM seen "
    sql += "ORDER BY 1 LIMIT 1"
    assert ask(con, sql).rows == [(date(2026, 11, 1), date(2026, 9, 30), datetime(2026, 11, 2, 4, 30, tzinfo=UTC))]


def test_q5_an_offset_is_that_of_the_zone_at_the_time(con):
    sql = (
        "SELECT FORMAT_TIMESTAMP('%F %H:%M%z', t, 'America/New_York'), FORMAT_TIMESTAMP('%Ez', t, '-03:30'), STRING(t, 'Asia/Kolkata') "
        "FROM (SELECT TIMESTAMP '{}' AS t)"
    )
    assert one(con, sql.format("2026-11-01 15:04:00+00")) == ("2026-11-01 10:04-0500", "-03:30", "2026-11-01 20:34:00+05:30")
    assert one(con, sql.format("2026-07-01 15:04:00+00"))[0] == "2026-07-01 11:04-0400"


def test_weeks_begin_on_the_day_that_is_named(con):
    sql = (
        "SELECT EXTRACT(WEEK FROM d), EXTRACT(WEEK(MONDAY) FROM d), EXTRACT(ISOWEEK FROM d), DATE_TRUNC(d, WEEK(SATURDAY)) "
        "FROM (SELECT DATE '2026-01-04' AS d)"
    )
    assert one(con, sql) == (1, 0, 1, date(2026, 1, 3))


@pytest.mark.parametrize(
    "text, format_, value",
    [
        ("2026-11-30", "%Y-%m-%d", date(2026, 11, 30)),
        ("2026-1-3", "%Y-%m-%d", date(2026, 1, 3)),
        ("  2026-11-30 ", "%F", date(2026, 11, 30)),
        ("30nov2026", "%d%b%Y", date(2026, 11, 30)),
        ("2026 335", "%Y %j", date(2026, 12, 1)),
        ("26", "%y", date(2026, 1, 1)),
        ("69", "%y", date(1969, 1, 1)),
        ("2026-W49-1", "%G-W%V-%u", date(2026, 11, 30)),
    ],
)
def test_a_date_is_read_by_its_format(con, text, format_, value):
    assert one(con, f"SELECT PARSE_DATE('{format_}', s) FROM (SELECT '{text}' AS s)") == value


@pytest.mark.parametrize(
    "text, format_", [("2026-11-30x", "%F"), ("2026-02-29", "%F"), ("2026-13-01", "%Y-%m-%d"), ("", "%F"), ("2026", "%Y %m"),
                       ("100", "%E4Y"), ("100", "%C0"), ("0200308", "%C%m%d")]
)
def test_a_text_that_does_not_fit_its_format_is_an_error_and_null_when_safe(con, text, format_):
    assert one(con, f"SELECT SAFE.PARSE_DATE('{format_}', s) FROM (SELECT '{text}' AS s)") is None
    with pytest.raises(SqlError):
        ask(con, f"SELECT PARSE_DATE('{format_}', s) FROM (SELECT '{text}' AS s)")


def test_a_cast_with_a_format_writes_and_reads(con):
    written = (
        "CAST(TIMESTAMP '2026-11-30 15:04:05.25+00' AS STRING FORMAT 'DD-Mon-YYYY HH12:MI:SS.FF3 PM TZH:TZM' AT TIME ZONE 'Asia/Kolkata')"
    )
    assert one(con, f"SELECT {written}") == "30-Nov-2026 08:34:05.250 PM +05:30"
    assert one(con, "SELECT CAST('11/30/2026 03:04 PM' AS DATETIME FORMAT 'MM/DD/YYYY HH12:MI AM')") == datetime(2026, 11, 30, 15, 4)
    assert one(con, "SELECT CAST('10:20:30' AS TIME FORMAT 'HH24:MI:SS')") == time(10, 20, 30)
    assert one(con, "SELECT SAFE_CAST('x' AS DATE FORMAT 'YYYY-MM-DD')") is None


def test_intervals_keep_months_days_and_time_apart(con):
    sql = (
        "SELECT CAST(i AS STRING), CAST(i * 2 AS STRING), DATE '2026-01-31' + i FROM (SELECT INTERVAL '1-1 2 3:4:5.5' YEAR TO SECOND AS i)"
    )
    assert one(con, sql) == ("1-1 2 3:4:5.500", "2-2 4 6:8:11", datetime(2027, 3, 2, 3, 4, 5, 500000))


def test_a_column_is_formatted_and_truncated_without_python(con):
    from gamebeam.sql.dialect.runtime import PYTHON
    from gamebeam.sql.dialect.translation import translated
    from gamebeam.sql.dialect.types import TIMESTAMP

    for expression in (
        "TIMESTAMP_TRUNC(at, DAY, 'Asia/Kolkata')",
        "FORMAT_TIMESTAMP('%F %T', at)",
        "EXTRACT(WEEK FROM at)",
        "DATE(at)",
        "STRING(at)",
    ):
        sql, _ = translated(f"SELECT {expression} FROM seen", lambda path: ("seen", [("at", TIMESTAMP)]))
        assert not any(name in sql for name in PYTHON)
