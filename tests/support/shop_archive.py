"""An archive of starter whose every figure is known: three players over three days, one of whom is named like an attack."""

from gamebeam.schemas.contract.contract import load_contract
from gamebeam.schemas.dates import DAY_MS
from tests.support.written_archive import DAY, HOUR, MINUTE, WrittenArchive

NASTY = "<script>alert(document.title)</script><img src=x onerror=alert(1)>'\"&"
DAYS = 3  # the third is not over: nothing arrived after its end
PRICES = {"ann": 4.99, "bob": 0.99, NASTY: 9.99}


def shop_archive(root):
    """ann plays all three days, bob and NASTY the first; each buys once, at once, on the first."""
    archive = WrittenArchive(load_contract("starter"), root)
    purchases, joins, hours, ledger = [], [], [], []
    for n, (player, usd) in enumerate(PRICES.items()):
        at = DAY + HOUR + n * MINUTE
        purchases.append({"event_id": f"buy-{n}", "event_time": at, "player_id": player, "product": "gems", "price": usd,
                          "currency": "USD", "price_usd": usd})
        joins.append({"event_id": f"join-{n}", "event_time": at, "player_id": player, "guild_name": player})
        for day in range(DAYS if player == "ann" else 1):
            hour = DAY + day * DAY_MS + HOUR
            hours.append({"hour": hour, "player_id": player, "events": 2 if day == 0 else 1, "first_time": hour, "last_time": hour + MINUTE,
                          "revenue_micros": round(usd * 1_000_000) if day == 0 else 0, "country": "DE",
                          "guild_name": player, "guild_name_at": hour, "player_level": 3 + n, "player_level_at": hour})
    archive.write("purchase", *purchases)
    archive.write("guild_join", *joins)
    for day in range(1, DAYS):
        archive.event("login", f"login-{day}", DAY + day * DAY_MS + HOUR, player_id="ann")
    for day, landed in enumerate((6, 1, 1)):
        ledger.append({"hour": DAY + day * DAY_MS + HOUR, "app_version": "1.0", "event_type": "login", "received": landed + 2,
                       "landed": landed, "duplicate": 1, "dead_lettered": 1, "late": 0})
    archive.write("ledger", *ledger)
    archive.write("player_hours", *hours)
    archive.write("dead_letter", {"arrival_time": DAY + HOUR, "dead_id": "d1", "reason": "malformed", "fingerprint": "f1",
                                  "payload": NASTY.encode(), "app_version": "1.0"})
    return str(archive.root)
