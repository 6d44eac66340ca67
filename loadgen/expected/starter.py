"""starter: activity, money, levels, the economy, sessions, bots, enemies and tactics, of live players."""

import math
import statistics
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.expected.answer import Answer, rounded
from gamebeam.loadgen.expected.life import NUMBER, REAL, TEXT, Life, arpdau, conversion, ltv, retention, users
from gamebeam.loadgen.rollup_answers import in_micros
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import DAY_MS, HOUR_MS

NORMAL_95 = 1.96


class Starter:
    def __init__(self, contract: Contract) -> None:
        self.zone = ZoneInfo(contract.time_zone)
        self.lives: dict[str, Life] = defaultdict(Life)
        self.money: dict[str, Counter[date]] = defaultdict(Counter)
        self.flows: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])  # events, amount
        self.movers: dict[tuple[object, ...], set[str]] = defaultdict(set)
        self.sessions: dict[tuple[str | None, str], list[Any]] = {}  # (player, session) -> first, last, platform
        self.enemies: dict[str, Counter[str]] = defaultdict(Counter)
        self.registered: dict[str, tuple[Any, ...]] = {}  # player -> the first: when, event_id, media source, campaign, country

    def add(self, sent: Sent) -> None:
        if sent.env != "live":
            return
        day = datetime.fromtimestamp(sent.event_time // 1000, UTC).astimezone(self.zone).date()
        life = Life() if sent.player_id is None else self.lives[sent.player_id]  # nobody's is forgotten
        life.first_seen = min(life.first_seen or sent.event_time, sent.event_time)
        life.days.add(day)
        life.per_hour[sent.event_time // HOUR_MS] += 1
        if sent.session_id is not None:
            self._session((sent.player_id, sent.session_id), sent)
        self._money(sent, life, day)
        self._play(sent, life)

    def _session(self, key: tuple[str | None, str], sent: Sent) -> None:
        seen = self.sessions.setdefault(key, [sent.event_time, sent.event_time, sent.platform])
        if sent.event_time < seen[0]:
            seen[0], seen[2] = sent.event_time, sent.platform
        seen[1] = max(seen[1], sent.event_time)

    def _money(self, sent: Sent, life: Life, day: date) -> None:
        kind, own = {"purchase": "purchase", "ad_impression": "ad", "refund": "refund"}.get(sent.event_type), sent.own
        if kind is None:
            return
        micros = in_micros(own["revenue_usd" if kind == "ad" else "price_usd"]) * (-1 if kind == "refund" else 1)
        self.money[kind][day] += micros
        life.micros[day] += micros
        if kind == "purchase":
            tactic = "offer" if own["offer_id"] is not None else "discount" if own["discount"] else "share" if own["shared"] else "none"
            life.first_purchase = min(life.first_purchase or (sent.event_time, sent.event_id, tactic),
                                      (sent.event_time, sent.event_id, tactic))

    def _play(self, sent: Sent, life: Life) -> None:
        own = sent.own
        match sent.event_type:
            case "register" if sent.player_id is not None:
                first = (sent.event_time, sent.event_id, own["media_source"], own["campaign"], sent.country)
                self.registered[sent.player_id] = min(self.registered.get(sent.player_id, first), first, key=lambda of: of[:2])
            case "level_start":
                life.began[own["level"]] = min(life.began.get(own["level"], sent.event_time), sent.event_time)
                life.starts[own["level"]] += 1
            case "level_complete":
                life.completed[own["level"]] = min(life.completed.get(own["level"], sent.event_time), sent.event_time)
            case "level_fail":
                life.fails[own["level"]] += 1
            case "match_end":
                life.outcomes[own["outcome"]] += 1
                if own.get("enemy") is not None:
                    self.enemies[own["enemy"]][own["outcome"]] += 1
            case "currency_change":
                flow = (own["currency_type"], "sink" if own["amount"] < 0 else "source", own["reason"], own["item_type"])
                self.flows[flow][0] += 1
                self.flows[flow][1] += own["amount"]
                self.movers[flow] |= {sent.player_id} if sent.player_id is not None else set()

    def installs(self) -> list[tuple[date, str, str | None, str | None]]:
        """Each live player's: day, media source, campaign, country."""
        return [(datetime.fromtimestamp(when // 1000, UTC).astimezone(self.zone).date(), source, campaign, country)
                for when, _, source, campaign, country in self.registered.values()]

    def answers(self) -> dict[str, Answer]:
        lives = list(self.lives.values())
        return {
            "active_users": users(lives), "retention": retention(lives), "ltv": ltv(lives), "conversion": conversion(lives),
            "arpdau": arpdau(lives, self.money), "level_funnel": self._funnel(lives), "new_player_levels": self._new_players(lives),
            "economy": Answer(
                {"currency_type": TEXT, "flow": TEXT, "reason": TEXT, "item_type": TEXT, "events": NUMBER, "players": NUMBER,
                 "total": NUMBER}, [(*flow, n, len(self.movers[flow]), total) for flow, (n, total) in self.flows.items()]),
            "session_length": self._lengths(), "suspected_bots": self._suspects(), "win_rate_per_enemy": self._win_rates(),
            "tactics": self._tactics(lives)}

    def _funnel(self, lives: list[Life]) -> Answer:
        rows = []
        for level in {level for life in lives for level in (*life.began, *life.completed, *life.fails)}:
            began, completed = sum(level in life.began for life in lives), sum(level in life.completed for life in lives)
            starts, fails = sum(life.starts[level] for life in lives), sum(life.fails[level] for life in lives)
            rows.append((level, began, completed, starts, fails, rounded(completed / began, 4) if began else None,
                         rounded(starts / completed, 2) if completed else None))
        return Answer({"level": NUMBER, "players": NUMBER, "completed": NUMBER, "starts": NUMBER, "fails": NUMBER, "completion": REAL,
                       "starts_per_completion": REAL}, rows)

    def _new_players(self, lives: list[Life]) -> Answer:
        began, completed = (Counter(level for life in lives for level, when in getattr(life, what).items()
                                    if when < (life.first_seen or 0) + DAY_MS) for what in ("began", "completed"))
        return Answer({"level": NUMBER, "began": NUMBER, "completed": NUMBER},
                      [(level, began[level], completed[level]) for level in began.keys() | completed.keys()])

    def _lengths(self) -> Answer:
        platforms: dict[str | None, list[float]] = defaultdict(list)
        of_players = {session for player, session in self.sessions if player is not None}
        for (player, session), (first, last, platform) in self.sessions.items():
            if player is None and session in of_players:  # before the player logged in
                continue
            platforms[platform].append((last - first) / 60000)
        rows = []
        for platform, minutes in platforms.items():
            ordered, n = sorted(minutes), len(minutes)
            p50, p90 = (rounded(ordered[math.ceil(n * p / 10) - 1], 2) for p in (5, 9))
            rows.append((platform, n, rounded(sum(minutes) / n, 2), p50, p90, rounded(ordered[-1], 2)))
        return Answer({"platform": TEXT, "sessions": NUMBER, "mean": REAL, "p50": REAL, "p90": REAL, "longest": REAL}, rows)

    def _suspects(self) -> Answer:
        rows: list[tuple[Any, ...]] = []
        for player, life in self.lives.items():
            if (most := max(life.per_hour.values())) >= 400:
                rows.append((player, "superhuman_rate", most))
            if (matches := life.outcomes.total()) >= 50 and life.outcomes["won"] == matches:
                rows.append((player, "never_loses", matches))
        return Answer({"player_id": TEXT, "reason": TEXT, "evidence": NUMBER}, rows)

    def _win_rates(self) -> Answer:
        """Wilson's interval, as the two rates from which the one seen is 1.96 standard errors away."""
        rows = []
        for enemy, outcomes in self.enemies.items():
            n, won, z2 = outcomes.total(), outcomes["won"], NORMAL_95**2
            rate = won / n
            reach = NORMAL_95 * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
            low, high = ((rate + z2 / (2 * n) + side * reach) / (1 + z2 / n) for side in (-1, 1))
            rows.append((enemy, n, won, rounded(rate, 4), rounded(low, 4), rounded(high, 4)))
        return Answer({"enemy": TEXT, "matches": NUMBER, "won": NUMBER, "win_rate": REAL, "low": REAL, "high": REAL}, rows)

    def _tactics(self, lives: list[Life]) -> Answer:
        minutes: dict[str, list[float]] = defaultdict(list)
        for life in lives:
            if life.first_purchase:
                minutes[life.first_purchase[2]].append((life.first_purchase[0] - (life.first_seen or 0)) / 60000)
        means = {tactic: sum(m) / len(m) for tactic, m in minutes.items()}
        variance = {tactic: statistics.variance(m) / len(m) for tactic, m in minutes.items() if len(m) > 1}
        rows = []
        for tactic, mean in means.items():
            shorter = means["none"] - mean if tactic != "none" and "none" in means else None
            both = variance["none"] + variance[tactic] if tactic in variance and "none" in variance else None
            median = statistics.median_low(minutes[tactic])
            rows.append((tactic, len(minutes[tactic]), rounded(median, 2), rounded(mean, 2), *_interval(mean, variance.get(tactic)),
                         rounded(shorter, 2), *_interval(shorter, both)))
        figures = ("median_minutes", "mean_minutes", "low", "high", "shorter_by", "shorter_by_low", "shorter_by_high")
        return Answer({"tactic": TEXT, "n": NUMBER, **dict.fromkeys(figures, REAL)}, rows)


def _interval(mean: float | None, variance: float | None) -> tuple[float | None, float | None]:
    if mean is None or variance is None:
        return None, None
    reach = NORMAL_95 * math.sqrt(variance)
    return rounded(mean - reach, 2), rounded(mean + reach, 2)
