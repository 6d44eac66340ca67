"""Expressions: the modules fill the table of nodes in core."""
