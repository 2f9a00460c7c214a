"""What other processes take: help, imports, first and later runs, and memory. And runs in a sweep."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from time import perf_counter

from experiments.carrying import Carrying, Pace
from experiments.chunks import Chunk, Terms
from experiments.speed.timing import Blocks, in_turns
from experiments.tasks import Task
from experiments.workers import Crew, Here, Processes

EMPTY_APP = """
import typer
app = typer.Typer()
@app.command()
def nothing() -> None:
    pass
app()
"""
IMPORTS = """
import experiments.cli, experiments.runs, experiments.terminal, experiments.printing, scenarios
from simulation import RevenueOrganization
"""
MEMORY = """
import json, pathlib, resource, sys
from scenarios import load
from simulation import RevenueOrganization

def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # on Linux getrusage also tells of the process that started this one
        return 1024 * int(next(line for line in status.read_text().splitlines() if "VmHWM" in line).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

world = load("complex-multi").set("run.warm_up_weeks", 0)
RevenueOrganization(world.set("market.accounts", 1000)).run(14)
before, accounts = peak(), int(sys.argv[1])
RevenueOrganization(world.set("market.accounts", accounts)).run(14)
print(json.dumps((peak() - before) / accounts))
"""
RUN = ("-m", "experiments.cli", "run", "simple-single", "--json")


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
        "help": ("-m", "experiments.cli", "--help"),
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


def sweep(seeds: int, designs: int, blocks: int, processes: Sequence[int] = (1, 2)) -> dict[int, Blocks]:
    """Measure arms a second in a sweep whose arms share the warm-up of their seed, by how many processes work."""
    seats = [f"{seat}:{person}" for seat in ("cro", "cso", "coo", "cco") for person in ("strategist", "executor")]

    def chunks(first: int, count: int) -> Iterator[Chunk]:
        for seed in range(first, first + count):
            task = Task("complex-multi", seed, tuple(seats[:designs]), ("0-208",))
            yield Chunk(Terms(windows=task.windows), (task.unit,))

    def arms_a_second(crew: Crew) -> float:
        begin = perf_counter()
        done = sum(len(report.ran) for _, report in Carrying(chunks(0, seeds), crew, Pace()).reports())
        return done / (perf_counter() - begin)

    crews: dict[int, Crew] = {count: Here() if count == 1 else Processes(count) for count in processes}
    try:
        for count, crew in crews.items():
            list(Carrying(chunks(1000, 2 * count), crew, Pace()).reports())
        found = in_turns({str(count): lambda c=c: arms_a_second(c) for count, c in crews.items()}, blocks)  # type: ignore[misc]
    finally:
        for crew in crews.values():
            crew.leave(at_once=True)
    return {int(count): rate for count, rate in found.items()}
