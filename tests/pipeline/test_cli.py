"""The command line as a person meets it: help, suggestions, closed pipes, missing packages, busy ports."""

import io
import json
import socket
import subprocess
import sys
import time

import click
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from prompt_toolkit.document import Document

import gamebeam
from gamebeam.pipeline.cli import prompt
from gamebeam.pipeline.cli.__main__ import COMMANDS, main, root
from gamebeam.pipeline.cli.documentation import commands, default_of
from gamebeam.schemas.contract.contract import load_contract

OPTIONS = [(ctx, p) for ctx in commands() for p in ctx.command.params if isinstance(p, click.Option)]


def shell(text):
    command = text.replace("gamebeam ", f"{sys.executable} -m gamebeam ")
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    at = tmp_path_factory.mktemp("cli")
    assert main(["generate", f"--out={at}/sample", "--players=5", "--days=1"]) == 0
    assert main(["run", "--contract=starter", f"--source={at}/sample/messages/*", f"--archive={at}/archive"]) == 0
    return at / "archive"


@pytest.mark.parametrize("ctx, option", OPTIONS, ids=[f"{ctx.command_path} {o.opts[0]}" for ctx, o in OPTIONS])
def test_every_option_says_what_it_does_and_what_it_is_when_left_out(ctx, option):
    assert option.help and option.help.endswith(".")
    assert option.required or option.name == "version" or default_of(ctx, option)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_is_on_stdout_and_exits_0(name, capsys):
    assert main([name, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Usage: gamebeam {name}") and not said.err


def test_version_is_the_packages(capsys):
    assert main(["--version"]) == 0 and capsys.readouterr().out == f"gamebeam {gamebeam.__version__}\n"


@pytest.mark.parametrize("argv, meant", [(["stauts"], "status"), (["tables", "plann"], "plan"), (["collect", "key", "ad"], "add")])
def test_an_unknown_command_exits_2_and_suggests_the_nearest(argv, meant, capsys):
    assert main(argv) == 2 and f"Did you mean '{meant}'" in capsys.readouterr().err


def test_a_closed_pipe_is_silent():
    done = shell("gamebeam --help | head -3")
    assert len(done.stdout.splitlines()) == 3 and not done.stderr
    assert not shell("gamebeam views --help | head -0").stderr


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_is_a_script_that_calls_gamebeam(shell_name, capsys):
    assert main(["completion", shell_name]) == 0 and "_GAMEBEAM_COMPLETE" in capsys.readouterr().out


def test_completion_knows_the_commands(monkeypatch):
    done = CliRunner(env={"_GAMEBEAM_COMPLETE": "bash_complete", "COMP_WORDS": "gamebeam rep", "COMP_CWORD": "1"}).invoke(
        root, [], prog_name="gamebeam")
    assert done.output.split() == ["plain,report", "plain,repair", "plain,replay"]


@pytest.mark.parametrize("argv, package, extra", [
    (["report", "--archive=x"], "altair", "reports"), (["serve", "--archive=x"], "uvicorn", "reports"),
    (["collect", "serve", "--config=x"], "uvicorn", "collector"),
    (["generate", "--to=kafka://broker:9092/t", "--out=g", "--players=2", "--days=1"], "confluent_kafka", "kafka"),
    (["tables", "apply", "--contract=starter", "--tables=bq://pro-ject.d"], "google", "gcp"),
])
def test_a_missing_extra_is_one_line_with_the_command_that_installs_it(argv, package, extra, archive, tmp_path):
    argv = [a.replace("=x", f"={archive}") if a.startswith("--archive") else a for a in argv]
    without = f"import sys; sys.modules[{package!r}] = None\nfrom gamebeam.pipeline.cli.__main__ import main\nsys.exit(main({argv}))"
    done = subprocess.run([sys.executable, "-c", without], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and f"pip install 'gamebeam[{extra}]'" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_run_says_within_2_seconds_what_it_does(tmp_path):
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "gamebeam", "run", "--source=nowhere/*", f"--archive={tmp_path}/a"],
                               stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == f"gamebeam run: reading nowhere/*, writing archive {tmp_path}/a\n"
    took = time.monotonic() - began
    process.communicate(timeout=60)
    assert took < 2


def test_a_runs_first_line_shows_no_password_of_a_uri(capsys):
    main(["run", "--source=kafka://b:9092/t?sasl.password=hunter2&wrong", "--archive=a", "--contract=starter", "--runner=PrismRunner"])
    said = capsys.readouterr().err
    assert said.startswith("gamebeam run: reading kafka://b:9092/t, writing archive a\n") and "hunter2" not in said


@pytest.mark.parametrize("source, rule", [
    ("pubsub://projects/p/subscriptions/events", "project 'p': an id has 6 to 30 lower-case letters, digits and hyphens"),
    ("pubsub://projects/my-project/subscriptions/s", "subscription 's': a name has 3 to 255 letters"),
])
def test_a_short_form_in_a_uri_is_told_the_rule_that_it_broke(source, rule, capsys):
    assert main(["run", f"--source={source}", "--archive=a", "--contract=starter", "--runner=PrismRunner"]) == 1
    assert rule in capsys.readouterr().err


def test_old_names_of_flags_are_accepted_with_a_warning(tmp_path, capsys):
    assert main(["run", "--again", "--source=nowhere/*", f"--archive={tmp_path}/a", "--contract=starter"]) == 1
    assert "--again is now called --reprocess" in capsys.readouterr().err


def test_a_busy_port_is_one_line(archive, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", f"--archive={archive}", f"--port={port}"]) == 1
    said = capsys.readouterr()
    assert said.err == f"gamebeam serve: 127.0.0.1:{port}: another process listens there already; give another --port\n" and not said.out


def test_a_report_into_a_folder_that_is_not_there_is_refused(archive, tmp_path, capsys):
    assert main(["report", f"--archive={archive}", f"--out={tmp_path}/no/r.html"]) == 1
    assert f"there is no folder {tmp_path}/no" in capsys.readouterr().err and not (tmp_path / "no").exists()


def test_tables_plan_offline_prints_the_whole_ddl(capsys):
    assert main(["tables", "plan", "--offline", "--contract=starter", "--tables=bq://pro-ject.mine"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("CREATE SCHEMA `pro-ject`.mine") and "CREATE TABLE" in said and "CREATE OR REPLACE VIEW" in said


def test_query_answers_in_every_form_and_from_stdin(archive, tmp_path, capsys, monkeypatch):
    ask = ["query", f"--archive={archive}"]
    assert main([*ask, "--format=csv", "SELECT 1 AS a"]) == 0 and capsys.readouterr().out == "a\n1\n"
    assert main([*ask, "--format=jsonl", "SELECT a FROM UNNEST([1, 2]) AS a"]) == 0
    assert [json.loads(line)["a"] for line in capsys.readouterr().out.splitlines()] == [1, 2]
    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 7 AS a"))
    assert main([*ask, "--format=csv", "-"]) == 0 and capsys.readouterr().out == "a\n7\n"
    assert main([*ask, "--format=parquet", f"--out={tmp_path}/x.parquet", "SELECT COUNT(*) AS n FROM events"]) == 0
    assert pq.read_table(tmp_path / "x.parquet").schema.field("n").type == "int64"
    assert main([*ask, "--format=parquet", "SELECT 1 AS a"]) == 2 and "--out" in capsys.readouterr().err


def test_the_prompt_completes_views_columns_and_questions_and_runs_at_a_semicolon(archive):
    assert {"ledger", "dead_letters", "event_type", "active_users", "SELECT"} <= set(prompt.words(load_contract("starter"), str(archive)))
    assert prompt.is_whole(Document("SELECT 1;")) and prompt.is_whole(Document("active_users"))
    assert not prompt.is_whole(Document("SELECT 1"))
