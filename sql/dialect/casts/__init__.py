"""CAST: the modules fill the table of casts."""
