"""Prism, started here and ended here: Beam's own way of starting it dies with the terminal's Ctrl-C, before windows can close."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from apache_beam.options.pipeline_options import PortableOptions
from apache_beam.runners.portability.prism_runner import PrismJobServer
from apache_beam.runners.worker.bundle_processor import DataInputOperation

from gamebeam.archive.manifest import RunError
from gamebeam.pipeline.options import JobOptions
from gamebeam.pipeline.runners.lifetime import end_children_with_this_process


def keep_bundles_whole() -> None:
    """Prism asks a bundle that is slow to give back its rest, and then mistakes which elements of a stateful step that was: on a busy
    machine some were done twice, or never. Workers of this process answer that there is nothing to give.
    """
    DataInputOperation.try_split = lambda *_: None  # type: ignore[method-assign]


@contextmanager
def prism(options: JobOptions) -> Iterator[None]:
    """Starts Prism and points the options at it, unless they name a job endpoint themselves."""
    keep_bundles_whole()
    portable = options.view_as(PortableOptions)
    if portable.job_endpoint:
        yield
        return
    try:
        command, portable.job_endpoint = PrismJobServer(options).subprocess_cmd_and_endpoint()
    except (RuntimeError, ValueError, OSError) as e:
        raise RunError(f"no Prism: {e}; give its binary with --prism_location") from None
    log, path = tempfile.mkstemp(prefix="prism-", suffix=".log")
    end_children_with_this_process()
    process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log, start_new_session=True)
    os.close(log)
    try:
        yield
    except RunError as e:
        raise RunError(f"{e}; Prism's log: {path}") from None
    else:
        os.remove(path)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
