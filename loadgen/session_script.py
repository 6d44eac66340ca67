"""What happens in a session: told for the event types that the contract has, drawn by weight for those it does not know."""

from collections.abc import Callable
from typing import Any

from gamebeam.loadgen.players import BOT_EVENTS, Player, Session
from gamebeam.schemas.contract.contract import Contract

Moment = tuple[str, int, dict[str, object], bool]  # event type, ms, facts by field name, whether the player is known yet
CATALOGUE = {"gems_100": 0.99, "gems_600": 4.99, "starter_pack": 2.99, "season_pass": 9.99, "gems_5000": 39.99}  # USD
CATALOGUE_WEIGHTS = (45, 22, 18, 12, 3)
PER_USD = {"USD": 1.0, "EUR": 0.92, "JPY": 150.0, "BRL": 5.4, "GBP": 0.79, "INR": 84.0, "PLN": 4.0, "CAD": 1.37}
ENEMIES = ("Zeus", "Vega", "Łódź Golem", "Kraken")
GUILDS = ("Knights", "Äther", "Ravens", "龍の巣", "Harbour")
TEAMS = ("Blue", "Red", "Green")
ITEMS = {"sword": ("cutlass", "claymore"), "potion": ("healing", "haste"), "skin": ("gold", "night")}
TOLD = {"register", "login", "session_start", "session_end", "level_start", "level_complete", "level_fail", "level_up",
        "match_start", "match_end", "purchase", "refund", "currency_change", "guild_join", "guild_leave", "team_join",
        "team_leave", "achievement", "ad_impression", "crash"}


class Storyteller:
    """One contract's stories. A contract without session_start and session_end is drawn by weight alone."""

    def __init__(self, contract: Contract):
        self.types = contract.events
        told = {n for n in TOLD if n in self.types} if {"session_start", "session_end"} <= set(self.types) else set()
        self.told = told
        self.drawn = sorted(n for n in self.types if n not in told)
        self.drawn_weights = [max(self.types[n].weight, 0.0) for n in self.drawn]
        if not any(self.drawn_weights):
            self.drawn_weights = [1.0] * len(self.drawn)
        actions: dict[str, tuple[float, Callable[[Telling], None]]] = {
            "level_start": (34, Telling.level), "match_start": (26, Telling.match), "currency_change": (9, Telling.shop),
            "ad_impression": (9, Telling.ad), "guild_join": (2, Telling.guild), "team_join": (2, Telling.team),
            "achievement": (4, Telling.achievement), "refund": (1, Telling.refund)}
        chosen = [a for name, a in actions.items() if name in told]
        self.actions = [a for _, a in chosen]
        self.action_weights = [w for w, _ in chosen]
        if self.drawn:
            total = sum(t.weight for t in self.types.values()) or 1
            share = min(sum(self.drawn_weights) / total, 0.99) if chosen else 1.0
            self.actions.append(Telling.draw)
            self.action_weights.append(share / (1 - share) * sum(self.action_weights) if chosen else 1.0)

    def tell(self, player: Player, session: Session) -> list[Moment]:
        """The session's events in order of time."""
        telling = Telling(self, player, session)
        return telling.grind() if player.is_bot else telling.play()


class Telling:
    """One session as it happens; `now` moves on."""

    def __init__(self, teller: Storyteller, player: Player, session: Session):
        self.teller, self.player, self.session = teller, player, session
        self.account, self.rng = player.account, player.rng
        self.now, self.moments = session.start, list[Moment]()
        self.matches = 0

    def say(self, event_type: str, known: bool = True, **facts: object) -> None:
        if event_type in self.teller.told:
            self.moments.append((event_type, self.now, facts, known))

    def wait(self, shortest_s: float, longest_s: float) -> int:
        """Moves on; returns whole seconds."""
        milliseconds = round(self.rng.uniform(shortest_s, longest_s) * 1000)
        self.now += milliseconds
        return milliseconds // 1000

    def play(self) -> list[Moment]:
        new = self.session.install.sessions == 0
        self.say("session_start", not new or self.rng.random() < 0.6, first=self.now <= self.player.first_install)
        self.wait(0.3, 2)
        if new:
            self.say("register", media_source=self.player.media_source, campaign=self.player.campaign,
                     install_time=self.session.install.install_time)
            self.wait(0.5, 3)
        self.say("login", method=self.rng.choice(("device", "email", "platform_account")))
        while self.now < self.session.end:
            self.wait(2, 30)
            self.rng.choices(self.teller.actions, self.teller.action_weights)[0](self)
            if self.wants_to_buy():
                self.buy()
            if self.rng.random() < 0.002:
                fatal = self.rng.random() < 0.7
                self.say("crash", error=self.rng.choice(("NullReference", "OutOfMemory", "ShaderCompile")),
                         stack_hash=f"{self.rng.getrandbits(24):06x}", fatal=fatal)
                if fatal:
                    return self.moments
        self.wait(0.5, 5)
        self.say("session_end", duration_s=(self.now - self.session.start) // 1000)
        return self.moments

    def grind(self) -> list[Moment]:
        """A bot: hundreds of events, seconds apart, within the session."""
        self.say("session_start", first=True)
        step = (self.session.end - self.session.start) // (BOT_EVENTS + 2)
        while len(self.moments) < BOT_EVENTS:
            self.now += step
            if "match_start" in self.teller.told:
                facts: dict[str, Any] = {"match_id": f"m-{self.rng.getrandbits(40):010x}", "enemy": ENEMIES[0], "opponent": None}
                self.say("match_start", **facts)
                self.now += step
                self.say("match_end", outcome="won", score=self.rng.randrange(90, 110), **facts)
            elif self.teller.drawn:
                self.draw()
            else:
                self.say("session_start", first=False)
        self.say("session_end", duration_s=(self.now - self.session.start) // 1000)
        return self.moments

    def draw(self) -> None:
        event_type = self.rng.choices(self.teller.drawn, self.teller.drawn_weights)[0]
        self.moments.append((event_type, self.now, {}, True))
        if not self.player.is_bot:
            self.wait(4, 40)

    def level(self) -> None:
        account = self.account
        self.say("level_start", level=account.level)
        seconds = self.wait(15, 80)
        if self.rng.random() > self.player.skill:
            self.say("level_fail", level=account.level, duration_s=seconds)
            return
        self.say("level_complete", level=account.level, duration_s=seconds, stars=self.rng.choice((1, 2, 2, 3)))
        account.level += 1
        self._earn(self.rng.randrange(20, 120), "level_reward")
        self._experience(30)

    def match(self) -> None:
        against_player = self.rng.random() < 0.5
        facts: dict[str, Any] = {"match_id": f"m-{self.rng.getrandbits(40):010x}",
                 "enemy": None if against_player else self.rng.choice(ENEMIES),
                 "opponent": f"p-{self.rng.randrange(100_000):06d}" if against_player else None}
        self.say("match_start", **facts)
        self.wait(20, 90)
        draw, won = self.rng.random() < 0.06, self.rng.random() < self.player.skill
        outcome = "draw" if draw else "won" if won else "lost"
        self.say("match_end", outcome=outcome, score=self.rng.randrange(100, 300) if won else self.rng.randrange(120), **facts)
        if outcome == "won":
            self._earn(self.rng.randrange(10, 60), "match_won")
            self._experience(40)

    def shop(self) -> None:
        kind = self.rng.choice(tuple(ITEMS))
        price = self.rng.randrange(50, 400)
        if self.account.soft >= price:
            self.account.soft -= price
            self.say("currency_change", currency_type="soft", amount=-price, balance=self.account.soft, reason="item_bought",
                     item_type=kind, item_name=self.rng.choice(ITEMS[kind]))

    def wants_to_buy(self) -> bool:
        self.account.actions += 1
        again = self.rng.random() < self.player.payer
        return again if self.account.has_bought else self.account.actions >= self.player.buys_after

    def buy(self) -> None:
        product = self.rng.choices(tuple(CATALOGUE), CATALOGUE_WEIGHTS)[0]
        weekend, shared = self.rng.random() < 0.15, self.rng.random() < 0.05
        discount, offer = (0.2, "weekend") if weekend else (None, None)
        if not self.account.has_bought:  # the first purchase came of what the studio tried
            discount = 0.2 if self.player.tactic == "discount" else None
            offer, shared = "welcome" if self.player.tactic == "offer" else None, self.player.tactic == "share"
            self.account.has_bought = True
        usd = round(CATALOGUE[product] * (1 - (discount or 0)), 2)
        self.say("purchase", product=product, price=round(usd * PER_USD[self.player.currency], 2), currency=self.player.currency,
                 price_usd=usd, offer_id=offer, discount=discount, shared=shared)
        self.account.purchases.append((product, usd))
        if product.startswith("gems_"):
            gems = int(product.removeprefix("gems_"))
            self.account.hard += gems
            self.say("currency_change", currency_type="hard", amount=gems, balance=self.account.hard, reason="purchase",
                     item_type=None, item_name=None)

    def refund(self) -> None:
        if self.account.purchases and self.rng.random() < 0.5:
            product, usd = self.account.purchases.pop()
            self.say("refund", product=product, price_usd=usd, purchase_id=None)

    def ad(self) -> None:
        self.say("ad_impression", network=self.rng.choice(("admob", "unity")),
                 placement=self.rng.choice(("rewarded", "interstitial")),
                 revenue_usd=round(min(self.rng.lognormvariate(-4.6, 0.9), 0.9), 6))

    def guild(self) -> None:
        if self.account.guild is None:
            self.account.guild = self.rng.choice(GUILDS)
            self.say("guild_join", guild_name=self.account.guild)
        elif self.rng.random() < 0.3:
            self.say("guild_leave", guild_name=self.account.guild)
            self.account.guild = None

    def team(self) -> None:
        if self.account.team is None:
            self.account.team = self.rng.choice(TEAMS)
            self.say("team_join", team_name=self.account.team)
        elif self.rng.random() < 0.4:
            self.say("team_leave", team_name=self.account.team)
            self.account.team = None

    def achievement(self) -> None:
        self.account.achievements += 1
        kind = self.rng.choice(("win", "collect", "travel"))
        self.say("achievement", achievement=f"{kind}_{self.account.achievements}", points=10)

    def _earn(self, amount: int, reason: str) -> None:
        self.account.soft += amount
        self.say("currency_change", currency_type="soft", amount=amount, balance=self.account.soft, reason=reason,
                 item_type=None, item_name=None)

    def _experience(self, points: int) -> None:
        self.account.experience += points
        if self.account.experience >= 100 * self.account.player_level:
            self.account.experience = 0
            self.account.player_level += 1
            self.now += 500
            self.say("level_up", player_level=self.account.player_level)
