"""Estimators: arrays in, numbers out."""
