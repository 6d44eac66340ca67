"""send_http(): what generate wrote, through the reference client's transport to a collector; the answer sheet stays the same."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from clients.python.gamebeam_client.transport import Later, Transport, pause
from loadgen.broken import reader
from schemas.contract import Contract

PATIENCE_S = 300.0  # with a collector that is away


class SendError(ValueError):
    """A collector that did not take the messages."""


def send_http(contract: Contract, out: str, url: str, keys: dict[str, str], *, batch: int = 100, clients: int = 4,
              progress: Callable[[int, int], None] | None = None) -> int:
    """Sends OUT/messages/*.jsonl in their order, and returns how many the collector took (202).

    keys: by env, made with --backfill, so that simulated days keep their times. Each client has a connection of its own.
    """
    lines = list(_lines(Path(out) / "messages"))
    read = reader(contract)
    by_env: dict[str, list[bytes]] = {}
    for line in lines:
        by_env.setdefault(read(line).get("env") or "live", []).append(line)
    if missing := sorted(set(by_env) - set(keys)):
        raise SendError(f"{url}: no key for env {missing[0]}")
    jobs = [(env, part) for env, some in by_env.items() for part in _batches(some, batch)]
    sent = 0
    with ThreadPoolExecutor(clients) as pool:
        shares = [jobs[n::clients] for n in range(clients)]
        for count in pool.map(lambda share: _send_share(url, keys, share), shares):
            sent += count
            if progress:
                progress(sent, len(lines))
    return sent


def _send_share(url: str, keys: dict[str, str], share: list[tuple[str, list[bytes]]]) -> int:
    transports, sent = {env: Transport(url, key) for env, key in keys.items()}, 0
    for env, events in share:
        answer = _insist(transports[env], events)
        sent += answer["accepted"] + len(answer["refused"])
    for transport in transports.values():
        transport.close()
    return sent


def _insist(transport: Transport, events: list[bytes]) -> dict[str, Any]:
    failures, until = 0, time.monotonic() + PATIENCE_S
    while True:
        try:
            return transport.send(events)
        except Later as e:
            wait = min(pause(failures, e.seconds), 5.0)
            if time.monotonic() + wait > until:
                raise SendError(f"{transport.at.geturl()}: {e}") from None
            failures += 1
            time.sleep(wait)


def _batches(lines: list[bytes], size: int) -> Iterator[list[bytes]]:
    rest = iter(lines)
    while some := list(islice(rest, size)):
        yield some


def _lines(folder: Path) -> Iterator[bytes]:
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise FileNotFoundError(f"{folder}: no JSON lines; write them with generate --format=jsonl")
    for path in paths:
        with path.open("rb") as f:
            yield from (line.rstrip(b"\n") for line in f)
