"""Numbers: rounding, powers, logarithms, trigonometry, SAFE_ arithmetic, RANGE_BUCKET, GENERATE_ARRAY."""
