"""Dates, times and timestamps: parts, differences, truncation, zones, conversion."""
