"""What the job noted for players in Redis, on its way to a topic; and a look, now and then, for those who stay away."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import msgspec
from redis.asyncio import Redis

from gamebeam.collector.open_sink import open_sink
from gamebeam.collector.outbox import Outbox, Sent
from gamebeam.collector.settings import SettingsError
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.transforms.sinks.player_store.store import PlayersError, PlayerStore
from gamebeam.transforms.sources.uri import Kafka, parse_source

LOOK_S = 600.0  # between looks for players who stay away
LOG = logging.getLogger(__name__)


class NotifySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """contract: whose rules. to: the topic, as a game's `to`."""

    contract: str
    to: str


class Notify:
    """One game's notifications: relay while the server runs."""

    def __init__(self, given: dict[str, object], players: str | None, broker_seconds: float):
        try:
            wanted = msgspec.convert(given, NotifySettings)
        except msgspec.ValidationError as e:
            raise SettingsError(f"notify: {e}") from None
        if not players:
            raise SettingsError("notify: players is missing: the Redis that the job's --players names")
        contract = load_contract(wanted.contract)
        self.players, self.to, self.seconds = players, wanted.to, broker_seconds
        self.store = PlayerStore(players, contract.name, contract.notifications)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        sink, topic = open_sink(self.to, self.seconds)
        redis = Redis.from_url(self.players, socket_timeout=10, socket_connect_timeout=5)

        def messages(message: dict[str, object], _: object) -> Iterable[tuple[str, dict[str, object]]]:
            yield topic, message

        outbox = Outbox(redis, self.store.stream, messages, self.sent())
        tasks = [asyncio.create_task(outbox.relay(sink)), asyncio.create_task(self._look())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            await sink.close()
            await redis.aclose()

    def sent(self) -> Sent | None:
        """Only Kafka can be asked what it has: elsewhere a relay that was killed may send a notification_id again."""
        source = parse_source(self.to) if self.to.startswith("kafka://") else None
        if not isinstance(source, Kafka):
            return None
        from gamebeam.collector.kafka_sent import payloads_since

        return lambda topic, since_ms: asyncio.to_thread(payloads_since, source, topic, since_ms, self.seconds)

    async def _look(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.store.tell_absent, time.time_ns() // 1_000_000)
            except Exception as e:  # of any kind, as in the outbox: who stays away is looked for again
                LOG.warning("nobody looks for those who stay away: %s", e if isinstance(e, PlayersError) else type(e).__name__)
            await asyncio.sleep(LOOK_S)
