"""BigQuery's SQL as DuckDB's: an analyser of names and types, and a list of examined functions.

sqlglot only parses. A statement is then analysed here: every name gets its column, every expression its BigQuery type, every call
one signature of the registry. DuckDB's text is written from that. What is in no list is refused.

| module or package | contains |
|---|---|
| grammar, queries.pipe_grammar, literals | the parser: every call keeps BigQuery's name and arguments |
| translation | the entry: one statement of BigQuery's as one of DuckDB's |
| types, values, coercion | BigQuery's types, a translated expression, what is coerced to what |
| scope, catalog | which name is which column, and the columns of tables |
| queries | SELECT, FROM, JOIN, GROUP BY, ORDER BY, WITH, set operations, PIVOT, pipe syntax |
| expressions | the nodes of an expression: operators, calls, OVER, CASE, IN, subqueries, constructors |
| casts | CAST and SAFE_CAST, with FORMAT |
| registry, calls | how a function is described, and how a call finds its signature (docs/sql_dialect.md) |
| functions | the examined functions and operators by topic |
| topics | imports all modules that describe functions and casts |
| runtime | DuckDB macros and Python functions that templates call, created when a statement needs them |
| documentation | writes docs/sql_functions.md from the registry |
"""
