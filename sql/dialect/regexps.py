"""REGEXP_ functions."""
