"""A running job's metrics and errors, for which Beam has no public call."""

from typing import Any

import grpc
from apache_beam.portability.api import beam_job_api_pb2


def fresh_metrics(result: Any) -> Any:
    """Return the job's metrics as they are now: Beam asks the engine for them only once."""
    result._metrics = None
    return result.metrics()


def last_error(result: Any) -> str:
    """Return the last line of the job's last error message; "unknown" where the engine sent none."""
    request = beam_job_api_pb2.JobMessagesRequest(job_id=result._job_id)
    found = "unknown"
    try:
        for message in result._job_service.GetMessageStream(request, timeout=5):
            response = message.message_response
            if response.importance >= beam_job_api_pb2.JobMessage.JOB_MESSAGE_ERROR and response.message_text.strip():
                found = response.message_text
    except grpc.RpcError:
        pass  # the stream ends so
    return found.strip().splitlines()[-1]
