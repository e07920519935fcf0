"""Hostile input by the thousand: what holds for any bytes, and two ways to look for a breach.

In: nothing. Out: nothing; `test_fuzz.py` is run with the other tests, `guided.py` by hand.

Touches: nothing.
"""
