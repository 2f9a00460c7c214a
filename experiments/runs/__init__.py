"""One run, and many: jobs, workers, executors, cache."""
