"""The Parquet archive as a table: its layout, its runs' manifests, and reading and writing its files."""
