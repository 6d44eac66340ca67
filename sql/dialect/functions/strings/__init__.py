"""Functions of strings and bytes."""
