"""INTERVAL: literals, MAKE_INTERVAL, JUSTIFY_, arithmetic."""
