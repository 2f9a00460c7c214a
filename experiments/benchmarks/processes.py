"""What other processes take: help, imports, first and later runs, and memory. And runs in a sweep."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from time import perf_counter

from revorg.experiments.benchmarks.timing import Blocks, in_turns
from revorg.experiments.runs.dispatch import Dispatch, Pace
from revorg.experiments.runs.executors import InProcess, RunExecutor, WarmProcesses
from revorg.experiments.runs.jobs import Chunk, RunOptions
from revorg.experiments.runs.pairs import Task
from revorg.scenarios.loading import load

EMPTY_APP = """
import typer
app = typer.Typer()
@app.command()
def nothing() -> None:
    pass
app()
"""
IMPORTS = """
import revorg.experiments.cli, revorg.experiments.runs.worker, revorg.experiments.runs.terminal
import revorg.experiments.reports.console
from revorg import RevenueOrganization
"""
MEMORY = """
import json, pathlib, resource, sys
from revorg import RevenueOrganization, load

def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # on Linux getrusage also tells of the process that started this one
        return 1024 * int(next(line for line in status.read_text().splitlines() if "VmHWM" in line).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

world = load("complex-multi").changed({"run.warm_up_weeks": 0})
RevenueOrganization(world.changed({"market.accounts": 1000}), seed=0).run(14)
before, accounts = peak(), int(sys.argv[1])
RevenueOrganization(world.changed({"market.accounts": accounts}), seed=0).run(14)
print(json.dumps((peak() - before) / accounts))
"""
SWEPT = "complex-multi"
RUN = ("-m", "revorg.experiments.cli", "run", "simple-single", "--json")


def _run(arguments: Sequence[str], cache: str | None = None) -> tuple[float, str]:
    """Run Python once more; return the seconds it took, and what it said."""
    environment = {**os.environ, "NO_COLOR": "1"}
    if cache is not None:  # where user caches are kept on Linux, on macOS and on Windows
        environment |= {"XDG_CACHE_HOME": cache, "HOME": cache, "LOCALAPPDATA": cache}
    begin = perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, check=True)
    return perf_counter() - begin, done.stdout


def starts(blocks: int) -> dict[str, Blocks]:
    """Measure the seconds of starting: an empty Typer app's help, ours, a run's imports and a whole short run."""
    commands: dict[str, Sequence[str]] = {
        "empty help": ("-c", EMPTY_APP, "--help"),
        "help": ("-m", "revorg.experiments.cli", "--help"),
        "imports": ("-c", IMPORTS),
        "run": RUN,
    }
    return in_turns({name: lambda given=given: _run(given)[0] for name, given in commands.items()}, blocks)  # type: ignore[misc]


def first_run() -> float:
    """Return the seconds of a first run, when all loops are still to be compiled."""
    with tempfile.TemporaryDirectory() as folder:
        return _run(RUN, cache=folder)[0]


def memory_per_account(accounts: int) -> float | None:
    """Return the bytes by which a process grows at most for every account; None where that cannot be told."""
    if sys.platform == "win32":
        return None
    return float(json.loads(_run(("-c", MEMORY, str(accounts)))[1]))


def account_weeks_an_arm(designs: int) -> float:
    """Return the account-weeks that a sweep lives for each arm, with the arm's part of the warm-up shared."""
    world = load(SWEPT)
    return world.market.accounts * (world.run.weeks + world.run.warm_up_weeks / designs)


def sweep(seeds: int, designs: int, blocks: int, processes: Sequence[int] = (1, 2)) -> dict[int, Blocks]:
    """Measure arms a second in a sweep whose arms share the warm-up of their seed, by how many processes work."""
    seats = [f"{seat}:{person}" for seat in ("cro", "cso", "coo", "cco") for person in ("strategist", "executor")]

    def chunks(first: int, count: int) -> Iterator[Chunk]:
        for seed in range(first, first + count):
            task = Task(SWEPT, seed, tuple(seats[:designs]), ("0-208",))
            yield Chunk(RunOptions(windows=task.windows), (task.unit,))

    def arms_a_second(run_executor: RunExecutor) -> float:
        begin = perf_counter()
        done = sum(len(report.ran) for _, report in Dispatch(chunks(0, seeds), run_executor, Pace()).reports())
        return done / (perf_counter() - begin)

    run_executors: dict[int, RunExecutor] = {
        count: InProcess() if count == 1 else WarmProcesses(count) for count in processes
    }
    try:
        for count, run_executor in run_executors.items():
            list(Dispatch(chunks(1000, 2 * count), run_executor, Pace()).reports())
        found = in_turns({str(count): lambda c=c: arms_a_second(c) for count, c in run_executors.items()}, blocks)  # type: ignore[misc]
    finally:
        for run_executor in run_executors.values():
            run_executor.leave(at_once=True)
    return {int(count): rate for count, rate in found.items()}
