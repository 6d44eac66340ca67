"""The messages that every contender reads: made once by the load generator, kept in .cache/bench."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from gamebeam.loadgen.faults import NO_FAULTS
from gamebeam.loadgen.generate import generate
from gamebeam.schemas.contract.contract import load_contract

MESSAGES_PER_PLAYER = 71  # what a starter player sends in two days, about


@dataclass(frozen=True)
class Messages:
    folder: Path
    count: int  # lines, broken ones included
    bytes: int

    @property
    def mean_bytes(self) -> float:
        return self.bytes / self.count


def made(cache: Path, about: int, seed: int, with_faults: bool) -> Messages:
    """About so many canonical messages of the starter game, with or without the generator's faults; the same each time."""
    players = max(1, about // MESSAGES_PER_PLAYER)
    out = cache / f"messages-players{players}-seed{seed}{'' if with_faults else '-no-faults'}"
    ready = out / "answers" / "sheet.json"
    if not ready.exists():
        shutil.rmtree(out, ignore_errors=True)  # what an interrupted run left
        generate(load_contract("starter"), str(out), players=players, days=2, seed=seed,
                 faults=None if with_faults else NO_FAULTS)
    return counted(out / "messages")


def counted(folder: Path) -> Messages:
    lines = size = 0
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as f:
            while block := f.read(1 << 20):
                lines += block.count(b"\n")
                size += len(block)
    return Messages(folder, lines, size)
