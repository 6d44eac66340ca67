"""Functions of JSON. What DuckDB does otherwise than BigQuery is done in Python: documents, lookups, scalars, structure, edits."""
