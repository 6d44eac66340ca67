"""BigQuery's SQL as DuckDB's: an analyser of names and types, and a list of examined functions.

sqlglot only parses. A statement is then analysed here: every name gets its column, every expression its BigQuery type, every call
one signature of the registry. DuckDB's text is written from that. What is in no list is refused.

| module | contains |
|---|---|
| grammar | the parser: every call keeps BigQuery's name and arguments |
| types | BigQuery's types, their DuckDB counterparts, what is coerced to what |
| values | a translated expression: DuckDB's text and BigQuery's type |
| registry | how a function is described: signatures, templates, examples |
| scope | which name is which column |
| queries | SELECT, FROM, JOIN, GROUP BY, ORDER BY, WITH, set operations |
| expressions | literals, operators' nodes, CASE, IN, subqueries, calls |
| casts | CAST and SAFE_CAST |
| operators, numbers, strings, … | examined functions by topic |
| runtime | DuckDB macros and Python functions that templates call, created when a statement needs them |
"""
