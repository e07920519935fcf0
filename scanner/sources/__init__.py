"""What sites call things.

Touches: nothing.
"""
