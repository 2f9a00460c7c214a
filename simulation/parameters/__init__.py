"""Parameters: what they are, their ranges and sources."""
