"""Verdicts in words, figures, tables and JSON."""
