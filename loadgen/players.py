"""Who plays and when: installs by country and campaign, devices, builds, retention, sessions."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
COUNTRIES = {"US": (30, -6, "USD"), "DE": (13, 1, "EUR"), "JP": (12, 9, "JPY"), "BR": (11, -3, "BRL"), "GB": (9, 0, "GBP"),
             "FR": (8, 1, "EUR"), "IN": (9, 5, "INR"), "PL": (5, 1, "PLN"), "CA": (3, -5, "CAD")}  # weight, hours from UTC, money
PLATFORMS = {"ios": 42, "android": 52, "pc": 6}
MEDIA_SOURCES = {"organic": 45, "adwords": 22, "facebook": 20, "tiktok": 9, "unity_ads": 4}
BUILDS = ("1.4.0", "1.4.1", "1.5.0")
BAD_BUILD = "1.4.2"  # sends one field of one event type with the wrong type
HOURS_OF_DAY = (3, 2, 1, 1, 1, 2, 3, 5, 6, 6, 6, 7, 9, 8, 7, 7, 8, 10, 12, 14, 16, 15, 12, 7)  # local time
TEST_SHARE, SECOND_DEVICE_SHARE, REINSTALL_SHARE, OFFLINE_SHARE, UPDATE_SHARE = 0.02, 0.08, 0.015, 0.04, 0.06
TACTICS = {"none": (55, 1), "offer": (15, 8), "discount": (15, 4), "share": (15, 2)}  # weight, times sooner to the first purchase
SOON = 60  # actions: those who would buy within so many are the ones whom a tactic hurries
BOT_SHARE, FEWEST_PLAYERS_WITH_A_BOT, BOT_EVENTS = 0.002, 500, 600


@dataclass
class Install:
    install_id: str
    platform: str
    app_version: str
    install_time: int
    sessions: int = 0


@dataclass
class Account:
    """What the game knows of a player; the story changes it."""

    level: int = 1
    player_level: int = 1
    experience: int = 0
    soft: int = 500
    hard: int = 20
    guild: str | None = None
    team: str | None = None
    purchases: list[tuple[str, float]] = field(default_factory=list)  # product, USD; refunded ones are taken out
    achievements: int = 0
    actions: int = 0
    has_bought: bool = False


@dataclass
class Player:
    number: int
    player_id: str
    rng: random.Random
    env: str
    country: str
    currency: str
    hours_from_utc: int
    media_source: str
    campaign: str | None
    is_bot: bool
    payer: float  # chance of a purchase per action
    tactic: str  # what the studio tries on this player, until the first purchase
    buys_after: int  # actions until the first purchase
    skill: float
    account: Account
    installs: list[Install]
    first_install: int


@dataclass
class Session:
    session_id: str
    install: Install
    start: int
    end: int
    reconnect: int | None  # played offline: when the buffered events go out


def pick(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def bot_numbers(players: int) -> frozenset[int]:
    """Few, and spread over the players."""
    count = max(round(players * BOT_SHARE), 1) if players >= FEWEST_PLAYERS_WITH_A_BOT else 0
    return frozenset((i * players) // count + 7 for i in range(count))


def make_player(number: int, player_id: str, seed: int, start: int, days: int, is_bot: bool, bad_build_share: float) -> Player:
    rng = random.Random(f"{seed}/{number}")
    country = rng.choices(tuple(COUNTRIES), [c[0] for c in COUNTRIES.values()])[0]
    media_source = pick(rng, MEDIA_SOURCES)
    spends = rng.random()
    day = rng.choices(range(days), [1 / (1 + d) ** 0.7 for d in range(days)])[0]
    payer = 0.12 if spends < 0.004 else 0.025 if spends < 0.05 else 0.0004
    tactic, buys_after = _first_purchase(random.Random(f"{seed}/{number}/tactic"), payer)
    player = Player(
        number=number, player_id=player_id, rng=rng, env="test" if not is_bot and rng.random() < TEST_SHARE else "live",
        country=country, currency=COUNTRIES[country][2], hours_from_utc=COUNTRIES[country][1], media_source=media_source,
        campaign=None if media_source == "organic" else f"launch_{country.lower()}", is_bot=is_bot,
        payer=payer, tactic=tactic, buys_after=buys_after, skill=rng.uniform(0.35, 0.8),
        account=Account(), installs=[], first_install=0)
    player.first_install = start + day * DAY + _time_of_day(player)
    player.installs.append(new_install(player, player.first_install, bad_build_share))
    if rng.random() < SECOND_DEVICE_SHARE:
        player.installs.append(new_install(player, player.first_install, bad_build_share))
    return player


def _first_purchase(rng: random.Random, payer: float) -> tuple[str, int]:
    tactic = rng.choices(tuple(TACTICS), [weight for weight, _ in TACTICS.values()])[0]
    actions = math.ceil(rng.expovariate(payer))
    return tactic, math.ceil(actions / TACTICS[tactic][1]) if actions <= SOON else actions


def new_install(player: Player, when: int, bad_build_share: float) -> Install:
    rng = player.rng
    version = BAD_BUILD if rng.random() < bad_build_share else rng.choices(BUILDS, (2, 5, 3))[0]
    return Install(f"i-{rng.getrandbits(48):012x}", pick(rng, PLATFORMS), version, when)


def sessions(player: Player, start: int, days: int, bad_build_share: float) -> Iterator[Session]:
    """In order of time; none overlaps the next. The player's installs change as sessions begin."""
    rng = player.rng
    if player.is_bot:
        yield _bot_session(player)
        return
    busy_until = 0
    for planned in _session_starts(player, start + days * DAY):
        begin = max(planned, busy_until + 5 * MINUTE)
        end = begin + round(min(max(rng.lognormvariate(6.1, 0.7), 60), 3600)) * 1000
        busy_until = end
        slot = rng.randrange(len(player.installs))
        if player.installs[slot].sessions and rng.random() < REINSTALL_SHARE:
            player.installs[slot] = new_install(player, begin, bad_build_share)
        install = player.installs[slot]
        if install.sessions == 0:
            install.install_time = begin - 20_000
        elif rng.random() < UPDATE_SHARE:
            install.app_version = BUILDS[-1]
        offline = rng.random() < OFFLINE_SHARE
        reconnect = end + round(rng.expovariate(1 / (3 * HOUR))) + MINUTE if offline else None
        yield Session(f"s-{rng.getrandbits(64):016x}", install, begin, end, reconnect)
        install.sessions += 1


def _session_starts(player: Player, last: int) -> list[int]:
    rng = player.rng
    loyalty = rng.uniform(0.2, 0.85)
    churn = player.first_install + round(rng.expovariate(1 / (20 * loyalty * DAY)))
    starts = [player.first_install]
    first_day = player.first_install // DAY * DAY
    for k in range((last - first_day) // DAY):
        if k and (rng.random() > loyalty * k**-0.45 or first_day + k * DAY > churn):
            continue
        for _ in range(1 if rng.random() < 0.3 else rng.choice((1, 2, 2, 3, 4))):
            at = first_day + k * DAY + _time_of_day(player)
            if at > player.first_install:
                starts.append(at)
    return sorted(starts)


def _time_of_day(player: Player) -> int:
    local = player.rng.choices(range(24), HOURS_OF_DAY)[0]
    return (local - player.hours_from_utc) % 24 * HOUR + player.rng.randrange(HOUR)


def _bot_session(player: Player) -> Session:
    """All of it within one hour of the clock."""
    begin = player.first_install // HOUR * HOUR + player.rng.randrange(2 * MINUTE, 6 * MINUTE)
    return Session(f"s-{player.rng.getrandbits(64):016x}", player.installs[0], begin, begin + 50 * MINUTE, None)
