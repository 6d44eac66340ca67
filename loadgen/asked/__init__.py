"""Answers to the questions of the packaged games, counted in plain Python from what the players did: never from the SQL."""

from collections.abc import Callable
from typing import Protocol

from loadgen.asked.answer import Answer
from loadgen.asked.gameco import Gameco
from loadgen.asked.khan import Khan
from loadgen.asked.placebo import Placebo
from loadgen.asked.starter import Starter
from loadgen.asked.victory import Victory
from loadgen.sent import Sent
from schemas.contract import Contract
from schemas.questions import questions


class Asked(Protocol):
    """One game's answers: fed with every landed event, late ones too."""

    def add(self, sent: Sent) -> None: ...

    def answers(self) -> dict[str, Answer]: ...


GAMES: dict[str, Callable[[Contract], Asked]] = {
    "gameco": lambda _: Gameco(), "khan": lambda _: Khan(), "placebo": Placebo, "starter": Starter, "victory": lambda _: Victory()}


def asked_of(contract: Contract) -> Asked | None:
    """None where this game has no questions, or they are a studio's own."""
    return GAMES[contract.name](contract) if contract.name in GAMES and questions(contract) else None
