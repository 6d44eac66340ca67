"""Notifications: the contract says what a player is told of; each player is told once by each rule, whatever is done again."""

import json
import threading

import pyarrow as pa
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.schemas.contract.contract import ContractError, load_contract, parse_contract
from gamebeam.transforms.columns import serialize
from gamebeam.transforms.sinks.player_store.store import PlayerStore
from gamebeam.transforms.sinks.player_store.transform import UpdatePlayers

STARTER = load_contract("starter")
RULES = """
first_big: {events: [purchase], where: {currency: EUR}, text: Thanks!}
level_3: {events: [level_up], field: player_level, at_least: 3}
away: {absent: 7d, text: Come back}
full: {field: guild_name, members: 2}
"""
CONTRACT = parse_contract(STARTER.text | {"notifications.yaml": RULES})
DAY = 86_400_000
KINDS = {"event_time": pa.timestamp("ms", tz="UTC"), "seq": pa.int64(), "player_level": pa.int64()}


def record_batch(event_type, field, events):
    """events: (player, time, value of the field)."""
    names = ["event_type", "env", "player_id", "event_time", "seq", "event_id", "session_id", field]
    rows = [(event_type, "live", player, at, None, f"{event_type}{i}", None, value) for i, (player, at, value) in enumerate(events)]
    return pa.record_batch([pa.array(c, KINDS.get(n, pa.string())) for n, c in zip(names, zip(*rows, strict=True), strict=True)], names)


def told(url):
    """(rule, player, value) of everything noted so far, in order of text."""
    entries = redis.Redis.from_url(url).xrange(PlayerStore(url, "starter").stream)
    messages = [json.loads(fields[b"action"]) for _, fields in entries]
    assert all(m["notification_id"] == f"{m['rule']}/live/{m['player_id']}" for m in messages)
    return sorted((m["rule"], m["player_id"], m.get("value")) for m in messages)


class Updating(UpdatePlayers):
    """The step in a worker of its own; each record batch comes as a bundle."""

    def __init__(self, url):
        super().__init__(CONTRACT, url)
        self.setup()

    def bundle(self, *columns):
        self.start_bundle()
        self.process(serialize(record_batch(*columns)))
        self.finish_bundle()


PLAYERS = st.sampled_from("abcde")
TIMES = st.integers(0, 1000)
EVENTS = st.one_of(
    st.tuples(st.just(("purchase", "currency")), PLAYERS, TIMES, st.sampled_from(["EUR", "USD", None])),
    st.tuples(st.just(("level_up", "player_level")), PLAYERS, TIMES, st.one_of(st.none(), st.integers(1, 5))))


@pytest.mark.engine
@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_each_player_is_told_once_by_each_rule_in_any_order_and_any_number_of_times(redis_url, events, random):
    redis.Redis.from_url(redis_url).flushall()
    arrivals = events + random.sample(events, len(events) // 2)
    random.shuffle(arrivals)
    workers = [Updating(redis_url), Updating(redis_url)]
    for kind, *event in arrivals:
        random.choice(workers).bundle(*kind, [event])
    expected = {("first_big", player) for _, player, _, value in events if value == "EUR"}
    expected |= {("level_3", player) for _, player, _, value in events if isinstance(value, int) and value >= 3}
    assert [(rule, player) for rule, player, _ in told(redis_url)] == sorted(expected)


@pytest.mark.engine
def test_workers_at_the_same_time_tell_once(redis_url):
    redis.Redis.from_url(redis_url).flushall()
    bought = [(f"p{n}", 1, "EUR") for n in range(50)]
    threads = [threading.Thread(target=lambda: Updating(redis_url).bundle("purchase", "currency", bought)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert told(redis_url) == sorted(("first_big", f"p{n}", None) for n in range(50))


@pytest.mark.engine
def test_a_full_group_is_told_to_its_members_and_who_left_is_no_member(redis_url):
    redis.Redis.from_url(redis_url).flushall()
    do = Updating(redis_url)
    do.bundle("guild_join", "guild_name", [("a", 5, "Knights"), ("b", 1, "Elves")])
    do.bundle("guild_join", "guild_name", [("a", 1, "Elves")])  # it was before: a is a Knight
    do.bundle("guild_join", "guild_name", [("b", 9, "Orcs"), ("c", 9, "Elves")])
    assert told(redis_url) == []
    for _ in range(2):
        do.bundle("guild_join", "guild_name", [("d", 3, "Knights")])
    assert told(redis_url) == [("full", "a", "Knights"), ("full", "d", "Knights")]


@pytest.mark.engine
def test_who_left_a_group_and_joined_no_other_is_no_member_in_any_order_of_arrival(redis_url):
    redis.Redis.from_url(redis_url).flushall()
    do = Updating(redis_url)
    do.bundle("guild_leave", "guild_name", [("a", 5, "Knights"), ("b", 1, "Knights")])
    do.bundle("guild_join", "guild_name", [("a", 1, "Knights"), ("b", 2, "Knights")])
    assert told(redis_url) == [] and do.store.read("live", "a")["guild_name"]["value"] is None
    do.bundle("guild_join", "guild_name", [("c", 9, "Knights")])
    assert told(redis_url) == [("full", "b", "Knights"), ("full", "c", "Knights")]


@pytest.mark.engine
def test_a_full_groups_members_are_gone_through_once_however_many_join_later(redis_url):
    server = redis.Redis.from_url(redis_url)
    server.flushall()
    server.config_resetstat()
    do = Updating(redis_url)
    for n in range(20):
        do.bundle("guild_join", "guild_name", [(f"p{n}", n, "Knights")])
    assert told(redis_url) == sorted(("full", f"p{n}", "Knights") for n in range(20))
    assert server.info("commandstats")["cmdstat_smembers"]["calls"] == 1


@pytest.mark.engine
def test_who_is_away_for_so_long_is_told_once(redis_url):
    redis.Redis.from_url(redis_url).flushall()
    do = Updating(redis_url)
    do.bundle("purchase", "currency", [("long", DAY, "USD"), ("back", DAY, "USD"), ("new", 9 * DAY, "USD")])
    do.bundle("purchase", "currency", [("back", 8 * DAY, "USD")])
    do.bundle("purchase", "currency", [("back", 2 * DAY, "USD")])  # late, and changes nothing
    for now in (8 * DAY - 1, 8 * DAY, 9 * DAY):
        do.store.tell_absent(now)
        assert told(redis_url) == ([("away", "long", None)] if now >= 8 * DAY else [])


@pytest.mark.parametrize(("rules", "says"), [
    ("x: {events: [nosuch]}", "x.events: no event type 'nosuch'"),
    ("x: {events: [purchase], where: {colour: red}}", "x.colour: is no field of purchase"),
    ("x: {events: [purchase], where: {currency: 5}}", "x.where.currency: 5 is no string that purchase could hold"),
    ("x: {events: [level_up], where: {player_level: true}}", "x.where.player_level: True is no long"),
    ("x: {events: [purchase], field: product, at_least: 2}", "x.product: is no number"),
    ("x: {events: [purchase], at_least: 2}", "expected text, and events"),
    ("x: {field: product, members: 2}", "x.product: is no state of a player"),
    ("x: {field: guild_name, members: few}", "x.members: expected a whole number"),
    ("x: {absent: soon}", "x.absent: expected a duration"),
    ("X: {absent: 1d}", "snake_case"),
    ("x: [absent", "not YAML at line 1"),
])
def test_rules_that_cannot_hold_are_refused_with_their_place(rules, says):
    with pytest.raises(ContractError, match=r"notifications\.yaml") as error:
        parse_contract(STARTER.text | {"notifications.yaml": rules})
    assert says in str(error.value)


def test_the_packaged_games_rules_are_read():
    rules = {game: [r.name for r in load_contract(game).notifications] for game in ("starter", "placebo", "victory")}
    assert rules == {"starter": ["first_purchase", "level_10", "come_back", "guild_full"],
                     "placebo": ["first_purchase", "rich", "come_back"], "victory": []}
