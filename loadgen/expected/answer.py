"""One answer as rows, and the arithmetic that several share."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Answer:
    """Columns as the question's SQL names them, with Arrow types."""

    columns: dict[str, pa.DataType]
    rows: Sequence[tuple[object, ...]]


def best(counts: Iterable[tuple[str, int]], places: int) -> list[tuple[str, int]]:
    """The greatest first; of equal ones the first by name."""
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:places]


def rounded(value: float | None, digits: int) -> float | None:
    """Halves away from zero, as SQL rounds."""
    if value is None:
        return None
    scaled = abs(value) * 10**digits
    return math.copysign((math.floor(scaled) + (scaled - math.floor(scaled) >= 0.5)) / 10**digits, value)
