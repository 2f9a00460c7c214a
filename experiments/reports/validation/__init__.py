"""Docks and patterns as tables and JSON."""
