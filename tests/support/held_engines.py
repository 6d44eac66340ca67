"""Not collected by itself: what test_lifetime.py starts and kills. Every kind of engine, with jobs on them, held until then."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.support.flink_jobs import over_kafka, submitted


def test_hold(servers, flink, prism, redis_url, played, tmp_path):
    (tmp_path / "inbox").mkdir()
    sending, source = over_kafka(servers, played, "held")
    command = [sys.executable, "-m", "gamebeam", "run", "--contract=starter", f"--source={tmp_path}/inbox/*", "--follow",
               f"--archive={tmp_path}/prism", "--runner=PrismRunner", f"--prism_location={prism}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as job, submitted(flink, source, str(tmp_path / "flink")):
        sending.start()
        assert job.stderr
        printed = ""
        while "STARTED" not in printed:
            printed += (line := job.stderr.readline())
            assert line, printed
        while not flink.workers():
            time.sleep(0.5)
        Path(os.environ["HELD"]).touch()
        time.sleep(600)
