"""What generate wrote, or a steady load, into a Pub/Sub topic, each message with its simulated arrival as an attribute."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.pubsub_v1.types import BatchSettings

from gamebeam.loadgen.live import SendError, messages_of
from gamebeam.loadgen.outgoing import Outgoing

ARRIVAL = "arrival_time"  # ms: a publish time is always now; read with ?timestamp_attribute=arrival_time
WAIT_S = 30.0
ON_THE_WAY = 5_000  # messages published and not yet acknowledged


def topic_of(uri: str) -> str:
    topic = uri.removeprefix("pubsub://")
    if not re.fullmatch(r"projects/[^/?]+/topics/[^/?]+", topic):
        raise SendError(f"--to={uri}: expected pubsub://projects/PROJECT/topics/TOPIC")
    return topic


def send_pubsub(out: str, topic: str, speed: float = 0, progress: Callable[[int, int], None] | None = None) -> int:
    """Publishes OUT/messages in order of arrival, and returns how many the service acknowledged.

    speed: simulated seconds in a second; 0: as fast as it takes them.
    """
    publisher = _publisher(topic)
    messages = list(messages_of(Path(out) / "messages"))
    outgoing = (Outgoing((arrival - messages[0][0]) / 1000 / speed if speed else 0.0, arrival, None, payload)
                for arrival, payload in messages)
    return _publish(publisher, outgoing, len(messages), topic, progress)


def publish(messages: Iterable[Outgoing], about: int, topic: str, progress: Callable[[int, int], None] | None = None) -> int:
    """Publishes each when it is due, and returns how many."""
    return _publish(_publisher(topic), messages, about, topic, progress)


def _publisher(topic: str) -> PublisherClient:
    """The topic must be there: a subscription made afterwards would get nothing."""
    try:
        publisher = PublisherClient(BatchSettings(max_messages=500, max_latency=0.02))
        publisher.get_topic(topic=topic, timeout=WAIT_S)
        return publisher
    except NotFound:
        raise SendError(f"pubsub://{topic}: no such topic; create it, and the subscription that the job reads, first") from None
    except (GoogleAPICallError, DefaultCredentialsError) as e:
        raise SendError(f"pubsub://{topic}: {str(e).splitlines()[0]}") from None


def _publish(publisher: PublisherClient, messages: Iterable[Outgoing], about: int, topic: str,
             progress: Callable[[int, int], None] | None) -> int:
    waiting, sent, began = deque[Future[str]](), 0, time.monotonic()
    try:
        for message in messages:
            time.sleep(max(0.0, began + message.due - time.monotonic()))
            waiting.append(publisher.publish(topic, message.payload, **{ARRIVAL: str(message.arrival)}))
            while len(waiting) >= ON_THE_WAY:
                waiting.popleft().result(WAIT_S)
            sent += 1
            if progress and sent % 1_000 == 0:
                progress(sent, about)
        for future in waiting:
            future.result(WAIT_S)
    except (GoogleAPICallError, TimeoutError) as e:
        raise SendError(f"pubsub://{topic}: {str(e) or f'no answer within {WAIT_S:.0f} s'}") from None
    return sent
