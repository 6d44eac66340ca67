"""Return on advertising: what the report says of a cost file and of generated players, against what the raw messages say."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from gamebeam.feeds.load import load
from gamebeam.loadgen.faults import DEFAULT_RATES
from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.feeds import feeds
from gamebeam.schemas.contract.questions import report_questions
from gamebeam.sql.engine import ask, open_archive

HEAD = "day,media_source,campaign,country,impressions,clicks,cost_usd\n"
START = date(2026, 11, 1)
CENTS = {"US": 12050, "DE": 3333, "JP": 1}  # a day's cost of adwords there


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """(connection, rows of roi, live messages): nothing lost or broken; two days of adwords paid, and one place without players."""
    out = tmp_path_factory.mktemp("roi")
    contract = load_contract("starter")
    generate(contract, str(out), players=150, days=9, faults=dict.fromkeys(DEFAULT_RATES, 0.0))
    run_batch(JobOptions(["--contract=starter", f"--source={out}/messages/*", f"--archive={out}/archive"]))
    rows = [f"{START + timedelta(days=d)},AdWords,launch_{c.lower()},{three},10,1,{CENTS[c] / 100}"
            for d in range(2) for c, three in (("US", "USA"), ("DE", "DEU"), ("JP", "JP"))]
    rows.append(f"{START},adwords,launch_nz,NZL,10,1,7.77")
    load(contract, f"{out}/archive", feeds(contract)["cost"], "cost.csv", (HEAD + "\n".join(rows) + "\n").encode())
    con = open_archive(contract, f"{out}/archive")
    found = ask(con, "SELECT * FROM roi")
    sent = [json.loads(line) for path in sorted((out / "messages").iterdir()) for line in path.read_text().splitlines()]
    return con, [dict(zip(found.columns, row, strict=True)) for row in found.rows], [e for e in sent if e["env"] == "live"]


def moment(event):
    return datetime.fromtimestamp(event["event_time"] / 1000, UTC)


@pytest.fixture(scope="module")
def first(asked):
    """Each live player's first register, from the raw messages."""
    found = {}
    for event in sorted((e for e in asked[2] if e["event_type"] == "register"), key=lambda e: e["event_time"]):
        found.setdefault(event["player_id"], event)
    return found


def key(row):
    return row["day"], row["media_source"], row["campaign"], row["country"]


def test_installs_are_those_of_the_raw_messages(asked, first):
    expected = defaultdict(int)
    for event in first.values():
        expected[moment(event).date(), event["media_source"], event.get("campaign"), event["country"]] += 1
    assert {key(r): r["installs"] for r in asked[1] if r["installs"]} == dict(expected)


def test_revenue_within_a_day_and_a_week_is_that_of_the_raw_messages(asked, first):
    within = {1: defaultdict(int), 7: defaultdict(int)}
    for event in asked[2]:
        sign = {"purchase": ("price_usd", 1), "refund": ("price_usd", -1), "ad_impression": ("revenue_usd", 1)}.get(event["event_type"])
        if sign and (install := first.get(event.get("player_id"))):
            for days in within:
                if event["event_time"] < install["event_time"] + days * 86_400_000:
                    cohort = moment(install).date(), install["media_source"], install.get("campaign"), install["country"]
                    within[days][cohort] += sign[1] * round(event[sign[0]] * 1_000_000)
    mature = [r for r in asked[1] if r["d7_micros"] is not None]
    assert mature and sum(within[7].values()) != 0
    assert {key(r): r["d7_micros"] for r in mature} == {key(r): within[7][key(r)] for r in mature}
    assert all(r["d1_micros"] == within[1][key(r)] for r in asked[1] if r["d1_micros"] is not None)


def test_days_whose_money_is_not_all_in_are_open(asked):
    last = ask(asked[0], "SELECT MAX(day) FROM data_status WHERE env = 'live' AND event_type IS NULL AND is_final").rows[0][0]
    for row in asked[1]:
        assert row["d30_micros"] is None
        assert (row["d7_micros"] is None) == (row["day"] + timedelta(days=7) > last)


def test_spend_is_matched_across_codes_and_the_sum_is_the_feeds_to_the_cent(asked, first):
    assert sum(r["cost_micros"] for r in asked[1]) == (2 * sum(CENTS.values()) + 777) * 10_000
    [nobody] = [r for r in asked[1] if r["country"] == "NZ"]
    assert (nobody["line"], nobody["installs"], nobody["cost_micros"]) == ("spend without installs", 0, 7_770_000)
    for row in asked[1]:
        paid = row["media_source"] == "adwords" and row["country"] in CENTS and row["day"] < START + timedelta(days=2)
        assert row["cost_micros"] == (CENTS[row["country"]] * 10_000 if paid else 7_770_000 if row is nobody else 0)
        unpaid = "installs without spend" if not row["cost_micros"] else "spend without installs"
        assert row["line"] == ("matched" if row["cost_micros"] and row["installs"] else unpaid)
    assert ask(asked[0], report_questions(load_contract("starter"))["roi_ties"].sql).rows == [(315.45, 315.45, 0.0)]
