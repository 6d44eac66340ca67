"""FollowFiles: files dropped into a folder or bucket, as they arrive, each once."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import PBegin
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration

from gamebeam.archive.followed_files import WRITTEN_MS, Followed, Taken
from gamebeam.archive.layout import findable
from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.beam_params import RESTRICTION, WATERMARK, Outputs, TrackerView, Watermark
from gamebeam.transforms.decode.decoder import Decoder
from gamebeam.transforms.messages import Messages
from gamebeam.transforms.sources.files import ChangedFile, UnreadableFile, hash_if_whole, read_file, require_times
from gamebeam.transforms.sources.source_lifecycle import DRAIN, PAUSE
from gamebeam.transforms.sources.unbounded_restriction import Endless, timestamp

BUNDLE = 64 << 20  # bytes of new files read before the runner gets a checkpoint; a file is read whole

AGAIN_S = 60.0  # until a file that could not be read to its end is tried again
LOG = logging.getLogger(__name__)


class Listed(NamedTuple):
    """A file as it was found: one that is written to later is another one."""

    path: str
    bytes: int
    written_s: float  # since 1970


class Folder(NamedTuple):
    """What is known of it. newest: ms of the newest arrival read, or 0; read_at: ms of our clock when it was read."""

    taken: frozenset[Listed] = frozenset()  # files that are still there
    newest: int = 0
    read_at: int = 0
    unsettled: tuple[Taken, ...] = ()  # read, and not yet surely written


@dataclass
class FollowFiles(beam.PTransform[PBegin, beam.PCollection[Messages]]):
    """Messages of every file that matches the pattern, those there at launch first; a look every interval_s seconds.

    A file is read once it has its name and nothing was written to it for still_s seconds: better write it as .name or name.tmp, and
    rename it. One that is written to after it was read is read again whole: what was read before is then a duplicate. Messages are as
    read_file gives them, and say when they arrived: as in batch, from the message itself, but never behind what was promised before:
    the folder's clock. It stands one interval behind the newest arrival read, and goes on from there as time passes. An element is
    stamped with its earliest. A file with the content of one that an earlier run has read is left out.
    """

    pattern: str
    interval_s: float
    contract: Contract
    followed: Followed
    most_files: int | None = None
    still_s: float = 0

    def expand(self, root: PBegin) -> beam.PCollection[Messages]:
        return (root
                | "Folder" >> beam.Create([self.pattern], reshuffle=False)
                | "ReadNewFiles" >> beam.ParDo(
                    ReadNewFiles(self.contract, self.interval_s, self.followed, self.most_files, self.still_s))
                | "Spread" >> beam.Reshuffle().with_output_types(Messages))


class Tracker(RestrictionTracker):
    """A look at the folder is claimed as the Folder that it leaves behind; None ends. The rest is the last one claimed."""

    def __init__(self, folder: Folder):
        self.folder: Folder = folder
        self.left: Folder = folder
        self.done = False

    def current_restriction(self) -> Folder:
        return self.folder

    def current_progress(self) -> RestrictionProgress:
        return RestrictionProgress(completed=0, remaining=1)

    def try_claim(self, position: Folder | None) -> bool:
        if self.done:
            return False
        if position is None:
            self.done = True
        else:
            self.left = position
        return True

    def try_split(self, fraction_of_remainder: float) -> tuple[Folder, Folder] | None:
        """Only the source itself hands the rest back to the runner."""
        if self.done or fraction_of_remainder != 0:
            return None
        self.done = True
        return self.folder, self.left

    def check_done(self) -> None:
        if not self.done:
            raise ValueError("a folder without an end was given back as read")

    def is_bounded(self) -> bool:
        return False


@beam.typehints.with_output_types(Messages)
class ReadNewFiles(beam.DoFn, Endless):
    """Pattern -> Messages, without end. Restriction: what was taken, and the folder's clock. most_files: of one bundle."""

    def __init__(self, contract: Contract, interval_s: float, followed: Followed, most_files: int | None = None, still_s: float = 0):
        self.contract, self.interval_s, self.followed, self.most_files, self.still_s = contract, interval_s, followed, most_files, still_s

    def setup(self) -> None:
        self.decoder = Decoder(self.contract, pii_key=b"only arrivals are read")
        self.unreadable: dict[Listed, tuple[str, float]] = {}  # (why, when looked into, in s)
        self.noted: dict[str, str] = {}  # what the run's notes say of unreadable files
        self.seen: dict[Listed, float] = {}  # since when a file is as it is, in s

    def initial_restriction(self, pattern: str) -> Folder:
        return Folder()

    def create_tracker(self, restriction: Folder) -> Tracker:
        return Tracker(restriction)

    @beam.DoFn.unbounded_per_element()
    def process(self, pattern: str, tracker: TrackerView = RESTRICTION(),
                watermark: Watermark = WATERMARK(ManualWatermarkEstimator.default_provider())) -> Outputs:
        taken, newest, read_at, unsettled = tracker.current_restriction()
        reached = watermark.current_watermark()
        floor = max(reached.micros // 1000 if reached else 0, 0)
        listed = files_there(pattern)
        taken &= listed.keys()  # a name is free again once its file is gone
        changed = {file.path for file in tracker.current_restriction().taken - taken} & {file.path for file in listed}
        self.seen = {file: self.seen.get(file, time.monotonic()) for file in listed if file not in taken}
        new, held = [file for file in self.seen if not PAUSE.is_set() and self._may_be_read(file)], 0
        for file in new[:self.most_files]:
            if held >= BUNDLE:
                break
            try:
                sha256 = hash_if_whole(file.path)
            except UnreadableFile as e:
                LOG.warning("%s; left where it is, and tried again in a minute", e)
                self.unreadable[file] = str(e), time.monotonic()
                continue
            held += file.bytes
            taken |= {file}
            if sha256 in self.followed.earlier:
                continue
            if file.path in changed:
                LOG.warning("%s: changed after it was read, and read again: what was read before counts as duplicate", file.path)
            try:
                last = 0
                for messages in self._arrived(file.path, sha256, floor):
                    last, read_at = max(last, *messages.arrivals or ()), _now()
                    yield TimestampedValue(messages, timestamp(min(messages.arrivals or ())))
            except (ChangedFile, UnreadableFile) as e:
                LOG.warning("%s; read again at the next look", e)
                taken -= {file}
                continue
            newest = max(newest, last)
            unsettled += (Taken(file.path, sha256, file.bytes, last),)
        self._note_unreadable(listed)
        if not new and DRAIN.is_set():
            self.followed.note(unsettled, at_end=True)
            tracker.try_claim(None)
            return
        if written := [file for file in unsettled if file.newest + WRITTEN_MS <= floor]:
            self.followed.note(written)
            unsettled = tuple(file for file in unsettled if file not in written)
        tracker.try_claim(Folder(taken, newest, read_at, unsettled))
        safe = newest - round(self.interval_s * 1000) + (_now() - read_at)
        if newest and safe > floor:
            watermark.set_watermark(timestamp(safe))
        tracker.defer_remainder(Duration(0 if new else self.interval_s))

    def _may_be_read(self, file: Listed) -> bool:
        """Whether nothing was written to it for a while; one that could not be read is looked into once a minute."""
        _, at = self.unreadable.get(file, ("", -AGAIN_S))
        still = time.monotonic() - self.seen[file] >= self.still_s or time.time() - file.written_s >= self.still_s
        return still and time.monotonic() - at >= AGAIN_S

    def _note_unreadable(self, listed: Iterable[Listed]) -> None:
        self.unreadable = {file: self.unreadable[file] for file in listed if file in self.unreadable}
        why = {file.path: why for file, (why, _) in self.unreadable.items()}
        if why != self.noted:
            self.followed.note_unreadable(why)
            self.noted = why

    def _arrived(self, path: str, sha256: str, floor: int) -> Iterable[Messages]:
        """Of one file, with arrivals: the broker's, else what decode finds in each message."""
        require_times(self.contract, [path])
        previous, self.decoder.started = None, _now()
        for messages in read_file(path, sha256, self.contract.max_message_bytes):
            arrivals = messages.arrivals
            if arrivals is None:
                arrivals = [item.arrival_time for item in self.decoder.decode_all(messages.payloads, None, None, path, previous)]
                previous = self.decoder.reached
            messages.arrivals = [max(arrival, floor) for arrival in arrivals]
            yield messages


def files_there(pattern: str) -> dict[Listed, None]:
    """In the order in which they were last written; no dotfiles, *.tmp or empty files: those are on their way."""
    matched = FileSystems.match([findable(pattern)])[0].metadata_list
    found = [Listed(m.path, m.size_in_bytes, m.last_updated_in_seconds or 0.0) for m in matched
             if m.size_in_bytes and not _half_written(m.path)]
    return dict.fromkeys(sorted(found, key=lambda file: (file.written_s, file.path)))


def _half_written(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name.startswith(".") or name.endswith(".tmp")


def _now() -> int:
    return time.time_ns() // 1_000_000
