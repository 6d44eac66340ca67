"""Sums per hour, player, counter and declared key, and the ledger of what became of every message."""
