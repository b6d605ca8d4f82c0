"""Benchmarks: ratios and counts measured in one run, written to docs/benchmarks.md. See ``make bench``."""
