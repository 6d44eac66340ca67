"""Where a run's rows go: the archive's files, BigQuery's tables, the players' store."""
