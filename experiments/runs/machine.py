"""Where things live that can be made again."""

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs


def cache_folder() -> Path:
    """Return the user's cache folder of this program; it need not exist.

    Where the system knows no home, it is a folder of this process alone: one below the current folder, as some versions
    of platformdirs have it then, might be anybody's.
    """
    try:
        folder = Path(platformdirs.user_cache_dir("revorg"))
    except RuntimeError:
        folder = Path()
    return folder if folder.is_absolute() else Path(_passing_folder().name)


@cache
def _passing_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="revorg-")


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
