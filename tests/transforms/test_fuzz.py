"""A million odd messages raise nothing: each is one event or one dead letter, and every run's equation holds."""

import json
import math
import os
from datetime import UTC, datetime, timedelta
from itertools import islice

import fastavro
import pytest

from gamebeam.loadgen.write import PUBSUB_MESSAGE
from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.events import DEAD_LETTER, Packer, pack
from gamebeam.schemas.tables import tables
from gamebeam.transforms.columns import to_columns
from gamebeam.transforms.decode.decoder import REASONS, Decoder
from tests.support.fuzzing import Fuzzer

GAMES = ("starter", "victory", "placebo", "khan", "gameco")
MESSAGES = int(os.environ.get("FUZZ_MESSAGES", 20_000))
SEED = int(os.environ.get("FUZZ_SEED", 1))
AT_ONCE = 1_000
ARRIVAL = 1_790_000_000_000
KEY = b"key"


@pytest.mark.parametrize("game", GAMES)
def test_every_fuzzed_message_is_one_event_or_one_dead_letter_and_nothing_is_raised(game):
    contract = load_contract(game)
    decoder, packer, columns = Decoder(contract, KEY, started=ARRIVAL), Packer(contract), tables(contract)
    messages = Fuzzer(contract, SEED).messages(MESSAGES)
    seen = {"event": 0, DEAD_LETTER: 0}
    for n in range(0, MESSAGES, AT_ONCE):
        some = list(islice(messages, AT_ONCE))
        arrivals = [ARRIVAL + i for i in range(len(some))] if n // AT_ONCE % 2 else None
        items = decoder.decode_all(some, arrivals, None, "fuzzed", None)
        assert len(items) == len(some)
        dead = [item for item in items if item.TYPE == DEAD_LETTER]
        events = [item for item in items if item.TYPE in contract.events]
        assert len(dead) + len(events) == len(items)
        assert {item.reason for item in dead} <= set(REASONS) and all(item.env for item in items)
        assert all(json.loads(e.additional_properties, parse_constant=_fail) for e in events if e.additional_properties)
        assert all(0 < item.arrival_time <= decoder.started + 86_400_000 for item in items)
        assert packer.unpack(pack(events, dead))[:2] == (events, dead)
        for name in {item.TYPE for item in items}:
            batch = to_columns(columns[name], [item for item in items if name == item.TYPE], "run")
            assert not any(isinstance(v, float) and not math.isfinite(v) for column in batch.to_pydict().values() for v in column)
        seen["event"] += len(events)
        seen[DEAD_LETTER] += len(dead)
    assert decoder.faults.take() == {}, "the guard is a net: what is known to fail has a reason of its own"
    assert min(seen.values()) > MESSAGES / 20, seen  # the fuzzer reaches both sides


def _fail(constant):
    raise AssertionError(f"{constant} in JSON")


@pytest.mark.parametrize("game", GAMES)
def test_a_run_over_a_fuzzed_file_accounts_for_every_message(game, tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(KEY)
    monkeypatch.setenv("GAMEBEAM_PII_KEY_FILE", str(tmp_path / "key"))
    contract = load_contract(game)
    fuzzer, began = Fuzzer(contract, SEED + 1), datetime.now(UTC) - timedelta(hours=2)
    count = max(1_000, MESSAGES // 20)
    records = [{"subscription_name": "s", "message_id": str(i), "publish_time": began + timedelta(milliseconds=i), "attributes": {},
                "data": payload} for i, payload in enumerate(fuzzer.messages(count))]
    with (tmp_path / "fuzzed.avro").open("wb") as out:
        fastavro.writer(out, PUBSUB_MESSAGE, records)
    outcome = run_batch(JobOptions([f"--contract={game}", f"--source={tmp_path}/*.avro", f"--archive={tmp_path}/archive"]))
    rows = outcome.run.rows
    landed = sum(rows.get(name, 0) for name in contract.events)
    assert outcome.counts["received"] == count == landed + outcome.counts["duplicate"] + rows[DEAD_LETTER]


def test_a_run_over_fuzzed_lines_accounts_for_every_line(tmp_path):
    """Plain files, in which no broker dates a message."""
    contract = load_contract("starter")
    payloads = [p.replace(b"\n", b" ") for p in Fuzzer(contract, SEED + 2).messages(3_000)]
    lines = [p for p in payloads if p.strip()]
    (tmp_path / "fuzzed.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    outcome = run_batch(JobOptions(["--contract=starter", f"--source={tmp_path}/*.jsonl", f"--archive={tmp_path}/archive"]))
    rows = outcome.run.rows
    landed = sum(rows.get(name, 0) for name in contract.events)
    assert outcome.counts["received"] == len(lines) == landed + outcome.counts["duplicate"] + rows[DEAD_LETTER]
