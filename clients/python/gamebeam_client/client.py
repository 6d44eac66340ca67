"""Client: what a game calls. track() returns at once; a thread sends what waits on disk."""

import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

from .store import Store
from .transport import Later, Rejected, Transport, pause

BATCH_EVENTS, BATCH_BYTES = 100, 200_000
CAP_BYTES = 10_000_000
EVERY_S = 5.0


class Client:
    """One installation of one game. folder: of this installation's own; envelope: what every event carries, such as app_version.

    consent False: nothing is stored or sent, and what was stored is forgotten.
    """

    def __init__(self, url: str, key: str, folder: str, *, consent: bool = True, batch: int = BATCH_EVENTS, every_s: float = EVERY_S,
                 cap_bytes: int = CAP_BYTES, **envelope: str):
        self.path, self.cap, self.batch, self.every_s, self.envelope = Path(folder) / "events.db", cap_bytes, batch, every_s, envelope
        self.transport = Transport(url, key)
        self.player_id: str | None = None
        self.session_id: str | None = None
        self.refused: list[dict[str, object]] = []  # the last answers' complaints: for developers to look at
        self.dropped = 0  # events that the collector would not have in any form
        self._store: Store | None = None
        self._failures, self._not_before = 0, 0.0
        self._sending = threading.Lock()
        self._wake, self._ended = threading.Event(), threading.Event()
        self.set_consent(consent)
        self._thread = threading.Thread(target=self._run, name="gamebeam", daemon=True)
        self._thread.start()

    @property
    def install_id(self) -> str | None:
        return self._store.install_id if self._store else None

    def set_consent(self, consent: bool) -> None:
        if consent and self._store is None:
            self._store = Store(self.path, self.cap)
        elif not consent:
            with self._sending:  # not in the middle of a batch
                if self._store:
                    self._store.close()
                    self._store = None
                for path in self.path.parent.glob(f"{self.path.name}*"):
                    path.unlink()

    def start_session(self) -> str:
        self.session_id = str(uuid.uuid4())
        return self.session_id

    def track(self, event_type: str, **fields: object) -> str | None:
        """The event's id, once it is on disk; None without consent. Raises ValueError for what is no JSON."""
        store = self._store
        if store is None:
            return None
        event_id = str(uuid.uuid4())
        who = {"player_id": self.player_id, "session_id": self.session_id}
        store.append({"event_id": event_id, "event_type": event_type, "event_time": time.time_ns() // 1_000_000,
                      **self.envelope, **{name: value for name, value in who.items() if value is not None}, **fields})
        if store.waiting() >= self.batch:
            self._wake.set()
        return event_id

    def flush(self, seconds: float = 10.0) -> bool:
        """Sends what waits; whether all of it is with the collector."""
        until = time.monotonic() + seconds
        while self._store and self._store.waiting():
            if self._not_before > until:
                return False
            time.sleep(max(0.0, self._not_before - time.monotonic()))
            with suppress(Later):
                self._send_some()
        return True

    def close(self, seconds: float = 10.0) -> bool:
        """flush(), and the end; what is not sent now is sent by the next life of this folder."""
        self._ended.set()
        self._wake.set()
        self._thread.join()
        sent = self.flush(seconds)
        self.transport.close()
        if self._store:
            self._store.close()
        return sent

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(self.every_s)
            self._wake.clear()
            try:
                while not self._ended.is_set() and self._send_some():
                    pass
            except Later:
                self._ended.wait(max(0.0, self._not_before - time.monotonic()))

    def _send_some(self) -> bool:
        """The oldest batch. False: nothing waits. Raises Later, and then nothing is to be sent before _not_before."""
        with self._sending:
            if self._store is None or not (some := self._store.oldest(self.batch, BATCH_BYTES)):
                return False
            try:
                self._deliver(self._store, some)
            except Later as e:
                self._not_before = time.monotonic() + pause(self._failures, e.seconds)
                self._failures += 1
                raise
            self._failures = 0
            return True

    def _deliver(self, store: Store, some: list[tuple[int, bytes]]) -> None:
        """A batch that is too large or broken is halved, down to the one event that is to blame: only that one is given up."""
        try:
            self.refused = self.transport.send([event for _, event in some])["refused"] or self.refused
        except Rejected:
            if len(some) > 1:
                half = len(some) // 2
                self._deliver(store, some[:half])
                self._deliver(store, some[half:])
                return
            self.dropped += 1
        store.remove([seq for seq, _ in some])
