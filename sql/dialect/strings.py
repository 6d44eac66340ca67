"""Strings and bytes."""
