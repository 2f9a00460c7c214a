"""What `revorg bench` measures, and the targets it holds the figures against."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

from revorg.experiments.benchmarks import floor, opponents, processes, service, submodels
from revorg.experiments.benchmarks.timing import Blocks, in_turns, seconds
from revorg.experiments.runs.progress import Progress
from revorg.scenarios.loading import load
from revorg.simulation.model import RevenueOrganization

MILLION = 1_000_000


@dataclass(frozen=True)
class BenchPlan:
    """How much is measured.

    Attributes
    ----------
    sizes : accounts, and for each the weeks a block for agents and how often tables live them
    service_sizes : accounts where the week of service is compared with whole columns
    default_accounts : of the runs and of the watched week
    large : accounts of the very large market; 0 leaves it out
    starts : blocks in which other processes are started; 0 leaves them out
    sweep_seeds : seeds of the sweep; 0 leaves it out
    """

    blocks: int = 7
    worlds: tuple[str, ...] = ("simple-single", "complex-multi")
    sizes: dict[int, tuple[int, int]] = field(
        default_factory=lambda: {2_000: (26, 12), 20_000: (8, 6), 200_000: (1, 4)}
    )
    service_sizes: tuple[int, ...] = (20_000, 200_000)
    default_accounts: int = 6_000
    large: int = MILLION
    starts: int = 7
    sweep_seeds: int = 6


QUICK = BenchPlan(
    worlds=("complex-multi",), sizes={2_000: (13, 6)}, service_sizes=(20_000,), large=0, starts=0, sweep_seeds=2
)


@dataclass(frozen=True)
class Target:
    """What a figure should be at least or at most."""

    bound: float
    at_least: bool

    def is_met(self, value: float) -> bool:
        """Tell whether a figure reaches the target."""
        return value >= self.bound if self.at_least else value <= self.bound


def at_least(bound: float) -> Target:
    """Return the target of a figure that should be large."""
    return Target(bound, True)


def at_most(bound: float) -> Target:
    """Return the target of a figure that should be small."""
    return Target(bound, False)


@dataclass(frozen=True)
class Measure:
    """One line of the benchmark."""

    what: str
    found: Blocks
    unit: str
    target: Target | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the median reaches the target, if there is one."""
        return None if self.target is None else self.target.is_met(self.found.median)


Section = tuple[str, list[Measure]]

TUTORIAL_TARGETS = {2_000: at_least(75), 20_000: at_least(140), 200_000: at_least(180)}


def measure(plan: BenchPlan, progress: Progress) -> Iterator[Section]:
    """Measure section after section, and say which is under way."""
    sections = {
        "Against plain Mesa agents": _against_agents,
        "The week of service, results equal": _service,
        "A week": _a_week,
        "Whole runs": _whole_runs,
        "The machine's floor": _floor,
        "Starting": _starting,
        "Memory": _memory,
        "Sweeps": _sweeps,
    }
    for title, section in sections.items():
        with progress.waiting(title):
            figures = list(section(plan))
        if figures:
            yield title, figures


def _against_agents(plan: BenchPlan) -> Iterator[Measure]:
    for world in plan.worlds:
        for accounts, (weeks, repeats) in plan.sizes.items():
            match = opponents.play(world, accounts, weeks, repeats, plan.blocks)
            place = f"{world}, {accounts:,} accounts"
            yield Measure(f"{place}: a week of the tables", match.tables.times(1e3), "ms")
            yield Measure(
                f"{place}: agents as in a tutorial", match.tutorial.over(match.tables), "×",
                TUTORIAL_TARGETS.get(accounts),
            )  # fmt: skip
            yield Measure(f"{place}: paired agents, equal results", match.paired.over(match.tables), "×")


def _service(plan: BenchPlan) -> Iterator[Measure]:
    for world in plan.worlds:
        for accounts in plan.service_sizes:
            found = service.compare(world, accounts, plan.blocks)
            loop = found.pop("loop")
            yield Measure(f"{world}, {accounts:,} accounts: the step, called from Python", loop.times(1e6), "µs")
            for name, spent in found.items():
                yield Measure(f"{world}, {accounts:,} accounts: {name}", spent.over(loop), "×")


def _default(plan: BenchPlan, world: str) -> RevenueOrganization:
    return opponents.midway(world, plan.default_accounts)


def _a_week(plan: BenchPlan) -> Iterator[Measure]:
    for world in plan.worlds:
        week = submodels.watch_week(_default(plan, world), 104, plan.blocks)
        per_account = 1e9 / plan.default_accounts
        yield Measure(f"{world}: a week through run()", week.run.times(1e6), "µs")
        yield Measure(f"{world}: a week of one long compiled call", week.compiled.times(1e6), "µs")
        yield Measure(f"{world}: Python and unpacking, of a week", week.around.times(100.0), "%", at_most(12))
        yield Measure(f"{world}: steps over accounts", week.account_steps.times(per_account), "ns/account", at_most(25))
        for name, spent in week.steps.items():
            yield Measure(f"{world}: {name}", spent.times(1e6), "µs")


def _whole_runs(plan: BenchPlan) -> Iterator[Measure]:
    for world in plan.worlds:
        scenario = load(world).changed({"market.accounts": plan.default_accounts}).with_leader(*opponents.DESIGN)
        past = RevenueOrganization(scenario, seed=1)
        found = in_turns({
            "run": lambda s=scenario: seconds(lambda: RevenueOrganization(s, seed=1).run()),  # type: ignore[misc]
            "arm": lambda s=scenario, p=past: seconds(lambda: p.fork(s).run()),  # type: ignore[misc]
        }, plan.blocks)  # fmt: skip
        yield Measure(f"{world}: warm-up and run", found["run"].times(1e3), "ms", at_most(60))
        yield Measure(f"{world}: an arm that shares its warm-up", found["arm"].times(1e3), "ms", at_most(40))
    if plan.large:
        yield from _large_runs(plan)


def _large_runs(plan: BenchPlan) -> Iterator[Measure]:
    """Measure the very large market against one of 20,000 accounts over the same weeks, and one whole run of it."""
    small, large = (opponents.midway("complex-multi", accounts) for accounts in (20_000, plan.large))

    def nanoseconds(start: RevenueOrganization, repeats: int) -> float:
        forks = [start.fork() for _ in range(repeats)]
        return 1e9 * seconds(lambda: [fork.run(4) for fork in forks]) / repeats / 4 / start.accounts.rows

    found = in_turns({"small": lambda: nanoseconds(small, 50), "large": lambda: nanoseconds(large, 1)}, plan.blocks)
    yield Measure("20,000 accounts: an account-week in all", found["small"], "ns")
    yield Measure(f"{plan.large:,} accounts: an account-week in all", found["large"], "ns")
    yield Measure(f"{plan.large:,} against 20,000 accounts", found["large"].over(found["small"]), "×", at_most(1.3))
    begin = perf_counter()
    scenario = load("complex-multi").changed({"market.accounts": plan.large, "run.warm_up_weeks": 0})
    RevenueOrganization(scenario.with_leader(*opponents.DESIGN), seed=1).run(208)
    yield Measure(f"{plan.large:,} accounts × 208 weeks", Blocks((perf_counter() - begin,)), "s", at_most(20))


def _floor(plan: BenchPlan) -> Iterator[Measure]:
    for world in plan.worlds:
        start = _default(plan, world)
        least = floor.measure_floor(start, plan.blocks)
        spent = submodels.watch_week(start, 13, plan.blocks).account_steps.times(1e9 / plan.default_accounts)
        yield Measure(f"{world}: bytes moved once", least.triad, "ns/account")
        for name, often in least.counts.items():
            cost = least.nanoseconds[name].times(often)
            yield Measure(f"{world}: {often:.3f} {name}", cost, "ns/account")
        share = Blocks(tuple(100.0 * least.per_account_week / value for value in spent.values))
        yield Measure(f"{world}: floor, of what the loops take", share, "%", at_least(40))


def _starting(plan: BenchPlan) -> Iterator[Measure]:
    if not plan.starts:
        return
    found = processes.starts(plan.starts)
    yield Measure("an empty Typer app's help", found["empty help"], "s")
    yield Measure("revorg --help, against it", found["help"].over(found["empty help"]), "×", at_most(2))
    yield Measure("imports of revorg run", found["imports"], "s")
    beyond = tuple(run - read for run, read in zip(found["run"].values, found["imports"].values, strict=True))
    yield Measure("revorg run beyond its imports", Blocks(beyond), "s", at_most(0.5))
    yield Measure("a first run, everything compiled", Blocks((processes.first_run(),)), "s", at_most(30))


def _memory(plan: BenchPlan) -> Iterator[Measure]:
    size = floor.bytes_per_account(RevenueOrganization(load("complex-multi"), seed=0).accounts)
    yield Measure("columns of an account", Blocks((size,)), "bytes")
    grown = processes.memory_per_account(plan.large) if plan.large else None
    if grown is not None:
        yield Measure("most memory held, an account", Blocks((grown,)), "bytes", at_most(250))


def _sweeps(plan: BenchPlan) -> Iterator[Measure]:
    if not plan.sweep_seeds:
        return
    found = processes.sweep(plan.sweep_seeds, 4, plan.blocks)
    lived = processes.account_weeks_an_arm(4) / MILLION
    yield Measure("arms a second, one process", found[1], "1/s")
    yield Measure("arms a second, two processes", found[2], "1/s")
    yield Measure("two processes against one", found[2].over(found[1]), "×", at_least(1.8))
    yield Measure("account-weeks lived, two processes", found[2].times(lived), "million/s", at_least(147))
