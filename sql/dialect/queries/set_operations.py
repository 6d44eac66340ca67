"""UNION, EXCEPT and INTERSECT, by position and by name."""

from sqlglot import exp

from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position
from gamebeam.sql.dialect.queries.grouping import one_of_equals
from gamebeam.sql.dialect.queries.model import Query, distinct_names, examine, refuse_collation
from gamebeam.sql.dialect.queries.ordering import limit_clause, order_of_output
from gamebeam.sql.dialect.queries.query import query, translates_query, with_clause
from gamebeam.sql.dialect.scope import Scope
from gamebeam.sql.dialect.types import NULL, Type, has_collation, quoted, supertype
from gamebeam.sql.dialect.values import Value

WORDS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}


@translates_query(*WORDS)
def set_operation(node: exp.SetOperation, scope: Scope, outermost: bool) -> Query:
    """A set operation of two queries; the left one may be a set operation of the same kind."""
    examine(node, {"this", "expression", "distinct", "order", "limit", "offset", "with_", "by_name", "side", "kind", "on"})
    inner = scope.inner()
    prefix = with_clause(node, inner)
    word = WORDS[type(node)]
    if isinstance(node.this, exp.SetOperation) and _mode(node.this) != _mode(node):
        raise Refused(f"{word} after another kind of set operation: put one of them in brackets", *position(node))
    left, right = query(node.this, inner), query(node.expression, inner)
    if node.args.get("by_name"):
        left, right = _by_name(node, left, right)
    if len(left.columns) != len(right.columns):
        raise Refused(
            f"{word} needs queries with as many columns: {len(left.columns)} and {len(right.columns)}", *position(node)
        )
    types = [_joined(word, i, name, a, b) for i, ((name, a), (_, b)) in enumerate(zip(left.columns, right.columns, strict=True))]
    if word != "UNION" or node.args.get("distinct"):
        if word != "UNION":
            refuse_collation(f"{word} of", types, node)
        for (name, _), t in zip(left.columns, types, strict=True):
            if t.kind == "JSON":
                raise Refused(f"{word} cannot compare column {name} of type JSON", *position(node))
    collated = any(has_collation(t) for t in types)
    every = "" if node.args.get("distinct") and not collated else " ALL"
    body = f"{_of_types(left, types)} {word}{every} {_of_types(right, types)}"
    names = distinct_names([n for n, _ in left.columns], outermost)
    hidden = [f"c{i}" for i in range(len(names))]
    if collated and node.args.get("distinct"):
        rows = f"SELECT * FROM ({body}) AS {quoted(inner.statement.fresh('all'))}({', '.join(hidden)})"
        body = one_of_equals(rows, hidden, types, node)
    listed = ", ".join(f"{h} AS {quoted(n)}" for h, n in zip(hidden, names, strict=True))
    q = Query(
        f"SELECT {listed} FROM ({body}) AS {quoted(inner.statement.fresh('set'))}({', '.join(hidden)})",
        [(n, t) for (n, _), t in zip(left.columns, types, strict=True)],
        names,
    )
    after = f"{order_of_output(node, q, inner)}{limit_clause(node, inner)}"
    q.body = "" if prefix or after else body
    q.sql = f"{prefix}{q.sql}{after}"
    return q


def _mode(node: exp.SetOperation) -> tuple[object, ...]:
    on = tuple(c.name.lower() for c in node.args.get("on") or [])
    return type(node), bool(node.args.get("distinct")), bool(node.args.get("by_name")), node.args.get("side"), node.args.get("kind"), on


def _joined(word: str, i: int, name: str, a: Type, b: Type) -> Type:
    joined = supertype((a, b))
    if joined is None:
        raise Refused(f"column {i + 1} {name} of {word} has types that do not go together: {a}, {b}")
    return joined


def _of_types(q: Query, types: list[Type]) -> str:
    if all(t == w for (_, t), w in zip(q.columns, types, strict=True)):
        return f"({q.sql})"
    listed = ", ".join(coerced(Value(quoted(n), t), w).sql for n, (_, t), w in zip(q.names, q.columns, types, strict=True))
    return f"(SELECT {listed} FROM ({q.sql}))"


def _by_name(node: exp.SetOperation, left: Query, right: Query) -> tuple[Query, Query]:
    """Both queries with the columns that BY NAME or CORRESPONDING chooses, in one order."""
    side, kind = (node.args.get("side") or "").upper(), (node.args.get("kind") or "").upper()
    mode = side or ("INNER" if kind == "INNER" else "STRICT")
    listed = [c.name for c in node.args["on"]] if node.args.get("on") else None
    a, b = ({n.lower(): i for i, (n, _) in reversed(list(enumerate(q.columns))) if n} for q in (left, right))
    a, b = dict(sorted(a.items(), key=lambda x: x[1])), dict(sorted(b.items(), key=lambda x: x[1]))
    if listed is not None:
        if len({n.lower() for n in listed}) < len(listed):
            raise Refused("a column is named twice in the list of columns of BY NAME", *position(node))
        chosen = [n.lower() for n in listed]
        for name in chosen:
            fits = {"FULL": name in a or name in b or _is_part(node), "LEFT": name in a}.get(mode, name in a and name in b)
            if not fits:
                raise Refused(f"column {name} of BY NAME is not in the queries", *position(node))
        if mode == "STRICT" and (set(chosen) != set(a) or set(chosen) != set(b)):
            raise Refused("BY NAME … ON (…) must list all columns of both queries", *position(node))
    elif mode == "STRICT":
        if set(a) != set(b):
            raise Refused(
                f"BY NAME needs the same columns in both queries; different: {', '.join(sorted(set(a) ^ set(b)))}; "
                "write FULL UNION ALL BY NAME to fill with NULL",
                *position(node),
            )
        chosen = list(a)
    elif mode == "INNER":
        chosen = [n for n in a if n in b]
    elif mode == "LEFT":
        chosen = list(a)
    else:
        chosen = [*a, *(n for n in b if n not in a)]
    for q, must_be_named in ((left, mode in ("FULL", "LEFT", "STRICT")), (right, mode in ("FULL", "STRICT"))):
        _examine_names(node, q, chosen, must_be_named and listed is None)
    if not chosen or (mode == "LEFT" and listed is None and not set(a) & set(b)):
        raise Refused("BY NAME: the queries have no column in common", *position(node))
    shown = {**{n.lower(): n for n, _ in right.columns}, **{n.lower(): n for n, _ in left.columns}}
    if listed is not None:
        shown |= {n.lower(): n for n in listed}
    return _narrowed(left, a, chosen, shown), _narrowed(right, b, chosen, shown)


def _is_part(node: exp.SetOperation) -> bool:
    """Whether the operation is the left side of one of the same kind: a column may then come with a later query."""
    return isinstance(node.parent, exp.SetOperation) and node.arg_key == "this" and _mode(node.parent) == _mode(node)


def _examine_names(node: exp.SetOperation, q: Query, chosen: list[str], must_be_named: bool) -> None:
    seen: set[str] = set()
    for name, _ in q.columns:
        if not name and must_be_named:
            raise Refused("BY NAME needs a name for every column", *position(node))
        if name.lower() in seen and name.lower() in chosen:
            raise Refused(f"BY NAME: two columns are called {name}", *position(node))
        seen.add(name.lower())


def _narrowed(q: Query, at: dict[str, int], chosen: list[str], shown: dict[str, str]) -> Query:
    listed = ", ".join(f"{quoted(q.names[at[n]]) if n in at else 'NULL'} AS {quoted(shown[n])}" for n in chosen)
    return Query(
        f"SELECT {listed} FROM ({q.sql})",
        [(shown[n], q.columns[at[n]][1] if n in at else NULL) for n in chosen],
        [shown[n] for n in chosen],
    )
