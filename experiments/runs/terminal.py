"""A progress at a terminal: a bar and a spinner there, plain lines when the output goes to a file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from revorg.experiments.runs.progress import Counter, duration

SILENT_SECONDS = 30.0


class TerminalProgress:
    """Tells on stderr how a long job is going, so that stdout keeps nothing but results."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print one sentence."""
        self.console.print(text, markup=False)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Spin while the context is open, then say how long it took."""
        started = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(what):
                yield
        else:
            self.say(f"{what} …")
            yield
        self.say(f"{what}: {time.monotonic() - started:.0f} s")

    @contextmanager
    def counting(self, what: str, total: int, pieces: str = "worlds × seeds") -> Iterator[Counter]:
        """Draw a bar; where there is no terminal, print a line at every tenth and every half minute."""
        if not self.console.is_terminal:
            yield _Lines(self, what, total, pieces)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(f"{pieces}{{task.fields[told]}}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            yield _Bar(progress, progress.add_task(what, total=total, told=""))


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._done = self._failed = 0
        self._started = time.monotonic()

    def advance(self, count: int = 1, failed: int = 0) -> None:
        self._done, self._failed = self._done + count, self._failed + failed
        told = _rate(self._done, self._failed, self._started)
        self._progress.update(self._task, advance=count, told=told)


class _Lines:
    def __init__(self, terminal: TerminalProgress, what: str, total: int, pieces: str = "worlds × seeds") -> None:
        self._terminal, self._what, self._total, self._pieces = terminal, what, total, pieces
        self._done = self._failed = 0
        self._started = self._said = time.monotonic()

    def advance(self, count: int = 1, failed: int = 0) -> None:
        tenths_before = self._done * 10 // self._total
        self._done, self._failed = self._done + count, self._failed + failed
        now = time.monotonic()
        if self._done * 10 // self._total > tenths_before or now - self._said > SILENT_SECONDS:
            self._said = now
            left = (self._total - self._done) * (now - self._started) / max(self._done, 1)
            told = f"{_rate(self._done, self._failed, self._started)}, {duration(left)} left"
            self._terminal.say(f"{self._what}: {self._done} of {self._total} {self._pieces} done{told}")


def _rate(done: int, failed: int, started: float) -> str:
    rate = f", {done / max(time.monotonic() - started, 1e-3):.1f}/s"
    return f"{rate}, {failed} failed" if failed else rate
