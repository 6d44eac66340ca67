"""FROM: tables, subqueries, arrays and joins."""

from sqlglot import exp

from gamebeam.sql.dialect.coercion import coerced
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import condition, position, translate
from gamebeam.sql.dialect.queries.model import refuse_collation
from gamebeam.sql.dialect.queries.pivots import of_relations
from gamebeam.sql.dialect.queries.query import query
from gamebeam.sql.dialect.scope import Column, Relation, Scope
from gamebeam.sql.dialect.types import INT64, UNKNOWN, field_names, quoted, supertype
from gamebeam.sql.dialect.values import Value, text

TABLE_PARTS = {"version": "FOR SYSTEM_TIME AS OF", "when": "AT or BEFORE", "hints": "a hint", "partition": "PARTITION of a table",
               "changes": "CHANGES", "rows_from": "ROWS FROM"}


def from_clause(node: exp.Select, scope: Scope) -> str:
    """The FROM clause with its joins; fills the scope's relations."""
    source = node.args.get("from_")
    if not source:
        return ""
    sql = from_item(source.this, scope)
    for join in [*(source.this.args.get("joins") or []), *(node.args.get("joins") or [])]:
        sql += join_text(join, scope)
    return f" FROM {sql}"


def from_item(node: exp.Expr, scope: Scope) -> str:
    if node.args.get("sample"):
        raise Refused("TABLESAMPLE is not supported here; use WHERE RAND() < 0.1", *position(node))
    if node.args.get("pivots"):
        return _pivoted(node, scope)
    if isinstance(node, exp.Table):
        return _table(node, scope)
    if isinstance(node, exp.Subquery):
        return _subquery(node, scope)
    if isinstance(node, exp.Unnest):
        return _unnest(node, scope)
    if isinstance(node, exp.Paren):
        return f"({from_item(node.this, scope)})"
    raise Refused(f"{node.sql('bigquery')[:60]}: a table, a subquery or UNNEST is expected in FROM", *position(node))


def _pivoted(node: exp.Expr, scope: Scope) -> str:
    """The relation that PIVOT or UNPIVOT makes of a table or subquery."""

    source = node.copy()
    pivots = source.args.pop("pivots")
    inside = Scope(scope.statement, scope.parent, ctes=scope.ctes)
    return of_relations(pivots, from_item(source, inside), inside, scope)


def _table(node: exp.Table, scope: Scope) -> str:
    for part in TABLE_PARTS:
        if node.args.get(part):
            raise Refused(f"{TABLE_PARTS[part]} is not supported here; leave it out", *position(node))
    if not all(isinstance(p, exp.Identifier) for p in node.parts):
        raise Refused(f"{node.sql('bigquery')[:60]}: table functions are not supported here", *position(node))
    path = [part.name for part in node.parts]
    name = node.alias or path[-1]
    if len(path) == 1 and (columns := scope.cte(path[0])) is not None:
        sql = quoted(path[0])
    elif found := scope.statement.tables(path):
        sql, columns = found
    elif len(path) > 1 and _is_path(path, scope):
        alias = exp.TableAlias(columns=[exp.to_identifier(name)])
        return _unnest(exp.Unnest(expressions=[exp.column(*reversed(path))], alias=alias), scope)
    else:
        raise Refused(f"table {'.'.join(path)} not found", *position(node))
    scope.add(Relation(name, [Column(c, t, f"{quoted(name)}.{quoted(c)}") for c, t in columns]))
    return f"{sql} AS {quoted(name)}"


def _is_path(path: list[str], scope: Scope) -> bool:
    try:
        return scope.resolve(path).type.kind in ("ARRAY", "UNKNOWN")
    except Refused:
        return False


def _subquery(node: exp.Subquery, scope: Scope) -> str:
    if isinstance(node.this, exp.Table | exp.Subquery | exp.Unnest) and not node.alias:  # a join in brackets
        sql = from_item(node.this, scope)
        for join in node.this.args.get("joins") or []:
            sql += join_text(join, scope)
        return f"({sql})"
    outside = Scope(scope.statement, scope.parent, ctes=scope.ctes)
    inner = node.copy()
    inner.set("alias", None)
    inner.set("joins", None)
    q = query(inner, outside)
    name = node.alias or scope.statement.fresh("q")
    if node.args.get("alias") and node.args["alias"].columns:
        raise Refused("a list of columns after a subquery's alias is not BigQuery SQL", *position(node))
    relation = Relation(name, [Column(c, t, f"{quoted(name)}.{quoted(s)}") for (c, t), s in zip(q.columns, q.names, strict=True)])
    select = node.this
    if isinstance(select, exp.Select) and select.args.get("kind") and relation.columns[0].type.kind != "STRUCT":
        relation.whole = Value(relation.columns[0].sql, relation.columns[0].type)
        relation.columns = [Column(node.alias, relation.whole.type, relation.whole.sql)]
    elif isinstance(select, exp.Select) and select.args.get("kind"):
        relation = value_table(name, Value(relation.columns[0].sql, relation.columns[0].type))
    scope.add(relation)
    return f"({q.sql}) AS {quoted(name)}"


def value_table(name: str, whole: Value) -> Relation:
    """A relation whose rows are values: a STRUCT's fields are its columns."""
    columns = []
    if whole.type.kind == "STRUCT":
        columns = [Column(n, t, f"struct_extract({whole.sql}, {text(f)})")
                   for f, (n, t) in zip(field_names(whole.type), whole.type.fields, strict=True)]
    return Relation(name, columns, whole)


def _unnest(node: exp.Unnest, scope: Scope) -> str:
    if len(node.expressions) != 1:
        raise Refused("UNNEST takes one array", *position(node))
    array = translate(node.expressions[0], scope)
    if array.type.kind not in ("ARRAY", "UNKNOWN", "NULL"):
        raise Refused(f"UNNEST needs an ARRAY, not {array.type}", *position(node))
    alias, offset = node.args.get("alias"), node.args.get("offset")
    written = (alias.columns[0].name if alias.columns else alias.name) if alias else ""
    name = written or scope.statement.fresh("u")
    item = array.type.item or UNKNOWN
    relation = value_table(name, Value(f'{quoted(name)}."v"', item))
    if item.kind != "STRUCT":
        relation.columns = [Column(written, item, f'{quoted(name)}."v"')]
    listed = f'unnest({array.sql}) AS "v"'
    if offset:
        listed += f', generate_subscripts({array.sql}, 1) - 1 AS "o"'
        shown = offset.name if isinstance(offset, exp.Identifier) else "offset"
        relation.columns = [*relation.columns, Column(shown, INT64, f'{quoted(name)}."o"')]
    scope.add(relation)
    return f"(SELECT {listed}) AS {quoted(name)}"


def join_text(node: exp.Join, scope: Scope) -> str:
    side, kind = (node.side or "").upper(), (node.kind or "").upper()
    if node.args.get("method") or kind not in ("", "INNER", "CROSS", "OUTER"):
        raise Refused(f"{node.args.get('method') or kind} JOIN is not supported here", *position(node))
    before = len(scope.relations)
    lateral = "LATERAL " if isinstance(node.this, exp.Unnest) or (isinstance(node.this, exp.Table) and len(node.this.parts) > 1) else ""
    right = from_item(node.this, scope)
    for inner in node.this.args.get("joins") or [] if not isinstance(node.this, exp.Subquery) else []:
        right += join_text(inner, scope)
    lateral = lateral if right.startswith("(SELECT unnest(") else ""
    if node.args.get("using"):
        on = _using(node, scope, before, side)
    elif node.args.get("on"):
        on = condition(node.args["on"], scope, "ON")
    elif side or kind == "INNER":
        if not lateral:
            raise Refused(f"{side or kind} JOIN needs ON or USING", *position(node))
        on = "true"
    else:
        return f" CROSS JOIN {lateral}{right}"
    return f" {side or 'INNER'} JOIN {lateral}{right} ON {on}"


def _using(node: exp.Join, scope: Scope, before: int, side: str) -> str:
    """USING as ON; the columns of both sides become one."""
    pairs = []
    left = Scope(scope.statement, None, scope.relations[:before], scope.merged)
    right = Scope(scope.statement, None, scope.relations[before:])
    merged: list[Column] = []
    for identifier in node.args["using"]:
        name = identifier.name
        a, b = left.resolve([name]), right.resolve([name])
        to = supertype((a.type, b.type))
        if to is None:
            raise Refused(f"USING ({name}) joins {a.type} and {b.type}", *position(node))
        refuse_collation("USING of", [to], node)
        pairs.append(f"{coerced(a, to).sql} = {coerced(b, to).sql}")
        sql = {"RIGHT": b.sql, "FULL": f"coalesce({a.sql}, {b.sql})"}.get(side, a.sql)
        merged.append(Column(name, to if side == "FULL" else b.type if side == "RIGHT" else a.type, sql))
        for relation in scope.relations:
            relation.hidden = {*relation.hidden, name.lower()}
    names = {c.name.lower() for c in merged}
    scope.merged = [*merged, *(c for c in scope.merged if c.name.lower() not in names)]
    return " AND ".join(pairs)
