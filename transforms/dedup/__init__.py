"""Deduplicate: of several copies of one event, one is kept."""
