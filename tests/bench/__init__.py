"""Benchmarks: `uv run python -m tests.bench`. Figures of time live here, never in assertions of tests."""
