"""The contract's tables in BigQuery: planned, made, and written to."""
