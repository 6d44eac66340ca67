"""What stands on a game's page, and in which order: its folder's report.yaml, else all of its questions."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

from msgspec import Meta, Struct

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.fields import ContractError
from gamebeam.schemas.contract.questions import Question, parse_question, questions, report_questions
from gamebeam.schemas.contract.yaml_models import read_yaml

FILE = "report.yaml"


class DeclaredSection(Struct, frozen=True, forbid_unknown_fields=True):
    """A section as report.yaml declares it."""

    title: Annotated[str | int | float, Meta(title="a headline")]
    questions: Annotated[tuple[str, ...], Meta(title="a list of names", description="Of questions/ and reports/, in their order.")]


class Declaration(Struct, frozen=True, forbid_unknown_fields=True):
    """report.yaml."""

    title: Annotated[str | int | float | None, Meta(description="The page's headline; the game's name if left out.")] = None
    sections: tuple[Annotated[DeclaredSection, Meta(title="title: … and questions: [name, …]")], ...] | None = None


@dataclass(frozen=True)
class Section:
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Layout:
    title: str
    sections: tuple[Section, ...]


def page_layout(contract: Contract) -> Layout:
    """The game's own sections, then what the pipeline says of every game. A question about one player is on that player's page."""
    asked = {name: q for name, q in {**questions(contract), **report_questions(contract)}.items() if not is_of_a_player(q)}
    declared = read_yaml(contract.text.get(FILE, ""), FILE, Declaration)
    sections = [_section(i, section, asked) for i, section in enumerate(declared.sections or ())]
    if not sections and asked:
        sections = [Section("Questions", tuple(asked.values()))]
    title = declared.title or contract.name.capitalize()
    return Layout(str(title), (*sections, Section("The account of every event", tuple(built_in_questions().values()))))


def player_layout(contract: Contract) -> Layout:
    about = tuple(q for q in report_questions(contract).values() if is_of_a_player(q))
    return Layout("Player", (Section("What is known", (about_every_player(), *about)),))


def is_of_a_player(question: Question) -> bool:
    return "@player_id" in question.sql


@cache
def built_in_questions() -> dict[str, Question]:
    """Those of every game, in order of their files' names, which begin with a number."""
    found = sorted((f for f in (files("gamebeam.reports") / "questions").iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    parsed = [parse_question(f.name[3:-4], f.read_text(), f"reports/questions/{f.name}") for f in found]
    return {q.name: q for q in parsed if not is_of_a_player(q)}


@cache
def about_every_player() -> Question:
    file = files("gamebeam.reports") / "questions" / "90_player.sql"
    return parse_question("player", file.read_text(), f"reports/questions/{file.name}")


def _section(number: int, declared: DeclaredSection, asked: dict[str, Question]) -> Section:
    for name in declared.questions:
        if name not in asked:
            raise ContractError(FILE, f"sections[{number}].questions",
                                f"neither questions/{name}.sql nor reports/{name}.sql is there ({', '.join(asked) or 'none at all'})")
    return Section(str(declared.title), tuple(asked[name] for name in declared.questions))
