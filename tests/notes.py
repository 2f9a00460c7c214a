"""Somebody who listens to a long job and keeps what is said."""

from revorg.experiments.runs.progress import NoProgress


class Notes(NoProgress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)
