"""Executives with faults, for tests of what becomes of a run that goes wrong; workers import them by name."""

import os
import signal
import time
from importlib import import_module
from pathlib import Path

from revorg.simulation.people import Executive

FAULTY_SEED = 2


class Sound(Executive):
    """Behaves."""


class _Faulty(Executive):
    def set_policy(self) -> None:
        """Go wrong in one of the seeds, a few weeks into the run."""
        if self.model.seed == FAULTY_SEED and self.model.week >= 4:
            self.go_wrong()
        super().set_policy()

    def go_wrong(self) -> None:
        """Behave all the same."""


class Raising(_Faulty):
    """Raises."""

    def go_wrong(self) -> None:
        """Raise."""
        raise ZeroDivisionError("a fault of this test")


class Misspelling(_Faulty):
    """Calls a library that raises, with a message of a thousand letters."""

    def go_wrong(self) -> None:
        """Import what there is not."""
        import_module("x" * 1000)


class Looping(_Faulty):
    """Never comes back; its time flies, so that no test has to wait for the limit."""

    def go_wrong(self) -> None:
        """Loop."""
        while True:
            signal.raise_signal(signal.SIGALRM)


STUCK = "REVORG_STUCK"
"""Names the file in which a stuck process says which it is."""


class Stuck(_Faulty):
    """Never comes back, and hears no alarm: only its process can be ended."""

    def go_wrong(self) -> None:
        """Sleep on."""
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        Path(os.environ[STUCK]).write_text(str(os.getpid()), encoding="utf-8")
        while True:
            time.sleep(60)


class NotANumber(_Faulty):
    """Makes the state something else than numbers."""

    def go_wrong(self) -> None:
        """Put a NaN where ARR is."""
        self.model.firm.gauges[:] = float("nan")
