"""generate --rate --for: a steady load, made while it is sent, and its answer sheet."""

import json
import time

import pytest
from confluent_kafka import Consumer

from gamebeam.loadgen.drop import drop_steadily
from gamebeam.loadgen.faults import NO_FAULTS
from gamebeam.loadgen.live import SendError
from gamebeam.loadgen.steady import SteadyLoad
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.check import compare_answers

LAUNCH = 1_793_491_200_000  # 2026-11-01
FAULTS = {"lost": 0.1, "duplicated": 0.1, "duplicated_later": 0.1, "delayed": 0.1, "truncated": 0.05, "not_utf8": 0.05,
          "unknown_type": 0.02, "wrong_type": 0.3, "missing_field": 0.05, "clock": 0.02, "oversized": 0.01}


def load(game: str = "starter", **more) -> SteadyLoad:
    return SteadyLoad(load_contract(game), **{"rate": 500, "seconds": 4, "launch": LAUNCH, **more})


def test_every_second_has_its_messages_each_stamped_when_it_is_due():
    messages = list(load())
    assert [m.due for m in messages] == [i / 500 for i in range(2_000)]
    assert [m.arrival for m in messages] == [LAUNCH + 2 * i for i in range(2_000)]


def test_simulated_time_runs_faster_and_ends_where_real_time_does():
    messages = list(load(speed=60.0))
    assert (messages[0].arrival, messages[-1].due) == (LAUNCH - 59 * 4_000, 1_999 / 500)
    assert messages[-1].arrival == LAUNCH + 4_000 - 120


def test_the_same_seed_and_launch_give_the_same_messages():
    assert list(load()) == list(load()) != list(load(seed=2))


def test_players_come_and_go_so_that_what_is_sent_is_a_whole_game():
    sent = [json.loads(m.payload) for m in load(faults=NO_FAULTS, seconds=10)]
    assert len({e["event_type"] for e in sent}) > 12 and len({e.get("player_id") for e in sent}) > 83  # more than play at once
    assert all(0 < LAUNCH + 2 * i - e["event_time"] < 10_000 for i, e in enumerate(sent))


@pytest.mark.parametrize("game", ["starter", "victory", "placebo", "gameco", "khan"])
def test_a_job_finds_what_the_answer_sheet_says(tmp_path, game):
    steady = load(game, rate=2_000, seconds=1, faults=FAULTS)
    assert drop_steadily(steady, steady.total, str(tmp_path / "inbox")) == 2_000
    steady.write_answers(tmp_path / "answers")
    options = JobOptions([f"--contract={game}", f"--source={tmp_path}/inbox/*", f"--archive={tmp_path}/archive"])
    outcome = run_batch(options)
    assert [str(d) for d in compare_answers(steady.world.contract, f"{tmp_path}/archive", f"{tmp_path}/answers").differences] == []
    counted = outcome.counts["late"], outcome.counts["duplicate"], outcome.run.rows["dead_letter"]
    assert all(counted) if game in ("starter", "victory", "placebo") else counted[-1]  # the others' messages have no id and no time


def test_a_load_that_is_stopped_answers_for_what_it_sent(tmp_path):
    stops: list[bool] = []
    steady = load(stop=lambda: bool(stops))
    for number, _ in enumerate(steady, 1):
        if number == 700:
            stops.append(True)
    steady.write_answers(tmp_path)
    totals = json.loads((tmp_path / "sheet.json").read_text())["totals"]
    assert totals["messages"] == totals["received"] == totals["landed"] + totals["duplicate"] + totals["dead_lettered"] == 700


def test_a_broker_that_does_not_take_it_all_leaves_no_answer_sheet_and_a_line_says_why(tmp_path, capsys, monkeypatch):
    def deliver(messages, *_):
        next(iter(messages))
        raise SendError("broker:9092: events: 1 of 1 messages were not acknowledged: away")

    monkeypatch.setattr("gamebeam.loadgen.live.deliver", deliver)
    assert main(["generate", "--rate=5", "--for=1s", "--to=kafka://broker:9092/events", f"--out={tmp_path}"]) == 1
    assert "not acknowledged: away; no answer sheet: it would count messages that were made, and not" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.engine
def test_a_broker_gets_so_many_messages_a_second_and_now(servers, tmp_path, capsys):
    began = time.time()
    assert main(["generate", "--rate=100", "--for=3s", f"--to=kafka://{servers}/steady", f"--out={tmp_path}"]) == 0
    took = time.time() - began
    assert f"300 messages taken by kafka://{servers}/steady" in capsys.readouterr().out
    times = create_times(servers, "steady", 300)
    assert took >= 2.99 and max(times) - min(times) == 2_990
    assert began * 1_000 - 1 <= min(times) and max(times) <= (began + took) * 1_000


@pytest.mark.engine
def test_with_speed_a_broker_gets_an_hour_in_two_seconds_which_ends_now(servers, tmp_path):
    began = time.time() * 1_000
    assert main(["generate", "--rate=60", "--for=2s", "--speed=1800", f"--to=kafka://{servers}/fast", f"--out={tmp_path}"]) == 0
    ended, times = time.time() * 1_000, create_times(servers, "fast", 120)
    assert max(times) - min(times) == 119 * 30_000
    assert began - 30_000 <= max(times) <= ended


def create_times(servers, topic, count):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    times: list[int] = []
    until = time.monotonic() + 60
    while len(times) < count and time.monotonic() < until:
        times += [m.timestamp()[1] for m in consumer.consume(count, 1.0) if not m.error()]
    consumer.close()
    assert len(times) == count
    return times


@pytest.mark.parametrize(("flags", "says"), [
    (["--rate=5"], "go together"), (["--for=5s", "--to=inbox"], "go together"), (["--rate=5", "--to=http://127.0.0.1:1"], "go together"),
    (["--rate=-1", "--to=inbox"], "more than 0"), (["--rate=5", "--for=soon", "--to=inbox"], "expected a time such as 3s"),
    (["--rate=5", "--to=kafka://b"], "expected kafka://broker:9092"), (["--rate=5", "--to=a/*"], "or a folder")])
def test_a_load_that_makes_no_sense_is_refused(tmp_path, capsys, flags, says):
    assert main(["generate", f"--out={tmp_path}", *flags]) == 1
    assert says in capsys.readouterr().err and not list(tmp_path.iterdir())
