"""Samples over a measured time, and its quarters."""

import time
from dataclasses import dataclass, field
from math import nan
from statistics import mean

from bench.heap import grown


@dataclass
class Samples:
    """Values by name, each with the seconds since the load began; MB."""

    began: float
    seconds: float
    values: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    heaps: list[tuple[float, dict[str, float]]] = field(default_factory=list)  # MB by class

    def add(self, name: str, value: float) -> None:
        self.values.setdefault(name, []).append((time.monotonic() - self.began, value))

    def quarter(self, name: str, number: int) -> float:
        """The mean of the first (0) to last (3) quarter. NaN: no sample."""
        edge = self.seconds / 4
        inside = [v for at, v in self.values[name] if number * edge <= at < (number + 1) * edge]
        return mean(inside) if inside else nan

    def add_heap(self, by_class: dict[str, float]) -> None:
        self.add("task managers: live objects", sum(by_class.values()))
        self.heaps.append((time.monotonic() - self.began, by_class))

    def heap_growth(self) -> list[tuple[str, float]]:
        """(class, MB more at the end than at the beginning of what is measured), the largest first."""
        inside = [by_class for at, by_class in self.heaps if 0 <= at <= self.seconds]
        return grown(inside[0], inside[-1]) if inside else []
