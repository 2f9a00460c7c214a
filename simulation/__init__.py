"""The model of a revenue organization."""
