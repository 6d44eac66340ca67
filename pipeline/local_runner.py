"""Beam's local runner on all cores: every bundle of a large batch run is worked on in a fork of this process.

Beam's own multi_processing sends each byte to its workers over gRPC and back; a fork has its input in memory already.
"""

import os
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_fn_api_pb2, beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.fn_api_runner.worker_handlers import ControlFuture, EmbeddedWorkerHandler, WorkerHandler

BYTES_EACH = 16 << 20  # of input that pay for one more process
LOOKS_S = 1.0  # between a fork's looks whether its parent is still there


def processes_for(input_bytes: int) -> int:
    """How many processes a run over so much input is given. One where a fork is not safe."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, min(cores, input_bytes // BYTES_EACH))


class LocalRunner(FnApiRunner):
    """FnApiRunner, with each stage in so many processes at once."""

    def __init__(self, processes: int):
        super().__init__()
        self.processes = processes

    def run_via_runner_api(self, pipeline_proto: beam_runner_api_pb2.Pipeline, options: PipelineOptions) -> Any:
        if self.processes == 1:
            return super().run_via_runner_api(pipeline_proto, options)
        self._num_workers = self.processes
        WorkerHandler.register_environment(python_urns.EMBEDDED_PYTHON, None)(ForkingWorkerHandler)
        try:
            return super().run_via_runner_api(pipeline_proto, options)
        finally:
            WorkerHandler.register_environment(python_urns.EMBEDDED_PYTHON, None)(EmbeddedWorkerHandler)


class ForkingWorkerHandler(EmbeddedWorkerHandler):
    """A worker in this process that forks for each bundle. What comes out of the fork: its output, then its answer."""

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
        try:
            return ControlFuture(request.instruction_id, self._received(request.instruction_id, ours))
        finally:
            ours.close()
            os.waitpid(pid, 0)
            list(self.data_plane_handler.inverse().input_elements(request.instruction_id, None))  # the fork has read its own copy

    def _work(self, request: beam_fn_api_pb2.InstructionRequest, out: Connection, parent: int) -> None:
        """In the fork, which never returns from here."""
        code = 1
        try:
            threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
            try:
                response = self.worker.do_instruction(request)
            except Exception as e:
                response = beam_fn_api_pb2.InstructionResponse(error=f"{traceback.format_exc()}{e}")
            for element in self.data_plane_handler.input_elements(request.instruction_id, None):
                out.send_bytes(element.transform_id.encode())
                out.send_bytes(element.data)
            out.send_bytes(b"")
            out.send_bytes(response.SerializeToString())
            code = 0
        finally:
            os._exit(code)

    def _received(self, instruction_id: str, fork: Connection) -> beam_fn_api_pb2.InstructionResponse:
        outputs: Iterable[bytes] = iter(fork.recv_bytes, b"")
        try:
            for transform_id in outputs:
                stream = self.data_plane_handler.inverse().output_stream(instruction_id, transform_id.decode())
                stream.write(fork.recv_bytes())
                stream.close()
            response = beam_fn_api_pb2.InstructionResponse.FromString(fork.recv_bytes())
        except EOFError:
            response = beam_fn_api_pb2.InstructionResponse(error="a process of this run was killed; was there memory enough?")
        return response


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOKS_S)
    os._exit(1)
