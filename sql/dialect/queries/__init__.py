"""Queries: the modules fill the table of forms in query."""
