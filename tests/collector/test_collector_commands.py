"""gamebeam collect and generate --to=http://…, as a person calls them."""

import re

import pytest

from gamebeam.collector.keys import read_keys
from gamebeam.pipeline.cli.__main__ import main
from tests.support.collector_server import collector


def test_keys_are_made_listed_and_removed(tmp_path, capsys):
    keys = f"--keys={tmp_path / 'keys.json'}"
    assert main(["collect", "key", "add", "--game=starter", "--env=live", keys]) == 0
    secret = capsys.readouterr().out.strip()
    assert len(secret) > 40 and secret not in (tmp_path / "keys.json").read_text()
    assert main(["collect", "key", "list", keys]) == 0
    name = capsys.readouterr().out.split("\t")[0]
    assert main(["collect", "key", "remove", "nosuch", keys]) == 1
    assert f"no key nosuch; there are {name}" in capsys.readouterr().err
    assert main(["collect", "key", "remove", name, keys]) == 0
    assert read_keys(tmp_path / "keys.json") == []


def test_a_key_has_the_rate_that_it_was_made_with_and_none_that_lets_nothing_through(tmp_path, capsys):
    add = ["collect", "key", "add", "--game=starter", "--env=live", f"--keys={tmp_path / 'keys.json'}"]
    for wrong in ("0", "-5", "nan", "inf"):
        assert main([*add, f"--rate={wrong}"]) == 1
        assert f"--rate={wrong}: events a second, above 0" in capsys.readouterr().err
    assert main([*add, "--rate=250"]) == 0 and [key.rate for key in read_keys(tmp_path / "keys.json")] == [250.0]
    capsys.readouterr()
    assert main(["collect", "key", "list", f"--keys={tmp_path / 'keys.json'}"]) == 0
    assert capsys.readouterr().out.split("\t")[3] == "250 events/s\n"


@pytest.mark.parametrize(("flags", "says"), [([], "--keys: live=KEY"), (["--keys=live"], "--keys: live=KEY"), (["--keys=live=x"], "401")])
def test_generate_says_what_keys_it_wants(tmp_path, capsys, flags, says):
    with collector(tmp_path / "door", str(tmp_path / "messages")) as server:
        assert main(["generate", f"--to={server.url}", f"--out={tmp_path / 'out'}", "--players=2", "--days=1", *flags]) == 1
    assert says in capsys.readouterr().err


def test_generate_plays_through_the_door(tmp_path, capsys):
    with collector(tmp_path / "door", str(tmp_path / "messages"), backfill=True) as server:
        keys = ",".join(f"{env}={key}" for env, key in server.keys.items())
        assert main(["generate", f"--to={server.url}", f"--keys={keys}", f"--out={tmp_path / 'out'}", "--players=10", "--days=1",
                     "--faults=truncated=0,not_utf8=0"]) == 0
    taken = int(re.search(r"([\d,]+) messages taken by", capsys.readouterr().out)[1].replace(",", ""))
    sent = sorted(line for f in (tmp_path / "out" / "messages").glob("*.jsonl") for line in f.open())
    landed = sorted(line for f in (tmp_path / "messages").glob("*.jsonl") for line in f.open())
    assert taken == len(sent) > 50 and landed == sent
