"""The command by its real entry point, as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("revorg")
REVORG = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "revorg.experiments.cli"]


def revorg(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command, 100 columns wide, and return what it said."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(
        [*REVORG, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=folder,
        timeout=300,
        check=False,
    )
