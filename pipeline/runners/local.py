"""Beam's local runner on all cores: every bundle of a large batch run is worked on in a fork of this process.

Beam's own multi_processing sends each byte to its workers over gRPC and back; a fork has its input in memory already.
"""

import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_fn_api_pb2, beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.fn_api_runner.worker_handlers import ControlFuture, EmbeddedWorkerHandler, WorkerHandler
from apache_beam.runners.worker.data_plane import ClosableOutputStream, InMemoryDataChannel, SizeBasedBufferingClosableOutputStream

from gamebeam.transforms.gc_tuning import collect_as_before, collect_rarely

BYTES_EACH = 16 << 20  # of input that pay for one more process
PIECE_BYTES = 1 << 20  # of a fork's output: the runner groups some while the fork makes more
AT_MOST = 8  # processes: more were not measured, and one process groups what all of them make
LOOKS_S = 1.0  # between a fork's looks whether its parent is still there


def processes_for(input_bytes: int) -> int:
    """How many processes a run over so much input is given. One where a fork is not safe."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, min(cores, AT_MOST, input_bytes // BYTES_EACH))


def runner_for(options: PipelineOptions, input_bytes: int) -> "LocalRunner | None":
    """Ours, where none is asked for, or Beam's DirectRunner, which tries to download another one first; None is the one asked for."""
    if options.view_as(StandardOptions).runner in (None, "DirectRunner"):
        return LocalRunner(processes_for(input_bytes))
    return None


class LocalRunner(FnApiRunner):
    """FnApiRunner, with each stage in so many processes at once."""

    def __init__(self, processes: int):
        super().__init__()
        self.processes = processes

    def run_via_runner_api(self, pipeline_proto: beam_runner_api_pb2.Pipeline, options: PipelineOptions) -> Any:
        if self.processes > 1:
            self._num_workers = self.processes
            WorkerHandler.register_environment(python_urns.EMBEDDED_PYTHON, None)(ForkingWorkerHandler)
        try:
            return super().run_via_runner_api(pipeline_proto, options)
        finally:
            collect_as_before()
            WorkerHandler.register_environment(python_urns.EMBEDDED_PYTHON, None)(EmbeddedWorkerHandler)


class ForkingWorkerHandler(EmbeddedWorkerHandler):
    """A worker in this process that forks for each bundle. What comes out of the fork: its output, piece by piece, then its answer."""

    def __init__(self, payload: None, state: Any, provision_info: Any, worker_manager: Any):
        super().__init__(payload, state, provision_info, worker_manager)
        self.forks: dict[str, Fork] = {}
        self.data_conn: Any = FromForks(self.data_plane_handler, self.forks)

    def push(self, request: beam_fn_api_pb2.InstructionRequest) -> ControlFuture:
        if request.WhichOneof("request") != "process_bundle":
            return super().push(request)
        ours, theirs = Pipe(duplex=False)
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._work(request, theirs, parent)
        theirs.close()
        deque(self.data_plane_handler.inverse().input_elements(request.instruction_id, None), maxlen=0)  # the fork reads its own copy
        self.forks[request.instruction_id] = Fork(pid, ours, ControlFuture(request.instruction_id))
        return self.forks[request.instruction_id].answer

    def _work(self, request: beam_fn_api_pb2.InstructionRequest, out: Connection, parent: int) -> None:
        """In the fork, which never returns from here."""
        def output_stream(_: str, transform_id: str) -> ClosableOutputStream:
            def send(data: bytes) -> None:
                if data:
                    out.send_bytes(transform_id.encode())
                    out.send_bytes(data)

            return SizeBasedBufferingClosableOutputStream(send, send, PIECE_BYTES)

        code = 1
        try:
            collect_rarely()  # not every step's setup does
            threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
            self.data_plane_handler.inverse().output_stream = output_stream
            try:
                response = self.worker.do_instruction(request)
            except Exception as e:
                response = beam_fn_api_pb2.InstructionResponse(error=f"{traceback.format_exc()}{e}")
            out.send_bytes(b"")
            out.send_bytes(response.SerializeToString())
            code = 0
        finally:
            os._exit(code)


class Fork(NamedTuple):
    pid: int
    out: Connection
    answer: ControlFuture


class FromForks:
    """The runner's side of a ForkingWorkerHandler's data: input goes to memory, output comes from the forks."""

    def __init__(self, memory: InMemoryDataChannel, forks: dict[str, Fork]):
        self.output_stream, self.output_timer_stream = memory.output_stream, memory.output_timer_stream
        self.forks = forks

    def input_elements(self, instruction_id: str, expected_inputs: object, abort_callback: object = None) -> Iterator[object]:
        pid, out, answer = self.forks.pop(instruction_id)
        try:
            for transform_id in iter(out.recv_bytes, b""):
                yield beam_fn_api_pb2.Elements.Data(transform_id=transform_id.decode(), data=out.recv_bytes())
            answer.set(beam_fn_api_pb2.InstructionResponse.FromString(out.recv_bytes()))
        except EOFError:
            answer.set(beam_fn_api_pb2.InstructionResponse(error="a process of this run was killed; was there memory enough?"))
        finally:
            out.close()
            threading.Thread(target=os.waitpid, args=(pid, 0)).start()  # its memory takes a while to be given back


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOKS_S)
    os._exit(1)
