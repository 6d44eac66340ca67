"""Player state in real time: in Redis lies each player's last known value, whatever order events came in."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.transforms.columns import serialize
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.sinks.player_store.store import PlayersError, PlayerStore, order
from gamebeam.transforms.sinks.player_store.transform import UpdatePlayers
from services import free_port

pytestmark = pytest.mark.engine
STARTER = load_contract("starter")
STATES = {"guild_join": "guild_name", "team_join": "team_name", "level_up": "player_level", "currency_change": "balance"}


@pytest.fixture
def store(redis_url):
    redis.Redis.from_url(redis_url).flushall()
    return PlayerStore(redis_url, "starter")


MOMENTS = st.one_of(st.integers(0, 3), st.integers(-62_135_596_800_000, 253_402_300_799_999))
EVENTS = st.lists(st.fixed_dictionaries({
    "env": st.sampled_from(["live", "test"]), "player_id": st.sampled_from(["p", "'q'", "ü 1", None]), "event_time": MOMENTS,
    "seq": st.one_of(st.none(), st.integers(1, 2**53)), "event_id": st.text(min_size=1, max_size=3),
    "session_id": st.one_of(st.none(), st.sampled_from("ab")), "guild_name": st.one_of(st.none(), st.text(max_size=2))}),
    max_size=12, unique_by=lambda e: e["event_id"])


def record_batch(events):
    kinds = {"event_time": pa.timestamp("ms", tz="UTC"), "seq": pa.int64()}
    names = ["env", "player_id", "event_time", "seq", "event_id", "session_id", "guild_name"]
    columns = [pa.array([e[n] for e in events], kinds.get(n, pa.string())) for n in names]
    return pa.record_batch([pa.array(["guild_join"] * len(events)), *columns], ["event_type", *names])


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_last_event_time_wins_in_any_order_in_any_batches_and_any_number_of_times(redis_url, events, random):
    redis.Redis.from_url(redis_url).flushall()
    arrivals = events + random.sample(events, len(events) // 2)
    random.shuffle(arrivals)
    do = UpdatePlayers(STARTER, redis_url)
    do.setup()
    do.start_bundle()
    while arrivals:
        size = random.randint(1, len(arrivals))
        do.process(serialize(record_batch(arrivals[:size])))
        arrivals = arrivals[size:]
        if not arrivals or random.random() < 0.5:
            do.finish_bundle()
    for env, player in {(e["env"], e["player_id"]) for e in events if e["player_id"]}:
        own = sorted((e for e in events if (e["env"], e["player_id"]) == (env, player)),
                     key=lambda e: (e["event_time"], e["seq"] or 0, e["event_id"]))
        expected = {name: [e[name] for e in own if e[name] is not None][-1:] for name in ("session_id", "guild_name")}
        known = do.store.read(env, player)
        assert "last_seen" in known
        assert {name: [known[name]["value"]] if name in known else [] for name in expected} == expected
    do.teardown()


@given(*[st.tuples(MOMENTS, st.integers(1, 2**53), st.text(min_size=1))] * 2)
def test_the_order_of_events_is_the_order_of_its_text(a, b):
    assert (a < b) == (order(*a) < order(*b))


def last_values_of_files(folder: Path):
    """The answer from the messages themselves, but for dead ones: (env, player) -> field -> value of the last event that has it."""
    decode = Decoder(STARTER).decode
    files = folder.iterdir()
    messages = [json.loads(line) for path in files for line in path.read_bytes().splitlines() if decode(line).TYPE != DEAD_LETTER]
    known = {}
    for m in sorted(messages, key=lambda m: (m["event_time"], m.get("seq") or 0, m["event_id"])):
        if m.get("player_id") is None:
            continue
        own = known.setdefault((m.get("env") or "live", m["player_id"]), {})
        names = ["session_id", "platform", "app_version", "country"]
        names += [f.name for f in STARTER.events[m["event_type"]].fields if f.is_state]
        own.update({name: m[name] for name in names if m.get(name) is not None})
        if m["event_type"] == "guild_leave":
            own["guild_name"] = None
    return known


def test_after_a_run_redis_holds_what_the_messages_say_of_every_player_and_a_second_run_changes_nothing(redis_url, store, tmp_path):
    faults = {"duplicated": 0.05, "duplicated_later": 0.05, "delayed": 0.1, "reordered": 0.2} | dict.fromkeys(
        ("truncated", "not_utf8", "unknown_type", "wrong_type", "missing_field", "extra_field", "clock", "oversized"), 0.0)
    generate(STARTER, str(tmp_path / "played"), players=30, days=2, seed=3, files=3, faults=faults, format="jsonl")
    truth = last_values_of_files(tmp_path / "played" / "messages")

    def read():
        return {key: {name: v["value"] for name, v in store.read(*key).items() if name != "last_seen"} for key in truth}

    for _ in range(2):
        options = JobOptions(["--contract=starter", f"--source={tmp_path}/played/messages/*",
                              f"--archive={tmp_path}/archive", f"--players={redis_url}",
                              "--again"])
        run_batch(options)
        assert read() == truth
    assert len(truth) > 20 and len(list(redis.Redis.from_url(redis_url).scan_iter("*:player:*"))) == len(truth)


def test_a_store_that_is_away_stops_the_job_before_it_starts_and_no_password_is_shown(tmp_path):
    (tmp_path / "m.jsonl").write_text("{}\n")
    for url, says in ((f"redis://:secret@127.0.0.1:{free_port()}/0", "Redis does not answer"), ("http://:secret@h", "expected redis://")):
        options = JobOptions(["--contract=starter", f"--source={tmp_path}/m.jsonl", f"--archive={tmp_path}/archive", f"--players={url}"])
        with pytest.raises(PlayersError, match=says) as error:
            run_batch(options)
        assert "secret" not in str(error.value) and not (tmp_path / "archive").exists()
