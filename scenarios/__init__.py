"""Worlds, seats and persons as TOML files, and how to load them."""

from scenarios.loading import load, names, profiles, schema, seats

__all__ = ["load", "names", "profiles", "schema", "seats"]
