"""Hot days from the hot table, older ones from the archive, over the same files, and no event twice or missing at the border."""

import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot

from gamebeam.schemas.bigquery import wanted_tables
from gamebeam.schemas.contract.contract import PACKAGED, load_contract
from gamebeam.schemas.tables import tables
from gamebeam.sql.border import HOT_DAYS, border_script, external_table, first_hot_day
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.scanned import cost_of_a_day, scanned
from gamebeam.sql.translate import to_duckdb
from gamebeam.sql.views import view_sql
from gamebeam.transforms.sinks.bigquery.append_rows import young
from tests.support.small_contract import small_contract
from tests.support.written_archive import DAY, HOUR, WrittenArchive

DAYS = 24 * HOUR
BORDER = date(2026, 11, 2)  # DAY


@pytest.fixture
def archive(tmp_path):
    """Five days of purchases around the border; copies in two files, and at the last and first millisecond of days."""
    archive = WrittenArchive(small_contract(), tmp_path)
    archive.run("hidden", "started")
    for n in range(-2, 3):
        for ms in (0, 12 * HOUR, DAYS - 1):
            archive.event("purchase", f"{n}:{ms}", DAY + n * DAYS + ms, price_usd=1.0)
        archive.event("purchase", f"{n}:0", DAY + n * DAYS, price_usd=1.0, arrival_time=DAY + 3 * DAYS)
        archive.event("purchase", "unseen", DAY + n * DAYS, price_usd=1.0, run_id="hidden")
    return archive


def opened(archive, border, hot_from):
    """The archive's tables as the hot ones, from some day on; its files as external tables, with the partitions in their names."""
    con, opened_archive = duckdb.connect(), open_archive(archive.contract, archive.root)  # which opens no file of a hidden run
    con.execute("SET TimeZone = 'UTC'; CREATE SCHEMA hot; CREATE SCHEMA outside; CREATE SCHEMA views")
    con.execute("CREATE SCHEMA tables; CREATE TABLE tables.broken_views (name VARCHAR, reason VARCHAR)")  # as in an opened archive
    for name in ("runs", *archive.contract.events):
        con.register("rows", opened_archive.execute(f"SELECT * FROM tables.{name}").to_arrow_table())
        where = "" if name == "runs" else f"WHERE CAST(event_time AS DATE) >= DATE '{hot_from}'"
        con.execute(f"CREATE TABLE hot.{name} AS SELECT * FROM rows {where}")
        con.unregister("rows")
    con.execute(f"CREATE VIEW outside.purchase AS SELECT * FROM read_parquet('{archive.root}/events/purchase/*/*/*.parquet', "
                "hive_partitioning = true, hive_types = {date: DATE, hour: VARCHAR}, union_by_name = true)")
    text = view_sql(archive.contract, "hot", "views", "outside", f"DATE '{border}'")["purchase"]
    con.execute(f"CREATE VIEW views.purchase AS {to_duckdb(text)}")
    return con


@pytest.mark.parametrize("hot_from", [BORDER, BORDER - timedelta(1), BORDER - timedelta(9)])
def test_each_event_is_seen_once_whichever_side_of_the_border_and_however_much_both_sides_hold(archive, hot_from):
    con = opened(archive, BORDER, hot_from)
    seen = ask(con, "SELECT event_id, event_date FROM views.purchase").rows
    assert sorted(seen) == sorted((f"{n}:{ms}", BORDER + timedelta(n)) for n in range(-2, 3) for ms in (0, 12 * HOUR, DAYS - 1))


def test_it_is_the_border_that_keeps_them_apart(archive):
    """Rows of the other side are there to be counted twice: with a border on each side of them they are."""
    con = opened(archive, BORDER, BORDER - timedelta(9))
    own = con.execute("SELECT COUNT(*) FROM hot.purchase WHERE CAST(event_time AS DATE) < DATE '2026-11-02'").fetchone()
    assert own == (8,)
    con.execute("DELETE FROM hot.purchase WHERE CAST(event_time AS DATE) < DATE '2026-11-02'")
    assert ask(con, "SELECT COUNT(*) FROM views.purchase").rows == [(15,)]
    con.execute("DELETE FROM hot.purchase")
    assert ask(con, "SELECT COUNT(*), MAX(event_date) FROM views.purchase").rows == [(6, BORDER - timedelta(1))]


def test_an_events_day_is_the_date_in_the_name_of_its_file_so_that_one_border_cuts_both(archive):
    con = opened(archive, BORDER, BORDER)
    assert con.execute("SELECT COUNT(*) FROM outside.purchase WHERE date <> CAST(event_time AS DATE)").fetchone() == (0,)
    assert con.execute("SELECT COUNT(*) FROM outside.purchase").fetchone() == (25,)


@pytest.mark.parametrize("day, files", [(BORDER - timedelta(2), 5), (BORDER - timedelta(1), 5), (BORDER, 0), (BORDER + timedelta(1), 0)])
def test_a_filter_on_event_date_opens_that_days_files_alone(archive, day, files):
    con = opened(archive, BORDER, BORDER)
    plan = con.execute(f"EXPLAIN ANALYZE SELECT * FROM views.purchase WHERE event_date = DATE '{day}'").fetchall()[0][1]
    read = re.findall(r"Total Files Read: (\d+)", plan)
    assert sum(map(int, read)) == files, plan


@pytest.mark.parametrize("game", sorted(p.name for p in PACKAGED.iterdir() if p.is_dir()))
def test_copies_are_sought_within_the_day_that_prunes(game):
    contract = load_contract(game)
    for archive in ("", "outside"):
        views = view_sql(contract, archive=archive, border="DATE '2026-11-02'")
        for name in contract.events:
            tree = sqlglot.parse_one(views[name], read="bigquery")
            inner = tree.find(sqlglot.exp.Qualify).parent  # a game's own view of that name has the made one inside
            partition = inner.args["qualify"].find(sqlglot.exp.Window).args["partition_by"]
            assert [p.sql("bigquery") for p in partition] == ["event_id", "event_date" if archive else "DATE(event_time)"]
            assert "event_date" in inner.named_selects


def test_the_border_lies_within_what_thirty_days_of_expiry_keep_and_where_hot_tables_are_whole():
    con = duckdb.connect()
    today = con.execute("SELECT CAST(CURRENT_DATE AS DATE)").fetchone()[0]
    assert HOT_DAYS < 30
    for since, expected in ((None, today - timedelta(HOT_DAYS)), (str(today - timedelta(3)), today - timedelta(3)),
                            ("2020-01-01", today - timedelta(HOT_DAYS))):
        found = con.execute(f"SELECT CAST(x AS DATE) FROM ({to_duckdb(f'SELECT {first_hot_day(since=since)} AS x')})").fetchone()[0]
        assert found == expected


@pytest.mark.parametrize("of_the_day", [0, 12 * HOUR, DAYS - 1])
def test_rows_are_kept_out_of_bigquery_once_their_partition_has_expired_and_never_on_this_side_of_the_border(of_the_day):
    """A partition of day D expires at D + 30 days, 00:00 UTC."""
    purchase = wanted_tables(small_contract())["purchase"]
    rows = pa.table({"event_time": pa.array([DAY - n * DAYS + ms for n in range(33) for ms in (0, DAYS - 1)], pa.timestamp("ms", "UTC"))})
    sent = {(DAY - ms) // DAYS for ms in young(purchase, rows, DAY + of_the_day).column("event_time").cast(pa.int64()).to_pylist()
            if ms % DAYS == 0}
    assert sent == set(range(30)) > set(range(HOT_DAYS + 1))


def test_external_tables_have_the_files_columns_partitions_from_their_names_and_refuse_a_full_scan(archive):
    contract = archive.contract
    ddl = external_table(tables(contract)["purchase"], "p.d_archive", "gs://bucket/archive/")
    tree = sqlglot.parse_one(ddl.split("\nWITH PARTITION")[0], read="bigquery")  # sqlglot does not know what follows
    named = [c.name for c in tree.find(sqlglot.exp.Schema).expressions]
    assert named == pq.read_schema(next(Path(archive.root, "events", "purchase").rglob("*.parquet"))).names
    assert "uris = ['gs://bucket/archive/events/purchase/*.parquet']" in ddl
    assert "hive_partition_uri_prefix = 'gs://bucket/archive/events/purchase'" in ddl
    assert "WITH PARTITION COLUMNS (`date` DATE, `hour` STRING)" in ddl and "require_hive_partition_filter = TRUE" in ddl
    assert not {"date", "hour"} & set(named)


@pytest.mark.parametrize("game", sorted(p.name for p in PACKAGED.iterdir() if p.is_dir()))
def test_the_script_is_bigquery_sql_with_a_table_per_event_type_and_dead_letters_and_the_views_over_both(game):
    contract = load_contract(game)
    statements = [s for s in border_script(contract, "my-project.games", "gs://b/a").split(";\n\n") if s]
    made = [re.match(r"CREATE OR REPLACE (EXTERNAL TABLE|VIEW) `([\w.-]+)`\.(\w+)", s).groups() for s in statements]
    assert made == ([("EXTERNAL TABLE", "my-project.games_archive", n) for n in (*contract.events, "dead_letter")]
                    + [("VIEW", "my-project.games", n) for n in (*contract.events, "events")])
    assert all(sqlglot.parse_one(s, read="bigquery").find(sqlglot.exp.Query) for s in statements if " VIEW " in s.split("\n")[0])


@pytest.mark.parametrize("dataset, place, wrong", [("games", "gs://b/a", "--dataset=games"), ("p.games", "/tmp/a", "--archive=/tmp/a")])
def test_what_bigquery_could_not_read_is_refused(dataset, place, wrong):
    with pytest.raises(ValueError, match=wrong):
        border_script(small_contract(), dataset, place)


def test_the_cost_of_a_day_is_in_the_footers_and_fewer_columns_cost_less(archive):
    paths = sorted(Path(archive.root).glob("events/purchase/date=2026-11-02/*/*.parquet"))
    day = scanned(paths)
    assert (day.files, day.rows) == (5, 5)
    whole = sum(g.total_byte_size for p in paths for g in [pq.read_metadata(p).row_group(0)])
    assert day.uncompressed == whole
    some = scanned(paths, ["event_id", "price_usd"])
    assert 0 < some.uncompressed < day.uncompressed / 5 and some.rows == day.rows
    line, = [x for x in cost_of_a_day(archive.contract, archive.root, "2026-11-02", "csv").splitlines() if x.startswith("purchase")]
    assert line.split(",")[1:3] == ["4", "4"]  # not what a run that never finished left
    with pytest.raises(ValueError, match="nothing of 2020"):
        cost_of_a_day(archive.contract, archive.root, "2020-01-01")
