"""Arrays: elements, length, slices, GENERATE_DATE_ARRAY and GENERATE_TIMESTAMP_ARRAY."""
