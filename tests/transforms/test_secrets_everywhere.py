"""A random secret, under any name, in any place, is in no byte that the job, the front door, infer or feeds write."""

import json
import logging
import os
import random

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gamebeam.collector.app import app
from gamebeam.collector.keys import add_key
from gamebeam.collector.settings import Game, Settings
from gamebeam.feeds.load import load
from gamebeam.feeds.read import Unreadable
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.contract.feeds import feeds
from gamebeam.schemas.events import DEAD_LETTER, pack
from gamebeam.schemas.inference.infer import infer
from gamebeam.schemas.inference.secrets import is_secret
from gamebeam.schemas.secret_names import secret_names
from gamebeam.transforms.decode.decoder import Decoder
from tests.support.secret_messages import NESTED, NESTED_EVENT, PERSONAL, Attempts, leaks, nested_contract

ATTEMPTS = int(os.environ.get("SECRET_ATTEMPTS", "2000"))
SEED = int(os.environ.get("SECRET_SEED", "1"))
GAMES = ("starter", "victory", "placebo", "gameco", "khan")
ARRIVAL = 1_790_000_001_000
KEY = b"a key for the test"
NESTED_RAW = Decoder(nested_contract(keep_raw=True), KEY)


def bases(game):
    return [json.loads(line)["data"] for line in load_contract(game).text["examples/pass.jsonl"].splitlines()]


def contracts():
    yield from ((game, load_contract(game), bases(game), ()) for game in GAMES)
    yield "nested", nested_contract(), [json.dumps(NESTED_EVENT)], PERSONAL
    yield "nested raw", nested_contract(keep_raw=True), [json.dumps(NESTED_EVENT)], PERSONAL


def output(items):
    fields = [{name: getattr(item, name) for name in item.__struct_fields__} for item in items]
    texts = [v for values in fields for v in values.values() if isinstance(v, bytes)]
    packed = pack([i for i in items if i.TYPE != DEAD_LETTER], [i for i in items if i.TYPE == DEAD_LETTER])
    return b"\0".join([repr(fields).encode(), *texts, packed])


@pytest.mark.parametrize("game, contract, base, personal", list(contracts()), ids=[name for name, *_ in contracts()])
def test_no_secret_leaves_decode(game, contract, base, personal):
    attempts, decoder, found = Attempts(base, random.Random(f"{SEED} {game}"), personal), Decoder(contract, KEY), []
    for _ in range(ATTEMPTS // 7):
        attempt = attempts.make()
        items = decoder.decode_all(attempt.payloads, [ARRIVAL] * len(attempt.payloads), None, "s", None)
        assert len(items) == len(attempt.payloads)
        if leaks(attempt.secret, output(items)):
            found.append((attempt.how, attempt.payloads))
        decoder.dead_letters.lines.end()  # the next attempt is another client's
    assert found == []
    assert decoder.scrub.counts and sum(decoder.faults.counts.values()) == 0
    assert not set(decoder.scrub.counts) - {*entries(), *map(plain, PERSONAL), *personal_of(contract)}


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_secret_leaves_decode_whatever_is_chosen(rng):
    attempt = Attempts([json.dumps(NESTED_EVENT)], rng, PERSONAL).make()
    items = NESTED_RAW.decode_all(attempt.payloads, [ARRIVAL] * len(attempt.payloads), None, "s", None)
    NESTED_RAW.dead_letters.lines.end()
    assert not leaks(attempt.secret, output(items))


def entries():
    names = secret_names()
    return {*names.anywhere, *names.words, *names.whole, "url", "unsearched"}


def plain(name):
    return name.replace("_", "")


def personal_of(contract):
    return {n for f in (f for e in contract.events.values() for f in e.fields if f.pii)
            for n in (f.name, plain(f.name), *(plain(p.rsplit(".", 1)[-1]) for p in contract.wire.paths.values()),
                      *(p.rsplit(".", 1)[-1] for p in contract.wire.paths.values()), contract.wire.name_on_wire(f.name).lower(),
                      contract.wire.name_on_wire(f.name))}


@pytest.fixture(params=["starter", "placebo", "nested"])
def door(request, tmp_path):
    """(client, headers, folder, attempts)"""
    game = where = request.param
    if game == "nested":
        for name, text in NESTED.items():
            (tmp_path / "contract" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "contract" / name).write_text(text)
        where = str(tmp_path / "contract")
    out = tmp_path / "out"
    out.mkdir()
    key = add_key(tmp_path / "keys.json", game, "live")
    (tmp_path / "hash.key").write_bytes(KEY)
    served = Settings({game: Game(where, str(out / "messages"))}, str(tmp_path / "keys.json"), str(out / "q"),
                        pii_key_file=str(tmp_path / "hash.key"))
    base = [json.dumps(NESTED_EVENT)] if game == "nested" else bases(game)
    attempts = Attempts(base, random.Random(f"{SEED} door {game}"), PERSONAL if game == "nested" else ())
    with TestClient(app(served)) as client:
        yield client, {"Authorization": f"Bearer {key}"}, out, attempts


def test_no_secret_leaves_the_front_door(door, caplog):
    caplog.set_level(logging.DEBUG)
    client, headers, out, attempts = door
    made, answers = [], b""
    for _ in range(max(ATTEMPTS // 60, 20)):
        some = [attempts.make() for _ in range(random.Random(SEED).choice((1, 1, 4)))]
        made += some
        body = b"\n".join(p for a in some for p in a.payloads)
        answer = client.post(f"/v1/events?token={some[0].secret}", content=body, headers=headers | {"X-Token": some[0].secret})
        answers += answer.content
        assert answer.status_code in (202, 400, 413)
    answers += client.get("/metrics").content
    written = b"".join(f.read_bytes() for f in out.rglob("*") if f.is_file())
    logged = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("httpx")).encode()
    assert b"received_time" in written or b"event_type" in written
    assert [a.how for a in made if leaks(a.secret, answers + written + logged)] == []


def test_no_secret_is_in_a_contract_that_infer_writes(tmp_path):
    rng, found, written = random.Random(SEED), [], 0
    for number in range(max(ATTEMPTS // 400, 5)):
        attempts = Attempts([json.dumps({**json.loads(b), "event_id": f"e-{i}"}) for i, b in enumerate(bases("starter") * 2)], rng)
        made = [attempts.make() for _ in range(20)]
        sample, out = tmp_path / f"{number}.jsonl", tmp_path / f"{number}"
        sample.write_bytes(b"\n".join([*(b.encode() for b in attempts.bases), *(p for a in made for p in a.payloads)]))
        try:
            said = infer(sample, out)
        except ValueError as e:
            said = str(e)
        text = said.encode() + b"".join(f.read_bytes() for f in out.rglob("*") if f.is_file())
        written += out.exists()
        found += [a.how for a in made if leaks(a.secret, text)]
    assert found == [] and written


def test_no_secret_is_in_a_refused_or_landed_row_of_a_feed(tmp_path):
    contract, rng, found = load_contract("starter"), random.Random(SEED), []
    feed = feeds(contract)["cost"]
    attempts = Attempts(bases("starter"), rng)
    for number in range(max(ATTEMPTS // 50, 10)):
        name, secret = attempts.name(), f"Q7{number}ZXCVBNM"
        text = attempts.text(rng.choice(("url", "user_info", "form", "header", "json_string")), name, secret, f'"{name}": "{secret}"')
        cell = '"' + text.replace('"', '""') + '"'
        rows = [f"2026-11-01,adwords,{cell},USA,1000,100,120.50", f"2026-11-01,adwords,{cell},USA,no,100,120.50",
                f"2026-11-01,{cell},USA", f"2026-11-01,adwords,\"{name}\",{secret},1,2,3"]
        rng.shuffle(rows)
        content = "\n".join(["day,media_source,campaign,country,impressions,clicks,cost_usd", "2026-11-02,a,b,DE,1,1,1.0", *rows])
        archive = tmp_path / str(number)
        try:
            said = repr(load(contract, str(archive), feed, "cost.csv", content.encode()))
        except Unreadable as e:
            said = str(e)
        text = said + "".join(repr(pq.read_table(p).to_pylist()) for p in archive.rglob("*.parquet"))
        text += "".join(p.read_text() for p in archive.rglob("*.json"))
        found += [(name, rows)] if secret in text else []
    assert found == []


def test_no_secret_is_in_an_archive_a_report_or_what_the_commands_say(tmp_path, capfd):
    attempts, made = Attempts(bases("placebo"), random.Random(SEED)), []
    with (tmp_path / "1.jsonl").open("wb") as f:
        for _ in range(max(ATTEMPTS // 10, 100)):
            attempt = attempts.make()
            made.append(attempt)
            f.writelines(p.replace(b"\n", b" ") + b"\n" for p in attempt.payloads)
    archive = tmp_path / "archive"
    assert main(["run", "--contract=placebo", f"--source={tmp_path}/1.jsonl", f"--archive={archive}"]) == 0
    assert main(["report", "--contract=placebo", f"--archive={archive}", f"--out={tmp_path}/out/page.html", "--also=csv"]) == 0
    main(["status", f"--archive={archive}"])
    said = capfd.readouterr()
    text = (said.out + said.err).encode()
    for path in [*archive.rglob("*"), *(tmp_path / "out").rglob("*")]:
        if path.is_file():
            text += path.read_bytes() + (repr(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else b"")
    assert [a.how for a in made if leaks(a.secret, text)] == []


@pytest.mark.parametrize("name", ["battle_pass_tier", "tokens_spent", "compass_used", "battlePassTier", "season_pass_xp", "bypass_count",
                                  "passenger", "tokenised", "cookies_eaten", "author", "secretary"])
def test_d10_a_name_that_only_contains_the_letters_of_a_secrets_is_kept(name):
    message = json.loads(bases("starter")[0]) | {name: 7, "meta": {name: "x"}}
    event = Decoder(load_contract("starter")).decode(json.dumps(message).encode(), ARRIVAL)
    assert json.loads(event.additional_properties) == {name: 7, "meta": {name: "x"}}
    assert not is_secret(name)
