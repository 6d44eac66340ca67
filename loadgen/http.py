"""send_http(): what generate wrote, through the reference client's transport to a collector; the answer sheet stays the same."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gamebeam.clients.python.gamebeam_client.transport import Later, Rejected, Transport, pause
from gamebeam.loadgen.broken import reader
from gamebeam.schemas.contract.contract import Contract

BATCH, BATCH_BYTES = 100, 500_000
PATIENCE_S = 300.0  # with a collector that is away


class SendError(ValueError):
    """A collector that did not take the messages."""


def send_http(contract: Contract, out: str, url: str, keys: dict[str, str], progress: Callable[[int, int], None] | None = None) -> int:
    """Sends OUT/messages/*.jsonl in order of arrival, and returns how many the collector took (202).

    keys: by env, made with key add --backfill, so that simulated days keep their times. One connection a key: a watermark depends on
    the order.
    """
    transports = {env: Transport(url, key) for env, key in keys.items()}
    lines, read, sent = list(_lines(Path(out) / "messages")), reader(contract), 0
    for env, events in _batches(lines, lambda line: read(line).get("env") or "live"):
        if env not in transports:
            raise SendError(f"{url}: no key for env {env}")
        answer = _insist(transports[env], events)
        sent += answer["accepted"] + len(answer["refused"])
        if progress:
            progress(sent, len(lines))
    for transport in transports.values():
        transport.close()
    return sent


def _insist(transport: Transport, events: list[bytes]) -> dict[str, Any]:
    failures, until, where = 0, time.monotonic() + PATIENCE_S, transport.at.geturl()
    while True:
        try:
            return transport.send(events)
        except Rejected as e:
            raise SendError(f"{where}: {e}") from None
        except Later as e:
            wait = min(pause(failures, e.seconds), 5.0)
            if time.monotonic() + wait > until or str(e) == "401":
                raise SendError(f"{where}: {e}") from None
            failures += 1
            time.sleep(wait)


def _batches(lines: list[bytes], env_of: Callable[[bytes], str]) -> Iterator[tuple[str, list[bytes]]]:
    """Neighbours of one env."""
    held: list[bytes] = []
    env, size = "", 0
    for line in lines:
        its = env_of(line)
        if held and (its != env or len(held) == BATCH or size + len(line) > BATCH_BYTES):
            yield env, held
            held, size = [], 0
        held.append(line)
        env, size = its, size + len(line)
    if held:
        yield env, held


def _lines(folder: Path) -> Iterator[bytes]:
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise FileNotFoundError(f"{folder}: no JSON lines; write them with generate --format=jsonl")
    for path in paths:
        with path.open("rb") as f:
            yield from (line.rstrip(b"\n") for line in f)
