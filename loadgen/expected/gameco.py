"""gameco: battles, guilds, weapons and gold."""

from collections import Counter, defaultdict

from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.expected.answer import Answer, rounded
from gamebeam.schemas.tables import ARROW

TEXT, NUMBER, SHARE, TIME = ARROW["string"], ARROW["long"], ARROW["double"], ARROW["timestamp"]


class Gameco:
    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.fought: Counter[str] = Counter()
        self.victorious: Counter[str] = Counter()
        self.guilds: Counter[str] = Counter()
        self.holders: dict[str, list[int]] = defaultdict(list)  # when they got the power
        self.weapons: Counter[str] = Counter()
        self.gold: Counter[str] = Counter()

    def add(self, sent: Sent) -> None:
        own, host = sent.own, sent.player_id or ""
        match sent.event_type:
            case "enter_battle":
                self.outcomes[own["outcome"]] += 1
                self.fought[own["enemy"]] += 1
                self.victorious[own["enemy"]] += own["outcome"] == "lost"
            case "join_guild":
                self.guilds[own["guild_name"]] += host.endswith(".comcast.com")
                if own["special_power"] == "Time Freezing" and host:
                    self.holders[host].append(sent.event_time)
            case "purchase_weapon":
                self.weapons[own["weapon_type"]] += 1
                if own["gold_cost"] is not None and host and not host.startswith("localhost"):
                    self.gold[host.split(".", 1)[-1]] += own["gold_cost"]

    def answers(self) -> dict[str, Answer]:
        fought = sum(n for outcome, n in self.outcomes.items() if outcome is not None)
        return {
            "battles_won": Answer({"outcome": TEXT, "battles": NUMBER, "share": SHARE},
                                  [(o, n, rounded(n / fought, 4)) for o, n in self.outcomes.items() if o is not None]),
            "enemies_fought": _counted("enemy", "battles", self.fought),
            "enemies_victorious": _counted("enemy", "defeats", self.victorious),
            "guilds_of_comcast": _counted("guild_name", "joins", self.guilds),
            "time_freezing": Answer({"host": TEXT, "times": NUMBER, "since": TIME},
                                    [(host, len(when), min(when)) for host, when in self.holders.items()]),
            "weapons_purchased": _counted("weapon_type", "purchases", self.weapons),
            "gold_by_domain": _counted("domain", "gold", self.gold),
        }


def _counted(of: str, figure: str, counts: Counter[str]) -> Answer:
    return Answer({of: TEXT, figure: NUMBER}, [(name, n) for name, n in counts.items() if name is not None and n])
