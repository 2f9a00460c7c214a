"""Experiments on simulated revenue organizations."""
