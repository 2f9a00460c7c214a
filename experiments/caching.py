"""Where things live that can be made again."""

from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the user's cache folder of this program; it need not exist."""
    return Path(platformdirs.user_cache_dir("revorg"))
