"""RANGE: bounds, overlaps, intersections."""
