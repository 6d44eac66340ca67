"""The error of a statement that cannot be run."""


class SqlError(ValueError):
    """SQL that cannot be run: what is wrong, then the line of the analyst's own SQL with a caret under the place."""

    def __init__(self, problem: str, sql: str, start: int | None = None, length: int = 1):
        super().__init__(problem if start is None else f"{problem}\n{_pointed_at(sql, start, length)}")


class Refused(Exception):
    """A part of a statement that is no BigQuery SQL, or that is not in the list of examined parts."""

    def __init__(self, problem: str, start: int | None = None, length: int = 1):
        super().__init__(problem)
        self.start, self.length = start, length


def _pointed_at(sql: str, start: int, length: int) -> str:
    number, before = sql.count("\n", 0, start) + 1, sql.rfind("\n", 0, start) + 1
    line = sql[before:].split("\n", 1)[0]
    head = f"line {number}: "
    return f"{head}{line}\n{' ' * (len(head) + start - before)}{'^' * max(1, length)}"
