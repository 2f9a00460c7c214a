"""Studies: what to run, its store, its results."""
