"""What an analyst writes instead of functions of BigQuery of topics that are not supported here."""

from gamebeam.sql.dialect.registry import hint

hint("HLL_COUNT.*", "write COUNT(DISTINCT x), which is exact, or APPROX_COUNT_DISTINCT(x)")
hint("KLL_QUANTILES.*", "write APPROX_QUANTILES(x, n)")
hint("PARSE_BIGNUMERIC", "write PARSE_NUMERIC")
hint("SESSION_USER", "an archive has no users; leave it out")
hint("NET.*", "write REGEXP_EXTRACT over the address")
hint("ST_*", "GEOGRAPHY is not supported; keep latitude and longitude as FLOAT64")
hint("ML.*", "models are run in BigQuery")
hint("AI.*", "models are run in BigQuery")
hint("KEYS.*", "encryption is not supported; run it in BigQuery")
hint("AEAD.*", "encryption is not supported; run it in BigQuery")
hint("DETERMINISTIC_*", "encryption is not supported; run it in BigQuery")
hint("SEARCH", "write CONTAINS_SUBSTR or REGEXP_CONTAINS")
hint("EXTERNAL_QUERY", "a query reads the archive only")
