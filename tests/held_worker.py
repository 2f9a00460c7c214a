"""A worker that waits for a sign: so many chunks are done as a test has allowed, however quick the machine is.

A sign is a file in the folder that ``REVORG_SIGNS`` names; whoever takes it away may carry out one chunk.
"""

import os
import time
from pathlib import Path

from revorg.experiments.runs import worker
from revorg.experiments.runs.jobs import Chunk, ChunkResult

SIGNS = "REVORG_SIGNS"


def carry_out(chunk: Chunk) -> ChunkResult:
    """Carry a chunk out, once there is a sign; as long as there is none, say that one is waited for."""
    signs = Path(os.environ[SIGNS])
    waiting = signs / f"waiting-{os.getpid()}"
    while not _taken(signs):
        waiting.touch()
        time.sleep(0.01)
    waiting.unlink(missing_ok=True)
    return worker.carry_out(chunk)


def _taken(signs: Path) -> bool:
    if (signs / "go").exists():
        return True
    for sign in signs.glob("sign-*"):
        try:
            sign.unlink()
        except FileNotFoundError:  # another was faster
            continue
        return True
    return False


def allow(signs: Path, chunks: int) -> None:
    """Allow so many chunks more."""
    for _ in range(chunks):
        (signs / f"sign-{os.urandom(8).hex()}").touch()


def allow_all(signs: Path) -> None:
    """Hold nobody back any more."""
    (signs / "go").touch()
