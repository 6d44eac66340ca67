"""The measured comparisons: `python -m bench` (make bench) runs them all on the same messages and writes docs/benchmarks/batch.md."""
