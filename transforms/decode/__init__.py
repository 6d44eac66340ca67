"""Decode: a message becomes one event, or one dead letter with the reason."""
