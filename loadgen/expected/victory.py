"""victory: sessions, how matches end, what a session is worth."""

from collections import Counter, defaultdict

from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.expected.answer import Answer, rounded
from gamebeam.loadgen.rollup_answers import in_micros
from gamebeam.schemas.tables import ARROW

TEXT, NUMBER, REAL = ARROW["string"], ARROW["long"], ARROW["double"]


class Victory:
    """Live players only, as the questions ask by default."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], float | None] = {}  # (player, session) -> the greatest running total seen
        self.first: dict[tuple[str, str], tuple[int, str | None]] = {}  # when and on which platform the session began
        self.scores: dict[str, list[tuple[int | None, int | None]]] = defaultdict(list)
        self.courts: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, sent: Sent) -> None:
        if sent.env != "live":
            return
        own = sent.own
        if sent.player_id is not None and sent.session_id is not None:
            key, value = (sent.player_id, sent.session_id), own["session_value"]
            known = self.values.setdefault(key, None)
            if value is not None:
                self.values[key] = value if known is None else max(known, value)
            began = (sent.event_time, sent.platform)
            self.first[key] = min(self.first.get(key, began), began, key=lambda b: (b[0], b[1] or ""))
        if sent.event_type == "play_end" and own["result"] is not None:
            self.scores[own["result"]].append((own["score"], own["opponent_score"]))
            if own["court"] is not None:
                self.courts[own["court"]][own["result"]] += 1

    def answers(self) -> dict[str, Answer]:
        sessions = Counter(player for player, _ in self.values)
        platforms: dict[str | None, list[float | None]] = defaultdict(list)
        for key, value in self.values.items():
            platforms[self.first[key][1]].append(value)
        matches = sum(map(len, self.scores.values()))
        return {
            "sessions_per_user": Answer({"user_id": TEXT, "sessions": NUMBER}, [*sessions.items()]),
            "match_results": Answer(
                {"result": TEXT, "matches": NUMBER, "share": REAL, "average_score": REAL, "average_opponent_score": REAL},
                [(result, len(scores), rounded(len(scores) / matches, 4), _mean([s for s, _ in scores]), _mean([s for _, s in scores]))
                 for result, scores in self.scores.items()]),
            "value_per_session": Answer(
                {"platform": TEXT, "sessions": NUMBER, "unknown": NUMBER, "paying_sessions": NUMBER, "total_value": REAL,
                 "value_per_session": REAL},
                [_value(platform, values) for platform, values in platforms.items()]),
            "matches_by_court": Answer(
                {"court": TEXT, "matches": NUMBER, "won": NUMBER, "share_won": REAL},
                [(court, n.total(), n["won"], rounded(n["won"] / n.total(), 4)) for court, n in self.courts.items()]),
        }


def _mean(values: list[int | None]) -> float | None:
    known = [v for v in values if v is not None]
    return rounded(sum(known) / len(known), 2) if known else None


def _value(platform: str | None, values: list[float | None]) -> tuple[str | None, int, int, int, float | None, float | None]:
    known = [v for v in values if v is not None]
    total = sum(map(in_micros, known)) / 1_000_000
    return (platform, len(known), len(values) - len(known), sum(v > 0 for v in known), rounded(total, 2) if known else None,
            rounded(total / len(known), 4) if known else None)
