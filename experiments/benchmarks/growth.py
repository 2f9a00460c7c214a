"""What a run costs as accounts, reps, fronts, seats and weeks grow.

``python -m revorg.experiments.benchmarks.growth`` measures one thing at a time against a firm of 6,000 accounts, and
writes the tables of `experiments/benchmarks/results/growth.md`; two minutes. The exponent of a row is that of the whole
cost between the row before and this one: 0 where the cost does not grow, 1 where it grows as the thing does.
"""

import math
import sys
from collections.abc import Callable, Iterator

from revorg.experiments.benchmarks.tables import machine
from revorg.experiments.benchmarks.timing import Blocks, in_turns, seconds
from revorg.experiments.reports.generated import parser_of
from revorg.experiments.reports.markdown import table
from revorg.scenarios.loading import load
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.scenario import Scenario

REPORT = "experiments/benchmarks/results/growth.md"
MARK = "<!-- tables by experiments/benchmarks/growth.py -->"
BLOCKS = 7
WEEKS = 26
DEFAULT = load("complex-multi").changed({"run.warm_up_weeks": 0})


def with_seats(seats: int) -> Scenario:
    """Return the default world with so many seats: unpaid staff chiefs besides the six of the neutral organization."""
    tables = DEFAULT.changed({"finance.leader_pay_usd": 0.0}).as_tables()
    for number in range(1, seats - 5):
        seat = f"staff_{number}"
        tables["seats"][seat] = dict(tables["seats"]["placebo"])
        tables["organization"][seat] = {"seat": seat, "holder": "generalist"}
    return Scenario.of(tables)


def with_fronts(fronts: int) -> Scenario:
    """Return the default world with so many fronts, in up to 8 segments, all of them at home and the firm's own."""
    tables = DEFAULT.as_tables()
    segments = min(fronts, 8)
    tables["market"] |= {"segments": segments, "channels": fronts // segments, "partner_channels": 0}
    return Scenario.of(tables)


GROWN: dict[str, tuple[Callable[[int], Scenario], tuple[int, ...]]] = {
    "accounts": (
        lambda count: DEFAULT.changed({"market.accounts": count}), (600, 6_000, 60_000, 600_000, 2_000_000),
    ),
    "reps": (lambda count: DEFAULT.changed({"run.initial_reps": count}), (10, 100, 1_000, 10_000)),
    "fronts": (with_fronts, (1, 4, 16, 64)),
    "seats": (with_seats, (6, 9, 15)),
}  # fmt: skip


def microseconds_a_week(scenarios: dict[int, Scenario]) -> dict[int, Blocks]:
    """Measure a week of several worlds in turns."""
    starts = {count: RevenueOrganization(world, seed=1).run(WEEKS) for count, world in scenarios.items()}

    def week(start: RevenueOrganization) -> float:
        weeks = max(4, min(WEEKS, 2_000_000 // start.accounts.rows))
        fork = start.fork()
        return 1e6 * seconds(lambda: fork.run(weeks)) / weeks

    for start in starts.values():
        week(start)
    found = in_turns({str(count): lambda s=start: week(s) for count, start in starts.items()}, BLOCKS)  # type: ignore[misc]
    return {int(count): blocks for count, blocks in found.items()}


def rows_of(found: dict[int, Blocks]) -> Iterator[tuple[str, ...]]:
    """Write a row a count, with the exponent since the row before."""
    before: tuple[int, float] | None = None
    for count, blocks in found.items():
        exponent = ""
        if before is not None:
            exponent = f"{math.log(blocks.median / before[1]) / math.log(count / before[0]):.2f}"
        spread = f"{blocks.low:,.0f}–{blocks.high:,.0f}"
        yield f"{count:,}", f"{blocks.median:,.0f}", spread, f"{1e3 * blocks.median / count:,.0f}", exponent
        before = count, blocks.median


def weeks_table() -> str:
    """Measure runs of several lengths; a week costs more only as the firm grows."""
    start = RevenueOrganization(DEFAULT.changed({"run.weeks": 832}), seed=1)
    lengths = (52, 208, 832)
    found = in_turns({
        str(weeks): lambda weeks=weeks: 1e6 * seconds(lambda: start.fork().run(weeks)) for weeks in lengths  # type: ignore[misc]
    }, BLOCKS)  # fmt: skip
    return table(heads("weeks", "µs a run", "ns a week"), rows_of({int(weeks): found[weeks] for weeks in found}))


def heads(thing: str, cost: str, each: str) -> tuple[str, ...]:
    """Return the heads of a table."""
    return thing, cost, "spread", each, "exponent"


def main() -> int:
    """Measure, and put the tables in their place in the report."""
    purpose = "Measure what a run costs as it grows, and write the tables of the report below its text."
    file = parser_of("revorg.experiments.benchmarks.growth", purpose, REPORT).parse_args().file
    written = [MARK, "", machine(), ""]
    for thing, (world, counts) in GROWN.items():
        found = microseconds_a_week({count: world(count) for count in counts})
        written += [table(heads(thing, "µs a week", f"ns a week for one of the {thing}"), rows_of(found)), ""]
    written += [weeks_table(), ""]
    kept = file.read_text(encoding="utf-8").partition(MARK)[0] if file.exists() else "# Growth\n\n"
    file.write_text(kept + "\n".join(written), encoding="utf-8")
    print("\n".join(written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
