"""The whole model against plain Mesa agents: paired ones, and the same as a tutorial would write them."""

from dataclasses import dataclass
from typing import Any

from revorg.experiments.benchmarks.timing import Blocks, in_turns, seconds
from revorg.experiments.reference.agreement import disagreements
from revorg.experiments.reference.chance import MesaDraws, PairedDraws
from revorg.experiments.reference.organization import PlainOrganization
from revorg.scenarios.loading import load
from revorg.simulation.model import RevenueOrganization

DESIGN = ("cro", "strategist")


@dataclass(frozen=True)
class Match:
    """Seconds that a week takes the tables, the paired agents and the tutorial's agents, at one size."""

    world: str
    accounts: int
    tables: Blocks
    paired: Blocks
    tutorial: Blocks


def midway(world: str, accounts: int, seed: int = 1) -> RevenueOrganization:
    """Return a firm of some size half-way through the run, when customers are as many as on the whole."""
    scenario = load(world).changed({"market.accounts": accounts}).with_leader(*DESIGN)
    model = RevenueOrganization(scenario, seed=seed)
    return model.run(scenario.run.weeks // 2)


class _Lives:
    """The same weeks, lived by agents and by tables.

    The tables live every block several times, each time from a fork taken before the clock starts, and once more to
    go on from there.
    """

    def __init__(self, model: RevenueOrganization, weeks: int, repeats: int) -> None:
        self.model, self.weeks, self.repeats = model, weeks, repeats
        self.paired = PlainOrganization.from_model(model, PairedDraws)
        self.tutorial = PlainOrganization.from_model(model, MesaDraws)

    def by_tables(self) -> float:
        """Return the seconds of a week of the tables."""
        forks = [self.model.fork() for _ in range(self.repeats)]
        found = seconds(lambda: [fork.run(self.weeks) for fork in forks]) / self.repeats / self.weeks
        self.model.run(self.weeks)
        return found

    def by(self, organization: Any) -> float:
        """Return the seconds of a week of agents."""
        return seconds(lambda: [organization.step() for _ in range(self.weeks)]) / self.weeks


def play(world: str, accounts: int, weeks: int, repeats: int, blocks: int) -> Match:
    """Let tables and agents live the same weeks in turns, and check that the paired ones stay equal.

    Parameters
    ----------
    weeks : weeks a block
    repeats : how often the tables live them

    Raises
    ------
    RuntimeError
        If a column, gauge or open decision of tables and paired agents differs by more than 1e-9.
    """
    lives = _Lives(midway(world, accounts), weeks, repeats)
    lives.model.fork().run(1)
    works = {
        "tables": lives.by_tables,
        "paired": lambda: lives.by(lives.paired),
        "tutorial": lambda: lives.by(lives.tutorial),
    }
    found = in_turns(works, blocks)
    differing = disagreements(lives.model, lives.paired)
    if differing:
        raise RuntimeError(f"tables and paired agents differ in {', '.join(sorted(differing))}")
    return Match(world, accounts, **found)
