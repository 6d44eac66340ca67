"""khan: who bought, joined, rose, fought and found."""

from collections import Counter, defaultdict

from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.expected.answer import Answer, best
from gamebeam.schemas.tables import ARROW

TEXT, NUMBER = ARROW["string"], ARROW["long"]
STATS = ("level", "attack", "defense", "health")
ITEMS = ("sword", "shield", "potion")


class Khan:
    def __init__(self) -> None:
        self.items: Counter[str] = Counter()
        self.purchases: dict[str, Counter[str]] = defaultdict(Counter)
        self.members: dict[str, set[str]] = defaultdict(set)
        self.stats: dict[str, dict[str, int | None]] = defaultdict(lambda: dict.fromkeys(STATS))
        self.deeds: dict[str, Counter[str]] = defaultdict(Counter)  # event type -> player -> how often

    def add(self, sent: Sent) -> None:
        player, own = sent.player_id, sent.own
        if sent.event_type.startswith("purchase_"):
            self.items[own["item_type"]] += own["amount_purchased"]
            if player is not None:
                self.purchases[player][own["item_type"]] += own["amount_purchased"]
        elif player is None:
            return
        elif sent.event_type == "join_guild":
            self.members[own["guild_name"]].add(player)
        else:
            self.deeds[sent.event_type][player] += 1
        if sent.event_type in ("level_up", "take_potion") and player is not None:
            stats = self.stats[player]
            for name in STATS:
                if own[name] is not None:
                    stats[name] = (stats[name] or 0) + own[name]

    def answers(self) -> dict[str, Answer]:
        guilds = Answer({"guild_name": TEXT, "members": NUMBER}, [(guild, len(who)) for guild, who in self.members.items()])
        levels = [(player, stats["level"]) for player, stats in self.stats.items() if stats["level"] is not None]
        potions = self.deeds["take_potion"]
        most = max(potions.values(), default=0)
        return {
            "items_purchased": Answer({"item_type": TEXT, "purchased": NUMBER}, [*self.items.items()]),
            "guild_members": guilds,
            "guild_membership": guilds,
            "top_players": Answer({"userid": TEXT, "player_level": NUMBER}, [*best(levels, 10)]),
            "enemies_defeated": Answer({"userid": TEXT, "defeated": NUMBER}, [*best(self.deeds["defeat_enemy"].items(), 10)]),
            "most_potions": Answer({"userid": TEXT, "potions_used": NUMBER}, [(p, n) for p, n in potions.items() if n == most]),
            "most_treasures": Answer({"userid": TEXT, "treasures_found": NUMBER}, [*best(self.deeds["find_treasure"].items(), 10)]),
            "players_attacked": Answer({"players_attacked": NUMBER}, [(len(self.deeds["enemy_attack"]),)]),
            "player_standings": Answer(
                {"userid": TEXT, "level": NUMBER, "total_attack": NUMBER, "total_defense": NUMBER, "total_health": NUMBER},
                [(player, *stats.values()) for player, stats in self.stats.items()]),
            "player_purchases": Answer(
                {"userid": TEXT, "sword_purchases": NUMBER, "shield_purchases": NUMBER, "potion_purchases": NUMBER},
                [(player, *(bought[item] for item in ITEMS)) for player, bought in self.purchases.items()]),
        }
