"""Beam's parameters and outputs of a DoFn's methods, under the types that they have when a method is called."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import apache_beam as beam
from apache_beam.utils.timestamp import Timestamp

# Defaults by which Beam knows what to hand over; to a type checker they are of any type, as the parameters have types of their own.
TIMESTAMP: Any = beam.DoFn.TimestampParam
WINDOW: Any = beam.DoFn.WindowParam
PANE: Any = beam.DoFn.PaneInfoParam
FINALIZER: Any = beam.DoFn.BundleFinalizerParam
RESTRICTION: Any = beam.DoFn.RestrictionParam
WATERMARK: Any = beam.DoFn.WatermarkEstimatorParam
STATE: Any = beam.DoFn.StateParam
TIMER: Any = beam.DoFn.TimerParam

Outputs: TypeAlias = Iterable[Any]  # of several types, tagged: Beam chooses coders by annotations, and Any leaves them as they are
Collections: TypeAlias = Any  # a collection, or several by name: Beam would warn of a type that is none of its own


class Bag(Protocol):
    """State that values are added to."""

    def read(self) -> Iterator[bytes]: ...
    def add(self, value: bytes) -> None: ...
    def clear(self) -> None: ...


class Timer(Protocol):
    def set(self, at: Timestamp) -> None: ...


class Finalizer(Protocol):
    """Calls back once a bundle's output is stored for good."""

    def register(self, callback: object) -> None: ...


class TrackerView(Protocol):
    """What a splittable DoFn claims positions of."""

    def current_restriction(self) -> Any: ...  # of whatever type the DoFn's provider makes
    def try_claim(self, position: object) -> bool: ...
    def defer_remainder(self, deferred_time: object = None) -> None: ...


class Watermark(Protocol):
    def set_watermark(self, timestamp: Timestamp) -> None: ...
    def current_watermark(self) -> Timestamp: ...
