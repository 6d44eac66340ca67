"""What is known of one player of starter, and what the players' days and money add up to."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from gamebeam.loadgen.expected.answer import Answer, rounded
from gamebeam.schemas.tables import ARROW

TEXT, NUMBER, REAL, DAY = ARROW["string"], ARROW["long"], ARROW["double"], ARROW["date"]
LONGEST = 30  # days after the first


@dataclass
class Life:
    """Of one live player. Times are ms, money is millionths of a USD."""

    first_seen: int | None = None
    days: set[date] = field(default_factory=set)
    micros: Counter[date] = field(default_factory=Counter)
    per_hour: Counter[int] = field(default_factory=Counter)
    began: dict[int, int] = field(default_factory=dict)  # level -> when first begun
    completed: dict[int, int] = field(default_factory=dict)
    starts: Counter[int] = field(default_factory=Counter)
    fails: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    first_purchase: tuple[int, str, str] | None = None  # when, event_id, tactic

    @property
    def cohort(self) -> date:
        return min(self.days)


def users(lives: Iterable[Life]) -> Answer:
    active = Counter(day for life in lives for day in life.days)
    rows = []
    for day in _every_day(active):
        windows = ({day - timedelta(days=back) for back in range(length)} for length in (7, 30))
        week, month = (sum(not life.days.isdisjoint(window) for life in lives) for window in windows)
        if month:
            rows.append((day, active[day], week, month, rounded(active[day] / month, 4)))
    return Answer({"day": DAY, "dau": NUMBER, "wau": NUMBER, "mau": NUMBER, "stickiness": REAL}, rows)


def retention(lives: Iterable[Life]) -> Answer:
    rows = []
    for cohort, age, members in _ages(lives):
        kept = sum(cohort + timedelta(days=age) in life.days for life in members)
        rows.append((cohort, age, len(members), kept, rounded(kept / len(members), 4)))
    return Answer({"cohort": DAY, "day": NUMBER, "players": NUMBER, "retained": NUMBER, "share": REAL}, rows)


def ltv(lives: Iterable[Life]) -> Answer:
    rows = []
    for cohort, age, members in _ages(lives):
        micros = sum(m for life in members for day, m in life.micros.items() if day <= cohort + timedelta(days=age))
        rows.append((cohort, age, len(members), micros / 1_000_000, rounded(micros / 1_000_000 / len(members), 4)))
    return Answer({"cohort": DAY, "day": NUMBER, "players": NUMBER, "revenue": REAL, "ltv": REAL}, rows)


def conversion(lives: Iterable[Life]) -> Answer:
    cohorts = _cohorts(lives)
    paid = {cohort: sum(life.first_purchase is not None for life in members) for cohort, members in cohorts.items()}
    return Answer({"cohort": DAY, "players": NUMBER, "payers": NUMBER, "share": REAL},
                  [(cohort, len(members), paid[cohort], rounded(paid[cohort] / len(members), 4)) for cohort, members in cohorts.items()])


def arpdau(lives: Iterable[Life], money: dict[str, Counter[date]]) -> Answer:
    """money: by kind and day, of players who were not known yet too."""
    active = Counter(day for life in lives for day in life.days)
    rows = []
    for day, players in active.items():
        parts = [money[kind][day] for kind in ("purchase", "ad", "refund")]
        rows.append((day, players, *(p / 1_000_000 for p in (*parts, sum(parts))), rounded(sum(parts) / 1_000_000 / players, 4)))
    return Answer({"day": DAY, "dau": NUMBER, "purchases": REAL, "ads": REAL, "refunds": REAL, "revenue": REAL, "arpdau": REAL}, rows)


def _cohorts(lives: Iterable[Life]) -> dict[date, list[Life]]:
    found: dict[date, list[Life]] = defaultdict(list)
    for life in lives:
        found[life.cohort].append(life)
    return found


def _ages(lives: Iterable[Life]) -> Iterable[tuple[date, int, list[Life]]]:
    """(cohort, days after it, its players), as far as anybody was seen."""
    last = max((day for life in lives for day in life.days), default=date.min)
    for cohort, members in _cohorts(lives).items():
        for age in range(min(LONGEST, (last - cohort).days) + 1):
            yield cohort, age, members


def _every_day(active: Counter[date]) -> Iterable[date]:
    day = min(active, default=date.max)
    while active and day <= max(active):
        yield day
        day += timedelta(days=1)
