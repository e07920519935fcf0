"""Processes that are killed, crowded, and left without space: what the database holds after."""
