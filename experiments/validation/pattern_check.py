"""The neutral worlds run and held against every pattern: what `revorg patterns` reports."""

from concurrent.futures import Executor
from dataclasses import dataclass

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.runs.executors import process_pool
from revorg.experiments.runs.progress import Progress
from revorg.experiments.validation.history_matching import Narrowing, kept_narrowing, narrow, rounded_up
from revorg.experiments.validation.identities import Identity, identity_lines, load_lines
from revorg.experiments.validation.pattern_sums import gather_runs
from revorg.experiments.validation.patterns import CORE, Row, accepted, pattern_rows, single_values, worlds
from revorg.experiments.validation.predictions import WORLDS, Prediction, gather_courses, predictions


@dataclass(frozen=True)
class PatternCheck:
    """Everything that `revorg patterns` says."""

    seeds: int
    rows: list[Row]
    identities: list[Identity]
    loads: list[Identity]
    predictions: list[Prediction]
    narrowing: Narrowing | None

    @property
    def accepted(self) -> bool:
        """Whether the worlds pass."""
        return accepted(self.rows)


def check_patterns(seeds: int, points: int, count: int, progress: Progress) -> PatternCheck:
    """Run what the report needs.

    Parameters
    ----------
    seeds
        Seeds of every world.
    points
        Points of each wave of history matching; 0 leaves it out.
    count
        Processes.
    progress
        Told how it goes.
    """
    found = worlds()
    with process_pool(count) as pool:
        with progress.counting("Worlds", len(found) * seeds) as counter:
            runs = gather_runs(found, range(seeds), pool, counter.advance)
        with progress.counting("Predictions", len(WORLDS) * seeds) as counter:
            courses = gather_courses(range(seeds), pool, counter.advance)
        narrowing = _narrow(points, runs, pool, progress) if points else None
    return PatternCheck(
        seeds, pattern_rows(runs), identity_lines(runs), load_lines(runs), predictions(runs, courses), narrowing
    )


def _narrow(points: int, runs: dict[str, Floats], pool: Executor | None, progress: Progress) -> Narrowing:
    def make() -> Narrowing:
        with progress.counting("History matching", 2 * len(CORE) * rounded_up(points)) as counter:
            return narrow(points, single_values(runs), pool, counter.advance)

    return kept_narrowing(points, make)
