"""Answers to the questions of the packaged games, counted in plain Python from what the players did: never from the SQL."""

from collections.abc import Callable
from typing import Protocol

from gamebeam.loadgen.client_event import Sent
from gamebeam.loadgen.expected.answer import Answer
from gamebeam.loadgen.expected.gameco import Gameco
from gamebeam.loadgen.expected.khan import Khan
from gamebeam.loadgen.expected.placebo import Placebo
from gamebeam.loadgen.expected.starter import Starter
from gamebeam.loadgen.expected.victory import Victory
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.questions import questions


class Asked(Protocol):
    """One game's answers: fed with every landed event, late ones too."""

    def add(self, sent: Sent) -> None: ...

    def answers(self) -> dict[str, Answer]: ...


GAMES: dict[str, Callable[[Contract], Asked]] = {
    "gameco": lambda _: Gameco(), "khan": lambda _: Khan(), "placebo": Placebo, "starter": Starter, "victory": lambda _: Victory()}


def asked_of(contract: Contract) -> Asked | None:
    """None where this game has no questions, or they are a studio's own."""
    return GAMES[contract.name](contract) if contract.name in GAMES and questions(contract) else None
