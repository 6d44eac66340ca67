"""An archive knows its contract: commands read under it, runs may only add to it, and --contract never changes a figure in silence."""

import json
import shutil

import pytest

from gamebeam.archive.contract_file import archive_contract
from gamebeam.archive.layout import CONTRACT_FILE
from gamebeam.archive.stored_contract import ContractRefused, for_reading, for_writing, parse_stored, stored_json
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.repair import hour
from gamebeam.schemas.contract.contract import load_contract, parse_contract
from tests.support.small_contract import FIELDS, small_contract
from tests.support.stderr import error_line
from tests.support.streams import Sent, run_files

T = hour("2026-11-01T00")
MINUTE = 60_000


def message(event_id, at, **fields):
    return json.dumps({"event_id": event_id, "event_type": "match_end", "event_time": at, "player_id": "p1", "install_id": "i1",
                       "env": "live", "score": 1} | fields)


def folder(path, contract, **changed):
    """The contract's files, some of them changed, as a studio's folder."""
    for name, body in (contract.text | changed).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(body)
    return str(path)


def with_gap(gap):
    return small_contract(session_gap=gap, counter=None)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """One player's two events, 20 minutes apart, under a session gap of 30 minutes, and an own question."""
    contract, tmp_path = with_gap("30m"), tmp_path_factory.mktemp("written")
    text = contract.text | {"questions/wins.sql": "-- title: Wins\nSELECT COUNT(*) AS n FROM match_end"}
    given = folder(tmp_path / "game", parse_contract(text))
    (tmp_path / "1.jsonl").write_text("\n".join([message("a", T), message("b", T + 20 * MINUTE)]))
    assert main(["run", f"--contract={given}", f"--source={tmp_path}/1.jsonl", f"--archive={tmp_path}/a"]) == 0
    return f"{tmp_path}/a"


@pytest.fixture
def archive(written, tmp_path):
    """A copy, which a test may change."""
    return shutil.copytree(written, f"{tmp_path}/a")


def queried(archive, sql, capsys, *flags):
    capsys.readouterr()
    assert main(["query", f"--archive={archive}", "--format=csv", *flags, sql]) == 0
    return capsys.readouterr().out.rstrip().splitlines()[1:]


def test_c1_a_query_without_contract_reads_under_the_archives_own(archive, capsys):
    assert queried(archive, "SELECT COUNT(*) FROM match_end", capsys) == ["2"]
    assert queried(archive, "wins", capsys) == ["2"]


@pytest.mark.parametrize("command", [
    ["query", "SELECT 1"], ["status"], ["report", "--out=OUT"], ["check", "--answers=nowhere"], ["cost", "--date=2026-11-01"],
    ["repair", "--from=2026-11-01T00", "--to=2026-11-02T00"], ["replay", "--fingerprint=x"], ["serve", "--port=1"],
    ["views", "--dataset=p.d"], ["tables", "load", "--tables=bq://p.d"]])
def test_c1_a_contract_of_another_game_is_refused_by_every_command_that_reads(archive, command, capfd):
    assert main([*command, f"--archive={archive}", "--contract=khan"]) == 1
    assert "the game was small, and is khan" in capfd.readouterr().err


@pytest.mark.parametrize("command", [["query", "SELECT COUNT(*) FROM match_end"], ["status"], ["cost", "--date=2026-11-01"],
                                     ["repair", "--from=2026-11-01T00", "--to=2026-11-02T00"]])
def test_c1_no_command_needs_a_contract(archive, command):
    assert main([*command, f"--archive={archive}"]) == 0


def test_a_given_contract_may_change_questions_alone(archive, tmp_path, capsys):
    stored = archive_contract(archive)
    other = folder(tmp_path / "other", stored, **{"questions/wins.sql": "-- title: Wins\nSELECT COUNT(*) + 1 AS n FROM match_end"})
    assert queried(archive, "wins", capsys, f"--contract={other}") == ["3"]
    assert queried(archive, "wins", capsys) == ["2"]
    wired = folder(tmp_path / "wired", stored, **{"wire.yaml": "event_id: id\nevent_type: event_type\nevent_time: event_time\n"})
    assert main(["query", f"--archive={archive}", f"--contract={wired}", "wins"]) == 1
    err = capsys.readouterr().err
    assert "wire.yaml changed" in err and len(err.strip().splitlines()) == 1


def test_a_run_accepts_what_only_adds_and_the_archive_then_knows_it(archive, tmp_path, capsys):
    fields = [*FIELDS["match_end"], {"name": "mode", "type": ["null", "string"]}]
    changed = json.dumps({"type": "record", "name": "match_end", "fields": fields})
    newer = folder(tmp_path / "newer", archive_contract(archive), **{"events/match_end.avsc": changed})
    older = folder(tmp_path / "older", archive_contract(archive))
    (tmp_path / "2.jsonl").write_text(message("c", T, mode="ranked"))
    run = ["run", f"--source={tmp_path}/2.jsonl", f"--archive={archive}"]
    assert main([*run, f"--contract={newer}"]) == 0
    assert sorted(queried(archive, "SELECT event_id, mode FROM match_end", capsys)) == ["a,", "b,", "c,ranked"]
    (tmp_path / "2.jsonl").write_text(message("d", T))
    assert main([*run, f"--contract={older}"]) == 1
    assert "match_end.mode is gone" in capsys.readouterr().err
    assert main(run) == 0 and "mode" in archive_contract(archive).text["events/match_end.avsc"]


def test_a_new_archive_needs_a_contract(tmp_path, capfd):
    (tmp_path / "1.jsonl").write_text(message("a", T))
    assert main(["run", f"--source={tmp_path}/1.jsonl", f"--archive={tmp_path}/new"]) == 1
    err = error_line(capfd.readouterr().err)
    assert "a new archive needs --contract" in err and "gamebeam contract infer" in err
    assert not (tmp_path / "new").exists()


def test_c8_a_changed_session_gap_is_refused_until_every_hour_is_repaired(archive, tmp_path, capsys):
    changed = folder(tmp_path / "changed", with_gap("10m"))
    (tmp_path / "2.jsonl").write_text(message("c", T + 50 * MINUTE))
    sessions = "SELECT COUNT(*) FROM sessions"
    assert queried(archive, sessions, capsys) == ["1"]
    run = ["run", f"--contract={changed}", f"--source={tmp_path}/2.jsonl", f"--archive={archive}"]
    assert main(run) == 1
    assert "session_gap was 1800 s, and is 600 s; recompute them with gamebeam repair" in capsys.readouterr().err
    assert main(["query", f"--contract={changed}", f"--archive={archive}", sessions]) == 1
    repair = ["repair", f"--contract={changed}", f"--archive={archive}", "--to=2026-11-02T00"]
    assert main([*repair, "--from=2026-11-01T01"]) == 1
    assert queried(archive, sessions, capsys) == ["1"]
    assert main([*repair, "--from=2026-11-01T00"]) == 0
    assert queried(archive, sessions, capsys) == ["2"]
    assert main(run) == 0 and queried(archive, sessions, capsys) == ["3"]


@pytest.mark.parametrize("settings, refused", [
    ({"allowed_lateness": "2h"}, "allowed_lateness was 3600 s, and is 7200 s"), ({"currency": "EUR"}, "currency was USD, and is EUR"),
    ({"counter": "player"}, "counter was per install, and is per player"), ({"max_message_bytes": 10}, None),
    ({"time_zone": "Europe/Berlin"}, None), ({"keep_raw": True}, None)])
def test_c8_a_setting_that_stored_figures_depend_on_is_not_changed_in_silence(settings, refused):
    old, new = small_contract(), small_contract(**settings)
    if refused is None:
        assert for_writing("a", old, new) is new
        return
    with pytest.raises(ContractRefused, match=refused):
        for_writing("a", old, new)


def test_an_archive_of_before_questions_were_stored_has_those_of_its_packaged_game():
    starter = load_contract("starter")
    body = json.loads(stored_json(starter))
    assert parse_stored(stored_json(starter), CONTRACT_FILE).asked == starter.asked
    del body["asked"]
    stored = parse_stored(json.dumps(body).encode(), CONTRACT_FILE)
    assert stored.asked == starter.asked and stored.fingerprint == starter.fingerprint == body["fingerprint"]
    assert for_reading("a", stored, starter) is starter


def test_a_stored_contract_that_is_broken_is_named(archive, capsys):
    with open(f"{archive}/{CONTRACT_FILE}", "w") as f:
        f.write("{")
    assert main(["query", f"--archive={archive}", "SELECT 1"]) == 1
    assert f"{archive}/{CONTRACT_FILE}: not an archive's contract" in capsys.readouterr().err


@pytest.mark.parametrize("content, reason", [(b"\x00\x01\xfe\xff\nnothing\n", "malformed"),
                                             (message("a", T).replace("match_end", "zz").encode(), "unknown_event_type")])
def test_d11_a_file_of_which_nothing_lands_is_one_line_and_exit_3(tmp_path, content, reason, capfd):
    given = folder(tmp_path / "game", small_contract())
    (tmp_path / "1.jsonl").write_bytes(content)
    assert main(["run", f"--contract={given}", f"--source={tmp_path}/1.jsonl", f"--archive={tmp_path}/a"]) == 3
    err = error_line(capfd.readouterr().err)
    assert err.startswith("gamebeam run: no message landed: all ") and f"as {reason}" in err


def test_d11_a_run_of_which_something_landed_ends_with_0(tmp_path, capfd):
    given = folder(tmp_path / "game", small_contract())
    (tmp_path / "1.jsonl").write_text("{\n" + message("a", T))
    assert main(["run", f"--contract={given}", f"--source={tmp_path}/1.jsonl", f"--archive={tmp_path}/a"]) == 0
    assert "no message landed" not in capfd.readouterr().err


def test_missing_that_no_counter_measures_is_null_in_views_and_said_in_the_status(tmp_path, capsys):
    contract = small_contract(counter=None)
    run_files(contract, str(tmp_path), [[Sent(T, message("a", T, seq=1).encode()), Sent(T, message("b", T, seq=5).encode())]])
    assert queried(str(tmp_path), "SELECT 'missing', SUM(missing) FROM ledger", capsys) == ["missing,"]
    assert main(["status", f"--archive={tmp_path}"]) == 0 and "not measurable" in capsys.readouterr().out
