"""How fast the model is: ``python tests/benchmarks/speed.py [--large]``. Not a test: nothing here fails.

The default measures a run of 6,000 accounts over 104 + 208 weeks, warm, in one process and one thread. With --large it
measures 1,000,000 accounts over 52 weeks and the most memory that the process ever held.
"""

import argparse
import os
import resource
import statistics
import sys
from collections.abc import Callable, Iterable
from time import perf_counter

for _threads in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

from scenarios import load  # noqa: E402  (after the threads are limited)
from simulation import RevenueOrganization  # noqa: E402
from simulation.parameters import Scenario  # noqa: E402

BLOCKS = 9
RUNS_A_BLOCK = 5


def milliseconds(work: Callable[[], object], blocks: int = BLOCKS, runs: int = RUNS_A_BLOCK) -> tuple[float, float]:
    """Return the median over blocks of a run's milliseconds, and those of the fastest block."""
    found = []
    for _ in range(blocks):
        begin = perf_counter()
        for _ in range(runs):
            work()
        found.append(1000.0 * (perf_counter() - begin) / runs)
    return statistics.median(found), min(found)


def print_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print rows in columns as wide as their widest cell, the first to the left."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        first, *rest = (
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]))


def default_rows(name: str) -> list[list[str]]:
    """Measure whole runs, warm-ups and forks of a core world."""
    scenario = load(name).with_leader(seat="cro", profile="strategist")
    model = RevenueOrganization(scenario, seed=1)
    model.fork().run()
    works: dict[str, Callable[[], object]] = {
        "warm-up and run": lambda: RevenueOrganization(scenario, seed=1).run(),
        "warm-up": lambda: RevenueOrganization(scenario, seed=1),
        "fork and run": lambda: model.fork(scenario).run(),
    }
    weeks = {"warm-up and run": 104 + 208, "warm-up": 104, "fork and run": 208}
    rows = []
    for what, work in works.items():
        median, fastest = milliseconds(work)
        nanoseconds = 1e6 * median / weeks[what] / scenario.market.accounts
        rows.append([f"{name}, {what}", f"{median:.1f}", f"{fastest:.1f}", f"{nanoseconds:.0f}"])
    return rows


def large_world(accounts: int) -> Scenario:
    """Return a core world with many accounts, and no warm-up."""
    return load("complex-multi").set("market.accounts", accounts).set("run.warm_up_weeks", 0).set("run.weeks", 52)


def peak_megabytes() -> float:
    """Return the most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def large_row(accounts: int) -> list[str]:
    """Measure one year of a very large market, after a small one has loaded all machine code."""
    RevenueOrganization(large_world(600), seed=1).run(weeks=14)
    begin = perf_counter()
    model = RevenueOrganization(large_world(accounts), seed=1).run()
    seconds = perf_counter() - begin
    reps, per = int(model.rep_slots.active.sum()), 1e9 * seconds / accounts / 52
    return [f"{accounts:,} accounts, 52 weeks", f"{seconds:.1f}", f"{peak_megabytes():.0f}", f"{per:.0f}", f"{reps}"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="1,000,000 accounts × 52 weeks instead")
    parser.add_argument("--accounts", type=int, default=1_000_000, help="accounts of the large market")
    chosen = parser.parse_args()
    if chosen.large:
        header = ["market", "seconds", "peak MB", "ns an account-week", "reps at the end"]
        print_table(header, [large_row(chosen.accounts)])
        return
    header = [f"6,000 accounts, median of {BLOCKS} blocks", "ms", "fastest ms", "ns an account-week"]
    print_table(header, [row for name in ("simple-single", "complex-multi") for row in default_rows(name)])


if __name__ == "__main__":
    main()
