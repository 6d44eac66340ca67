"""PIVOT and UNPIVOT."""

import re
from dataclasses import replace

from sqlglot import exp

from gamebeam.sql.dialect.coercion import coerced, unified
from gamebeam.sql.dialect.errors import Refused
from gamebeam.sql.dialect.expressions.core import position, translate
from gamebeam.sql.dialect.functions.operators.comparison import compare
from gamebeam.sql.dialect.queries.model import refuse_collation
from gamebeam.sql.dialect.registry import REGISTRY
from gamebeam.sql.dialect.scope import Column, Relation, Scope
from gamebeam.sql.dialect.types import STRING, quoted
from gamebeam.sql.dialect.values import Value, text


def of_relations(pivots: list[exp.Expr], source: str, inside: Scope, scope: Scope) -> str:
    """What PIVOT and UNPIVOT, one after another, make of a source; the last one's relation is added to the scope."""

    for pivot in pivots:
        sql, columns = (_unpivot if pivot.args.get("unpivot") else _pivot)(pivot, source, inside)
        name = pivot.alias or scope.statement.fresh("p")
        source = f"({sql}) AS {quoted(name)}"
        inside = Scope(scope.statement, scope.parent, ctes=scope.ctes)
        inside.relations = [Relation(name, [Column(c.name, c.type, f"{quoted(name)}.{c.sql}") for c in columns])]
    scope.add(inside.relations[0])
    return source


def _columns(inside: Scope) -> list[Column]:
    return [c for r in inside.relations for c in r.columns]


def _output(columns: list[tuple[str, Value]]) -> tuple[str, list[Column]]:
    """The list of SELECT, and the columns as they are seen from outside."""
    hidden = [f"c{i}" for i in range(len(columns))]
    listed = ", ".join(f"{v.sql} AS {quoted(h)}" for h, (_, v) in zip(hidden, columns, strict=True))
    return listed, [Column(n, v.type, quoted(h)) for h, (n, v) in zip(hidden, columns, strict=True)]


def _pivot(pivot: exp.Expr, source: str, inside: Scope) -> tuple[str, list[Column]]:
    if len(pivot.args["fields"]) != 1 or not isinstance(field := pivot.args["fields"][0], exp.In):
        raise Refused("PIVOT needs FOR … IN (…)", *position(pivot))
    aggregates = pivot.args["expressions"]
    used = {c.name.lower() for e in [*aggregates, field.this] for c in e.find_all(exp.Column)}
    kept = [c for c in _columns(inside) if c.name.lower() not in used]
    key = translate(field.this, inside)
    made: list[tuple[str, Value]] = [(c.name, Value(c.sql, c.type)) for c in kept]
    for item in field.expressions:
        value = translate(item.this if isinstance(item, exp.PivotAlias | exp.Alias) else item, Scope(inside.statement))
        suffix = item.alias if isinstance(item, exp.PivotAlias | exp.Alias) else _value_name(item)
        to = unified([key, value])
        if to is None:
            raise Refused(f"PIVOT compares {key.type} with {value.type}", *position(item))
        a, b = coerced(key, to), coerced(value, to)
        is_null = value.type.kind == "NULL"
        condition = (
            f"{key.sql} IS NULL" if is_null else f"({a.sql} IS NOT DISTINCT FROM {b.sql})" if to.kind == "FLOAT64" else compare("=", a, b)
        )
        scope = replace(inside, rows=condition)
        for aggregate in aggregates:
            call = aggregate.this if isinstance(aggregate, exp.Alias) else aggregate
            prefix = aggregate.alias if isinstance(aggregate, exp.Alias) else ""
            if len(aggregates) > 1 and not prefix:
                raise Refused("PIVOT with several aggregates needs an alias for each", *position(aggregate))
            name = f"{prefix}_{suffix}" if prefix else re.sub(r"^(?=\d)", "_", suffix)
            made.append((name, _aggregate(call, scope)))
    refuse_collation("PIVOT beside", (c.type for c in kept), pivot)
    listed, columns = _output(made)
    group = f" GROUP BY {', '.join(c.sql for c in kept)}" if kept else ""
    return f"SELECT {listed} FROM {source}{group}", columns


def _aggregate(node: exp.Expr, scope: Scope) -> Value:
    name = node.name.upper() if isinstance(node, exp.Anonymous) else ""
    if name not in REGISTRY.functions or REGISTRY.functions[name].kind != "aggregate":
        raise Refused("PIVOT needs the call of an aggregate function", *position(node))
    if node.find(exp.Query) or any(str(f.this).upper() in ("RAND", "GENERATE_UUID") for f in node.find_all(exp.Anonymous)):
        raise Refused("PIVOT of a subquery or a random value is not supported here; make it a column before", *position(node))
    return translate(node, scope)


def _value_name(node: exp.Expr) -> str:
    """How BigQuery calls the column of a value: 1 -> 1, -1 -> minus_1, 1.5 -> 1_point_5, DATE '2026-01-31' -> 2026_01_31."""
    if isinstance(node, exp.Neg):
        return f"minus_{_value_name(node.this)}"
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        return re.sub(
            r"[-: ]", "_", node.this.name.replace("-", "minus_", 1) if re.match(r"-\d+(\.\d+)?$", node.this.name) else node.this.name
        ).replace(".", "_point_")
    if isinstance(node, exp.Boolean):
        return str(bool(node.this)).lower()
    if isinstance(node, exp.Null):
        return "NULL"
    if isinstance(node, exp.Literal) and node.is_string:
        return node.name
    if isinstance(node, exp.Literal):
        return node.name.replace(".", "_point_")
    raise Refused(f"{node.sql('bigquery')[:60]}: write AS and a name after this value of PIVOT", *position(node))


def _unpivot(pivot: exp.Expr, source: str, inside: Scope) -> tuple[str, list[Column]]:
    field = pivot.args["fields"][0]
    [values] = pivot.args["expressions"]
    names = [v.name for v in values.expressions] if isinstance(values, exp.Tuple) else [values.name]
    used: set[str] = set()
    rows, labels = [], []
    for item in field.expressions:
        alias = item.args["alias"] if isinstance(item, exp.PivotAlias | exp.Alias) else None
        listed = item.this if alias is not None else item
        columns = listed.expressions if isinstance(listed, exp.Tuple) else [listed.this if isinstance(listed, exp.Paren) else listed]
        if len(columns) != len(names) or not all(isinstance(c, exp.Column) for c in columns):
            raise Refused(f"UNPIVOT: {len(names)} columns are expected here", *position(item))
        used |= {c.name.lower() for c in columns}
        rows.append([translate(c, inside) for c in columns])
        labels.append(
            translate(alias, inside)
            if isinstance(alias, exp.Literal)
            else Value(text("_".join(c.name for c in columns)), STRING, literal=True)
        )
    if len({label.type for label in labels}) > 1:
        raise Refused("UNPIVOT: the labels after AS must be all STRING or all INT64", *position(pivot))
    for of_one in zip(*rows, strict=True):
        if len({v.type for v in of_one}) > 1:
            raise Refused(
                f"UNPIVOT joins columns of one type, not {', '.join(dict.fromkeys(str(v.type) for v in of_one))}; CAST them first",
                *position(pivot),
            )
    packed = ", ".join(
        "{" + ", ".join([*(f"v{i}: {v.sql}" for i, v in enumerate(row)), f"n: {label.sql}"]) + "}"
        for row, label in zip(rows, labels, strict=True)
    )
    unpacked = inside.statement.fresh("u")
    made = [(c.name, Value(c.sql, c.type)) for c in _columns(inside) if c.name.lower() not in used]
    made += [(name, Value(f"struct_extract({unpacked}.r, 'v{i}')", rows[0][i].type)) for i, name in enumerate(names)]
    made.append((field.this.name, Value(f"struct_extract({unpacked}.r, 'n')", labels[0].type)))
    listed_sql, columns_out = _output(made)
    absent = " AND ".join(f"struct_extract({unpacked}.r, 'v{i}') IS NULL" for i in range(len(names)))
    where = "" if pivot.args.get("include_nulls") else f" WHERE NOT ({absent})"
    return f"SELECT {listed_sql} FROM {source}, LATERAL (SELECT unnest([{packed}]) AS r) AS {unpacked}{where}", columns_out
