"""placebo: items and prices, guilds and teams, wealth and what goes with it."""

import math
import statistics
from collections import defaultdict
from itertools import pairwise

from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.expected.answer import Answer, rounded
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.dates import HOUR_MS
from gamebeam.schemas.tables import ARROW

TEXT, NUMBER, REAL = ARROW["string"], ARROW["long"], ARROW["double"]
PERCENTILES = (10, 25, 50, 75, 90)


class Placebo:
    def __init__(self, contract: Contract) -> None:
        self.gap = contract.session_gap_ms or 0
        self.items: dict[tuple[str, str], list[float]] = defaultdict(list)  # (status, item) -> prices
        self.joins: dict[tuple[str, str], list[float]] = defaultdict(list)  # (event type, org) -> wealth of who joined
        self.times: dict[str, list[int]] = defaultdict(list)
        self.logins: dict[str, list[int]] = defaultdict(list)
        self.bought: dict[str, list[int]] = defaultdict(list)
        self.joined: dict[str, list[int]] = defaultdict(list)
        self.seen: dict[str, dict[str, tuple[int, str, float]]] = defaultdict(dict)  # the last of wealth, items and orgs

    def add(self, sent: Sent) -> None:
        player, own = sent.player_id, sent.own
        if player is not None:
            self.times[player].append(sent.event_time)
        if sent.event_type.startswith("buy_"):
            self.items[own["status"], own["item_type"]].append(own["cost"])
            approved = own["status"] == "approved_purchase"
            self._see(sent, wealth=own["player_wealth"] - own["cost"] * approved, items=own["player_num_items"] + approved)
            if approved and player is not None:
                self.bought[player].append(sent.event_time)
        elif sent.event_type.startswith("join_"):
            self.joins[sent.event_type, own["org"]].append(own["player_wealth"])
            let_in = own["status"] != "denied_join"
            self._see(sent, wealth=own["player_wealth"] - own["cost"] * let_in, orgs=own["player_num_affiliations"] + let_in)
            if let_in and player is not None:
                self.joined[player].append(sent.event_time)
        elif sent.event_type in ("create_user", "view_user_data"):
            items, orgs = own["inventory"], own["affiliations"]
            self._see(sent, wealth=own["wealth"], items=None if items is None else len(items), orgs=None if orgs is None else len(orgs))
        elif sent.event_type == "login" and player is not None:
            self.logins[player].append(sent.event_time)

    def _see(self, sent: Sent, **amounts: float | None) -> None:
        if sent.player_id is None:
            return
        last = self.seen[sent.player_id]
        for name, amount in amounts.items():
            moment = (sent.event_time, sent.event_id)
            if amount is not None and (name not in last or moment > last[name][:2]):
                last[name] = (*moment, amount)

    def answers(self) -> dict[str, Answer]:
        approved = {item: prices for (status, item), prices in self.items.items() if status == "approved_purchase"}
        orgs: dict[str, list[float]] = defaultdict(list)
        for (_, org), wealth in self.joins.items():
            orgs[org] += wealth
        return {
            "items_bought": Answer({"status": TEXT, "type": TEXT, "items": NUMBER},
                                   [(*key, len(prices)) for key, prices in self.items.items()]),
            "average_price": Answer({"type": TEXT, "average_price": REAL, "items": NUMBER},
                                    [(item, _mean(prices), len(prices)) for item, prices in approved.items()]),
            "popular_orgs": Answer({"event_type": TEXT, "org": TEXT, "joins": NUMBER},
                                   [(*key, len(wealth)) for key, wealth in self.joins.items()]),
            "org_wealth": Answer({"org": TEXT, "average_wealth": REAL, "joins": NUMBER},
                                 [(org, _mean(wealth), len(wealth)) for org, wealth in orgs.items()]),
            "time_to_purchase": self._time_to(self.bought, "buyers"),
            "time_to_join": self._time_to(self.joined, "joiners"),
        } | self._wealth()

    def _time_to(self, deeds: dict[str, list[int]], doers: str) -> Answer:
        times = []
        for player, logins in self.logins.items():
            after = [t for t in deeds.get(player, ()) if t >= min(logins)]
            if after:
                times.append(min(after) - min(logins))
        mean = rounded(sum(times) / len(times) / 60000, 2) if times else None
        return Answer({"players": NUMBER, doers: NUMBER, "mean_minutes": REAL}, [(len(self.logins), len(times), mean)])

    def _wealth(self) -> dict[str, Answer]:
        accounts = [{n: amount for n, (*_, amount) in last.items()} | {"hours": self._hours(player)}
                    for player, last in self.seen.items()]
        accounts = [a for a in accounts if "wealth" in a]
        steps: dict[int, int] = defaultdict(int)
        hours: dict[int, list[float]] = defaultdict(list)
        for a in accounts:
            steps[math.floor(a["wealth"] / 10000) * 10000] += 1
            hours[math.floor(a["hours"])].append(a["wealth"])
        factors = {"hours played": "hours", "guilds and teams": "orgs", "items": "items"}
        columns = {"factor": TEXT, "players": NUMBER, "correlation": REAL, "mean_wealth_above_average": REAL,
                   "mean_wealth_up_to_average": REAL}
        return {
            "wealth_distribution": Answer({"wealth_from": NUMBER, "players": NUMBER, "share": REAL},
                                          [(step, n, rounded(n / len(accounts), 4)) for step, n in steps.items()]),
            "wealth_by_time_played": Answer(
                {"hours_from": NUMBER, "players": NUMBER, "mean_wealth": REAL, "poorest": REAL, "richest": REAL},
                [(h, len(w), _mean(w), min(w), max(w)) for h, w in hours.items()]),
            "wealth_percentiles": Answer(
                {"hours_from": NUMBER, "players": NUMBER, **{f"p{p}": REAL for p in PERCENTILES}},
                [(h, len(w), *(sorted(w)[max(math.ceil(p * len(w) / 100), 1) - 1] for p in PERCENTILES)) for h, w in hours.items()]),
            "goes_with_wealth": Answer(columns, [
                _correlated(factor, pairs) for factor, name in factors.items()
                if (pairs := [(a["wealth"], a[name]) for a in accounts if name in a])]),
        }

    def _hours(self, player: str) -> float:
        """Time between events, but for the pauses between sessions."""
        pauses = (after - before for before, after in pairwise(sorted(self.times[player])))
        return sum(p for p in pauses if p <= self.gap) / HOUR_MS


def _mean(values: list[float]) -> float | None:
    return rounded(sum(values) / len(values), 2) if values else None


def _correlated(factor: str, pairs: list[tuple[float, float]]) -> tuple[object, ...]:
    wealth, amounts = [w for w, _ in pairs], [a for _, a in pairs]
    varied = len(set(wealth)) > 1 and len(set(amounts)) > 1
    correlation = rounded(statistics.correlation(wealth, amounts), 4) if varied else None
    average = sum(amounts) / len(amounts)
    return (factor, len(pairs), correlation, _mean([w for w, a in pairs if a > average]), _mean([w for w, a in pairs if a <= average]))
