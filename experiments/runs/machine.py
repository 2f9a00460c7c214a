"""Where things live that can be made again."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the user's cache folder of this program; it need not exist."""
    return Path(platformdirs.user_cache_dir("revorg"))


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
