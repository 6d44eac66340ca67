"""generate(): players, their messages with every fault on the way, and the answer sheet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gamebeam.loadgen.client_event import on_wire
from gamebeam.loadgen.costs import campaigns, takes_costs
from gamebeam.loadgen.expected.starter import Starter
from gamebeam.loadgen.faults import rates_for
from gamebeam.loadgen.ground_truth import write_sheet
from gamebeam.loadgen.players import bot_numbers
from gamebeam.loadgen.world import World
from gamebeam.loadgen.write import FORMATS, file_names, slices, write_messages
from gamebeam.schemas.contract.contract import Contract


@dataclass(frozen=True)
class Summary:
    """What was written: messages in files, and the events behind them (lost ones included)."""

    out: str
    players: int
    events: int
    lost: int
    messages: int
    files: int
    bytes: int
    format: str


def generate(contract: Contract, out: str, *, players: int = 2000, days: int = 2, seed: int = 1, files: int = 4,
             format: str | None = None, start: str = "2026-11-01", faults: dict[str, float] | None = None,
             progress: Callable[[int, int], None] | None = None) -> Summary:
    """Writes OUT/messages/part-NNN.…, OUT/answers/ and, for starter, OUT/feeds/ of what advertising cost: same arguments, same bytes.

    progress: (players done, of all).
    """
    suffix = _suffix(contract, format)
    if min(players, days, files) < 1:
        raise ValueError("generate: players, days and files are at least 1")
    messages_folder = Path(out) / "messages"
    if messages_folder.exists() and any(messages_folder.iterdir()):
        raise FileExistsError(f"{messages_folder}: not empty; give another --out, or remove it first")
    rates = rates_for(contract, faults)
    begin = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp() * 1000)
    messages_folder.mkdir(parents=True, exist_ok=True)
    world = World(contract, suffix, rates, seed, begin, days)
    bots = bot_numbers(players) if on_wire(contract, "player_id") else frozenset()
    for number in range(players):
        world.play(number, number in bots)
        if progress:
            progress(number + 1, players)
    messages = sorted(world.messages)
    world.messages = []
    written = 0
    for name, part in zip(file_names(files, suffix), slices(messages, files), strict=True):
        world.read_broken(part)
        write_messages(messages_folder / name, part, suffix, contract.name)
        written += (messages_folder / name).stat().st_size
    totals = {"events_sent": world.events, "events_lost": world.lost, "messages": len(messages), "bots_planted": len(bots)}
    parameters = {"contract": contract.name, "fingerprint": contract.fingerprint, "players": players, "days": days, "seed": seed,
                  "files": files, "format": suffix, "start": start, "faults": rates}
    paid = None
    if takes_costs(contract) and isinstance(world.answers.asked, Starter):
        paid = campaigns(world.costs.write(Path(out) / "feeds"), world.answers.asked)
    write_sheet(world.answers, Path(out) / "answers", parameters, totals, paid)
    return Summary(out, players, world.events, world.lost, len(messages), files, written, suffix)


def _suffix(contract: Contract, wanted: str | None) -> str:
    suffix = wanted or ("jsonl" if contract.wire.arrival_time else "avro")
    if suffix not in FORMATS:
        raise ValueError(f"format: {suffix!r} is none of {', '.join(FORMATS)}")
    if suffix != "avro" and contract.wire.arrival_time is None:
        raise ValueError(f"format: {contract.name}'s messages do not say when they arrived (wire.yaml: arrival_time): use avro")
    return suffix
