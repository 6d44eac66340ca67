"""A contract's own SQL, held against its tables: a view or a question that can never be answered is found before anybody asks it."""

from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.contract.questions import own_views, questions, report_questions
from gamebeam.sql.engine import ask, broken_views, open_empty
from gamebeam.sql.query import parameters
from gamebeam.sql.translate import SqlError


def check_sql(contract: Contract) -> list[str]:
    """What is wrong, one line each, as file: reason."""
    con = open_empty(contract)
    broken = broken_views(con)
    found = [f"views/{name}.sql: {broken[name]}" for name in own_views(contract) if name in broken]
    found += [f"view {name}: {reason}" for name, reason in broken.items() if name not in own_views(contract)]
    values = parameters(con, contract) | {"player_id": ""} if "ledger" not in broken else {}
    for folder, asked in (("questions", questions(contract)), ("reports", report_questions(contract))):
        for name, question in asked.items() if values else ():
            try:
                ask(con, question.sql, values)
            except SqlError as e:
                found.append(f"{folder}/{name}.sql: {str(e).splitlines()[0]}")
    return found
