"""Files that others drop: read strictly as their feed declares, landed once, and every refusal with its line and column."""
