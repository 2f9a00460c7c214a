"""A copy of the installed package, for tests that change its source."""

import shutil
from importlib import import_module
from pathlib import Path

FOLDERS = ("simulation", "scenarios", "experiments")


def copy_installed(to: Path) -> Path:
    """Put the package together below a folder, as a wheel would, from wherever its parts are; return its root."""
    unwanted = shutil.ignore_patterns("__pycache__", "face")
    for name in ("revorg", *(f"revorg.{folder}" for folder in FOLDERS)):
        (source,) = import_module(name).__path__
        shutil.copytree(source, to.joinpath(*name.split(".")), ignore=unwanted, dirs_exist_ok=True)
    return to / "revorg"
