"""Worlds, seats, persons and designs."""
