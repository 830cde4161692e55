"""Measurements that anybody can repeat: `make bench-NAME` runs `benchmarks/NAME.py`, which ends with one line of JSON."""
