"""What a sweep's bookkeeping takes: memory, disk, and the time to go on, up to a million runs.

``python -m revorg.experiments.benchmarks.store`` runs the table and writes it to
`experiments/benchmarks/results/store.md`; a few minutes. The model is replaced by random numbers, everything else is
the real thing: plan, chunks, store, restart.
"""

import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from revorg.experiments.reports.generated import parser_of
from revorg.experiments.reports.markdown import table
from revorg.experiments.runs.jobs import Chunk, ChunkResult, RunResult
from revorg.experiments.studies import sweeps
from revorg.experiments.studies.study import Study
from revorg.experiments.studies.sweeps import Sweep, carry_out_study
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.metrics import METRICS

REPORT = "experiments/benchmarks/results/store.md"
SIZES = (10_000, 100_000, 1_000_000)
SEEDS, DESIGNS = 10, ("cro:strategist", "cso:executor")
RUN_SECONDS = 0.05
"""What a chunk claims that a run took, so that chunks are as large as with the model."""
PARAMETERS = ("customers.champion_loss_per_year", "sales.ramp_weeks", "customers.term_weeks")


class MadeUp:
    """Makes up what comes of a chunk, and notes when it was first asked."""

    slots = hands = 4
    renews_itself = False

    def __init__(self) -> None:
        self.asked: tuple[float, float] | None = None

    def submit(self, chunk: Chunk) -> Future[ChunkResult]:
        """Draw random numbers for every run."""
        self.asked = self.asked or _clocks()
        count = len(chunk.runs)
        parts = np.random.default_rng(int(chunk.runs[0][1].run, 16)).random((count, 1, len(METRICS), 2))
        future: Future[ChunkResult] = Future()
        future.set_result(ChunkResult(tuple(map(RunResult, parts)), RUN_SECONDS * count))
        return future

    def look_after(self) -> None:
        """Nothing can be stuck."""

    def leave(self, at_once: bool) -> None:
        """There is nothing to let go of."""


def study_of(runs: int) -> Study:
    """Return a study of so many runs."""
    drawn = {"method": "latin hypercube", "points": runs // SEEDS // len(DESIGNS)}
    varied = dict.fromkeys(PARAMETERS, "plausible")
    return Study(scenarios=["complex-multi"], designs=DESIGNS, seeds=SEEDS, uncertainties=varied, sampling=drawn)


def carry_out(runs: int, out: Path) -> dict[str, Any]:
    """Go through a study, or what is left of it; return what it took."""
    import resource  # which Windows has not

    sweeps.TRIAL_SECONDS = 0.0
    run_executor, (started, worked) = MadeUp(), _clocks()
    done: Sweep = carry_out_study(study_of(runs), out, run_executor=run_executor)
    first, first_worked = run_executor.asked or _clocks()
    return {
        "run": done.run,
        "reused": done.reused,
        "bytes": done.bytes,
        "seconds": time.perf_counter() - started,
        "until_first": first - started,
        "work_until_first": first_worked - worked,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "files": len(list((out / "runs").iterdir())),
    }


def _clocks() -> tuple[float, float]:
    """Return the time, and the time for which this process had a processor."""
    return time.perf_counter(), time.process_time()


def in_process_of_its_own(runs: int, out: Path) -> dict[str, Any]:
    """Do the same in a new process, whose memory has seen nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(carry_out, runs, out).result()


def row_of(runs: int, folder: Path) -> tuple[str, ...]:
    """Measure one size: all of it, then a start with the smallest part missing."""
    out = folder / str(runs)
    first = in_process_of_its_own(runs, out)
    min((out / "runs").glob("*.parquet"), key=lambda path: path.stat().st_size).unlink()
    again = in_process_of_its_own(runs, out)
    return (
        f"{runs:,}", f"{first['peak_mb']:.0f}", f"{1e6 * first['seconds'] / runs:.0f}",
        f"{first['bytes'] / runs:.0f}", str(first["files"]), f"{again['reused']:,}",
        f"{again['until_first']:.1f}", f"{again['work_until_first']:.1f}",
        f"{again['seconds']:.1f}", f"{again['peak_mb']:.0f}",
    )  # fmt: skip


def main() -> int:
    """Run, print and keep the table."""
    purpose = "Measure a sweep's bookkeeping up to a million runs, and write what it takes."
    file = parser_of("revorg.experiments.benchmarks.store", purpose, REPORT).parse_args().file
    with tempfile.TemporaryDirectory() as folder:
        rows = [row_of(runs, Path(folder)) for runs in SIZES]
    heads = (
        "runs", "peak memory, MB", "bookkeeping, µs a run", "bytes a run", "files", "found finished at the next start",
        "s until it goes on", "of these at work", "s in all", "peak memory then, MB",
    )  # fmt: skip
    text = (
        f"# The store\n\nA sweep's bookkeeping, with random numbers in place of the model ({len(METRICS)} outcomes a "
        f"run, {len(PARAMETERS)} parameters that vary, one point for {SEEDS * len(DESIGNS)} runs); model "
        f"{fingerprint()}. The next start finds one part missing, checks all others by their checksums and goes on. "
        f'About 200 MB of memory is the program itself. The machine was shared: "at work" counts only the time for '
        f"which the process had a processor.\n\n{table(heads, rows)}\n"
    )
    file.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
