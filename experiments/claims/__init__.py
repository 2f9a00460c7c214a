"""Claims, and how they get their verdicts."""
