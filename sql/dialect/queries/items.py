"""The list of SELECT, with stars."""

from sqlglot import exp

from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import translate
from gamebeam.sql.dialect.queries.model import Item, examine
from gamebeam.sql.dialect.scope import Scope, near
from gamebeam.sql.dialect.types import field_names
from gamebeam.sql.dialect.values import Value, text


def items_of(nodes: list[exp.Expr], scope: Scope, with_from: bool) -> list[Item]:
    items: list[Item] = []
    for node in nodes:
        star = node.this if isinstance(node, exp.Column) else node
        if isinstance(star, exp.Star):
            if not with_from:
                raise Refused("SELECT * needs FROM")
            items += starred(star, [p.name for p in node.parts[:-1]] if isinstance(node, exp.Column) else [], scope)
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Star):
            items += _starred(node.expression, field_items(translate(node.this, scope)), scope)
        elif isinstance(node, exp.Alias):
            items.append(Item(node.alias, translate(node.this, scope), node.this))
        else:
            items.append(Item(_implied_name(node), translate(node, scope), node))
    return items


def _implied_name(node: exp.Expr) -> str:
    if isinstance(node, exp.Column):
        return node.name
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return node.expression.name
    return ""


def starred(star: exp.Star, path: list[str], scope: Scope) -> list[Item]:
    if not path:
        columns = [*scope.merged, *(c for r in scope.relations for c in r.columns if c.name.lower() not in r.hidden)]
        listed = [Item(c.name, Value(c.sql, c.type)) for c in columns]
        return _starred(star, listed, scope)
    relation = scope.relation(path[0]) if len(path) == 1 else None
    if relation and relation.whole is None:
        return _starred(star, [Item(c.name, Value(c.sql, c.type)) for c in relation.columns], scope)
    return _starred(star, field_items(scope.resolve(path)), scope)


def field_items(value: Value) -> list[Item]:
    if value.type.kind != "STRUCT":
        raise Refused(f".* needs a STRUCT, not {value.type}")
    return [Item(name, Value(f"struct_extract({value.sql}, {text(n)})", t))
            for n, (name, t) in zip(field_names(value.type), value.type.fields, strict=True)]


def _starred(star: exp.Star, items: list[Item], scope: Scope) -> list[Item]:
    examine(star, {"except_", "replace"})
    dropped = [c.name.lower() for c in star.args.get("except_") or []]
    replaced = {r.alias.lower(): r.this for r in star.args.get("replace") or []}
    names = [i.name.lower() for i in items]
    for name in [*dropped, *replaced]:
        if name not in names:
            raise Refused(f"column {name} in * EXCEPT or REPLACE does not exist{near(name, names)}")
    left = [Item(i.name, translate(replaced[i.name.lower()], scope)) if i.name.lower() in replaced else i
            for i in items if i.name.lower() not in dropped]
    if not left:
        raise Refused("SELECT * expands to no columns")
    return left
