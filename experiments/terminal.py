"""A listener at a terminal: a bar and a spinner there, plain lines when the output goes to a file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from experiments.listening import Counter


class Terminal:
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
    def counting(self, what: str, total: int) -> Iterator[Counter]:
        """Draw a bar; where there is no terminal, print a line at every tenth."""
        if not self.console.is_terminal:
            yield _Lines(self, what, total)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("worlds × seeds"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            yield _Bar(progress, progress.add_task(what, total=total))


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def advance(self) -> None:
        self._progress.advance(self._task)


class _Lines:
    def __init__(self, terminal: Terminal, what: str, total: int) -> None:
        self._terminal, self._what, self._total, self._done = terminal, what, total, 0

    def advance(self) -> None:
        tenths_before = self._done * 10 // self._total
        self._done += 1
        if self._done * 10 // self._total > tenths_before:
            self._terminal.say(f"{self._what}: {self._done} of {self._total} worlds × seeds done")
