"""Measurements that a person runs; no test runs them."""
