"""Benchmarks against the running lab."""
