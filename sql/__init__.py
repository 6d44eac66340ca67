"""What analysts see: views and queries in BigQuery SQL, run on DuckDB over the archive. Knows nothing of Beam."""
