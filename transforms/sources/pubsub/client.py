"""What ReadPubSub asks of google-cloud-pubsub: whether a subscription is there, its next messages, and acknowledging them later."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from google.api_core.exceptions import (
    Aborted,
    DeadlineExceeded,
    GoogleAPICallError,
    InternalServerError,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    RetryError,
    ServiceUnavailable,
)
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.pubsub_v1 import SubscriberClient

from gamebeam.transforms.sources.clamp_arrival import arrival
from gamebeam.transforms.sources.uri import PubSub, SourceError

WAIT_S = 30.0  # for a service that does not answer
LEASE_S = 60  # a worker that dies gives its messages back after this long; one that lives renews
HELD_S = 600.0  # at most: a bundle that was not finalised by then has failed, or checkpoints are further apart
IDS = 1_000  # acknowledgement ids a request: it may have 512 KiB
LOOK_BACK_S = 5.0  # Pub/Sub does not keep an order: the watermark is the least arrival pulled in this time
AWAY_S = 1.0  # between tries while nobody answers
PASSING = (ServiceUnavailable, InternalServerError, Aborted, ResourceExhausted, RetryError)
LOG = logging.getLogger(__name__)


def require_subscription(source: PubSub) -> None:
    """One line on what is wrong, before a job starts. Who may only pull cannot ask, and is let through."""
    try:
        with _client(source) as client:
            client.get_subscription(subscription=source.subscription, timeout=WAIT_S,
                                    retry=Retry(if_exception_type(ServiceUnavailable), timeout=WAIT_S))
    except NotFound:
        raise SourceError(f"{source.name}: no such subscription; create it first, or mend its name") from None
    except PermissionDenied:
        pass
    except (*PASSING, DeadlineExceeded) as e:
        raise SourceError(f"{source.name}: Pub/Sub did not answer within {WAIT_S:.0f} s ({_short(e)})") from None
    except GoogleAPICallError as e:
        raise SourceError(f"{source.name}: {_short(e)}") from None


def _client(source: PubSub) -> SubscriberClient:
    try:
        return SubscriberClient()
    except DefaultCredentialsError:
        raise SourceError(f"{source.name}: no Google credentials here; run gcloud auth application-default login, or set "
                          "PUBSUB_EMULATOR_HOST for an emulator") from None


class Pulled(NamedTuple):
    """arrival: ms."""

    payload: bytes
    arrival: int
    message_id: str
    ack_id: str


class Puller:
    """One subscription's messages, leased until they are acknowledged."""

    def __init__(self, source: PubSub):
        self.source, self.client = source, _client(source)
        self.lock = threading.Lock()
        self.held: dict[str, list[float]] = {}  # acknowledgement id -> [pulled at, leased until]
        self.finalised: list[tuple[float, list[str]]] = []  # (when, acknowledgement ids) of bundles that may not be in a checkpoint yet
        self.arrivals: deque[tuple[float, int]] = deque()  # (when, the least arrival) of the last pulls
        self.last_message = self.began = time.monotonic()
        self.position = -1

    def stand_at(self, position: int) -> None:
        """The runner counts messages. If it went back, or this process is new, what it does not hold is delivered again."""
        if position != self.position:
            with self.lock:
                given_back, self.held, self.finalised = list(self.held), {}, []
            self._each(given_back, lambda ids: self.client.modify_ack_deadline(
                subscription=self.source.subscription, ack_ids=ids, ack_deadline_seconds=0, timeout=WAIT_S))
            self.position, self.began = position, time.monotonic()

    def is_complete(self) -> bool:
        """Whether the leases of a process that died are over by now, and what it held has come again."""
        return time.monotonic() - self.began > LEASE_S + LOOK_BACK_S

    def pull(self, count: int, seconds: float) -> list[Pulled]:
        """The next messages; none when nothing came in time."""
        request = {"subscription": self.source.subscription, "max_messages": count}
        try:
            received = self.client.pull(request=request, timeout=seconds, retry=None).received_messages
        except DeadlineExceeded:
            received = []
        except PASSING as e:
            LOG.warning("%s: %s; trying again", self.source.name, _short(e))
            time.sleep(AWAY_S)
            self.last_message = time.monotonic()  # who does not answer is not idle
            return []
        except NotFound:
            raise SourceError(f"{self.source.name}: the subscription is gone") from None
        except GoogleAPICallError as e:
            raise SourceError(f"{self.source.name}: {_short(e)}") from None
        now = time.monotonic()
        if received:
            self.last_message = now
            with self.lock:
                self.held.update({r.ack_id: [now, now] for r in received})
        self._renew(now)
        attribute = self.source.timestamp_attribute
        messages = [Pulled(r.message.data, arrival(r.message, attribute), r.message.message_id, r.ack_id) for r in received]
        if messages:
            self.arrivals.append((now, min(m.arrival for m in messages)))
        return messages

    def _renew(self, now: float) -> None:
        with self.lock:
            self.held = {i: times for i, times in self.held.items() if now - times[0] < HELD_S}
            due = [i for i, times in self.held.items() if times[1] - now < LEASE_S / 2]
            for i in due:
                self.held[i][1] = now + LEASE_S
        self._each(due, lambda ids: self.client.modify_ack_deadline(
            subscription=self.source.subscription, ack_ids=ids, ack_deadline_seconds=LEASE_S, timeout=WAIT_S))

    def acknowledge(self, ids: list[str], began: float | None = None) -> Callable[[], None]:
        """To be called once the runner holds the messages.

        began: when their bundle began (time.monotonic), if the runner finalises bundles too early, as Flink's does: with a checkpoint
        also those that came after its barrier. By the time that a bundle is finalised which began later, a checkpoint has them.
        """
        def acknowledged() -> None:
            with self.lock:
                self.finalised.append((time.monotonic(), ids))
                due = [i for at, some in self.finalised if began is None or at < began for i in some]
                self.finalised = [] if began is None else [(at, some) for at, some in self.finalised if at >= began]
                for i in due:
                    self.held.pop(i, None)
            self._each(due, lambda some: self.client.acknowledge(subscription=self.source.subscription, ack_ids=some, timeout=WAIT_S))

        return acknowledged

    def _each(self, ids: list[str], call: Callable[[list[str]], object]) -> None:
        try:
            for start in range(0, len(ids), IDS):
                call(ids[start:start + IDS])
        except GoogleAPICallError as e:  # what was not acknowledged comes again, and is a duplicate then
            LOG.warning("%s: %d messages could not be acknowledged or leased: %s", self.source.name, len(ids), _short(e))

    def is_idle(self, seconds: float) -> bool:
        return time.monotonic() - self.last_message >= seconds

    def least_arrival(self) -> int | None:
        """ms; None when nothing came lately."""
        while self.arrivals and time.monotonic() - self.arrivals[0][0] > LOOK_BACK_S:
            self.arrivals.popleft()
        return min((least for _, least in self.arrivals), default=None)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0]


_pullers: dict[str, Puller] = {}  # per process: they hold leases beyond the bundle that pulled
_lock = threading.Lock()


def puller(source: PubSub) -> Puller:
    with _lock:
        if source.subscription not in _pullers:
            _pullers[source.subscription] = Puller(source)
        return _pullers[source.subscription]


def forget_puller(source: PubSub) -> None:
    """Its last bundle is finalised: a client's threads and channel end with it."""
    with _lock:
        if gone := _pullers.pop(source.subscription, None):
            gone.client.close()
