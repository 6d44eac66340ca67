"""FORMAT."""
