"""What a crash on Prism loses, and a cold start that rewinds brings back."""

import shutil
import subprocess
import sys
import time

import pytest

from gamebeam.archive.manifest import read_runs
from gamebeam.loadgen.generate import generate
from gamebeam.loadgen.live import messages_of
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.repair import hour, repair
from gamebeam.pipeline.stream import run_live
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.archive import ArchiveError
from gamebeam.sql.check import compare_answers
from gamebeam.sql.engine import ask, open_archive
from services import kill_job
from tests.support.brokers import committed, produce, topic

pytestmark = pytest.mark.engine
STARTER = load_contract("starter")
WAIT_S = 600  # other tests and people use the machine


@pytest.fixture(scope="module")
def killed(servers, prism, tmp_path_factory):
    """(answers, archive, the topic's name, a moment in s): a job had committed half a day, and got kill -9 before its last window closed.

    What arrived before the moment was written, in event files and rollups. The other half came after the kill.
    """
    folder, name = tmp_path_factory.mktemp("killed"), "crash"
    archive = str(folder / "archive")
    generate(STARTER, str(folder), players=40, days=1, seed=7, format="avro")
    messages = list(messages_of(folder / "messages"))
    sent = len(messages) // 2
    topic(servers, name)
    records = [(0, payload, arrival) for arrival, payload in messages]
    produce(servers, name, *records[:sent - 1])
    command = [sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source=kafka://{servers}/{name}?group=crash&idle=never",
               f"--archive={archive}", "--runner=PrismRunner", f"--prism_location={prism}"]
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: committed(servers, name, "crash") == sent - 1 and written(archive) > 0.8 * sent > 500)
        produce(servers, name, records[sent - 1])  # after it nothing moves the watermark past its window
        assert wait_until(lambda: committed(servers, name, "crash") == sent) and job.poll() is None
    finally:
        kill_job(job)
    produce(servers, name, *records[sent:])
    return str(folder / "answers"), archive, name, messages[sent // 2][0] / 1000


def wait_until(condition):
    until = time.monotonic() + WAIT_S
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(3)
    return met


def written(archive):
    """Of the messages, the fewest that are both in files of events and in rows of the ledger."""
    try:
        (counts,) = ask(open_archive(STARTER, archive), """SELECT (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM dead_letters),
                                                           COALESCE(SUM(received), 0) FROM ledger""").rows
        return min(counts)
    except ArchiveError:  # no archive yet
        return 0


def read_on(servers, prism, archive, name, start):
    source = f"kafka://{servers}/{name}?group=crash&start={start}&until=idle"
    return run_live(JobOptions(["--contract=starter", f"--source={source}",
                                f"--archive={archive}", "--runner=PrismRunner", f"--prism_location={prism}"]), print)


def differences(archive, answers, *names):
    return [str(d) for d in compare_answers(STARTER, archive, answers).differences if not names or d.answer in names]


def test_a_crash_on_prism_loses_what_was_committed_and_lay_in_open_windows(servers, prism, killed, tmp_path):
    """Prism finalises what a source read before later steps have written it: on Flink a checkpoint holds the windows, too."""
    answers, archive, name, _ = killed
    shutil.copytree(archive, tmp_path / "archive")
    read_on(servers, prism, str(tmp_path / "archive"), name, "committed")
    lost = differences(str(tmp_path / "archive"), answers, "contents")
    assert lost and all("expected None" not in d for d in lost)


def test_a_cold_start_that_rewinds_loses_no_event_and_after_repair_every_figure_is_right(servers, prism, killed):
    answers, archive, name, middle = killed
    (crashed,) = read_runs(archive)
    going = read_on(servers, prism, archive, name, f"rewind:{time.time() - middle:.0f}s")
    assert differences(archive, answers, "contents", "dead_letters") == []
    assert differences(archive, answers, "ledger", "players") != []
    assert (going.source, going.state) == (crashed.source, "complete") and crashed.rewound_to is None
    repair(archive, STARTER, hour("2026-10-01T00"), hour("2026-12-01T00"), ended=crashed.run_id)
    assert differences(archive, answers) == []
