"""What advertising costs: CSV files as a network exports them, one a day, and each campaign on the answer sheet."""

import csv
import random
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gamebeam.loadgen.expected.starter import Starter
from gamebeam.loadgen.players import Player
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.feeds import feeds

COLUMNS = ("day", "media_source", "campaign", "country", "impressions", "clicks", "cost_usd")
CENTS = {"adwords": 210, "facebook": 175, "tiktok": 90, "unity_ads": 60}  # for an install, about
THREE_LETTERS = {"US": "USA", "JP": "JPN", "GB": "GBR", "IN": "IND", "CA": "CAN"}  # the others are sent as two
IN_VAIN = 777  # cents a day for a country where nobody plays
RESTATED = 1.05  # what the last file makes of the first day of adwords


class Campaign(NamedTuple):
    day: date
    media_source: str
    campaign: str | None
    country: str | None


class Costs:
    """Counts installs as they were, lost ones included: who advertises pays for those too."""

    def __init__(self, contract: Contract, seed: int):
        self.seed, self.zone, self.installs = seed, ZoneInfo(contract.time_zone), Counter[Campaign]()

    def installed(self, player: Player) -> None:
        if player.env == "live" and player.media_source in CENTS:
            day = datetime.fromtimestamp(player.first_install // 1000, UTC).astimezone(self.zone).date()
            self.installs[Campaign(day, player.media_source, player.campaign, player.country)] += 1

    def write(self, folder: Path) -> dict[Campaign, int]:
        """cost-<day>.csv each, and one that restates the first day of adwords; returns the cents that hold then."""
        cents = {of: self._cents(of, n) for of, n in self.installs.items()}
        cents |= {Campaign(day, "adwords", "launch_nz", "NZ"): IN_VAIN for day in {of.day for of in cents}}
        folder.mkdir(parents=True, exist_ok=True)
        days = sorted({of.day for of in cents})
        for day in days:
            self._file(folder / f"cost-{day}.csv", {of: n for of, n in cents.items() if of.day == day})
        again = {of: round(n * RESTATED) for of, n in cents.items() if (of.day, of.media_source) == (days[0], "adwords")} if days else {}
        if again:
            self._file(folder / "cost-restated.csv", again)
        return cents | again

    def _cents(self, of: Campaign, installs: int) -> int:
        return round(CENTS[of.media_source] * installs * random.Random(f"{self.seed}/{of}").uniform(0.8, 1.2))

    def _file(self, path: Path, cents: dict[Campaign, int]) -> None:
        with path.open("w", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(COLUMNS)
            for of, n in sorted(cents.items()):
                clicks = self.installs[of] * 9
                out.writerow((of.day, of.media_source, of.campaign, THREE_LETTERS.get(of.country or "", of.country), clicks * 40, clicks,
                              f"{n / 100:.2f}"))


def takes_costs(contract: Contract) -> bool:
    """Whether the game declares starter's feed of costs."""
    feed = feeds(contract).get("cost")
    return feed is not None and tuple(c.name for c in feed.columns) == COLUMNS


def campaigns(cents: dict[Campaign, int], asked: Starter) -> list[dict[str, object]]:
    """What each cost, and how many installs came of it that landed: one line per day, source, campaign and country."""
    landed = Counter(Campaign(*of) for of in asked.installs())
    return [{**of._asdict(), "day": str(of.day), "cost_micros": cents.get(of, 0) * 10_000, "installs": landed[of]}
            for of in sorted(cents.keys() | landed.keys(), key=str)]
