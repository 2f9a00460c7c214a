"""How many processors there are; apart, because the command line asks before anything heavy is imported."""

import os


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
