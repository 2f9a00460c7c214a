"""The whole model against plain Mesa agents: paired ones, and the same as a tutorial would write them."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.speed.timing import Blocks, in_turns, seconds
from scenarios import load
from simulation import RevenueOrganization
from simulation.errors import BadInput

TESTS = Path(__file__).parents[2] / "tests"
DESIGN = ("cro", "strategist")


@dataclass(frozen=True)
class Match:
    """Seconds that a week takes the tables, the paired agents and the tutorial's agents, at one size."""

    world: str
    accounts: int
    tables: Blocks
    paired: Blocks
    tutorial: Blocks


def check_source_tree() -> None:
    """Raise `BadInput` where the plain agents are missing, as in an installed wheel."""
    if not (TESTS / "reference").is_dir():
        raise BadInput(
            "revorg bench compares with the plain agents of tests/reference, which an installed wheel does not carry: "
            "run it from a copy of the source, set up with pip install -e ."
        )


def reference(name: str) -> Any:
    """Import a module of the plain-object reference, which stands in the tests of the source tree."""
    check_source_tree()
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))
    return importlib.import_module(f"reference.{name}")


def midway(world: str, accounts: int, seed: int = 1) -> RevenueOrganization:
    """Return a firm of some size half-way through the run, when customers are as many as on the whole."""
    scenario = load(world).set("market.accounts", accounts).with_leader(*DESIGN)
    model = RevenueOrganization(scenario, seed=seed)
    return model.run(scenario.run.weeks // 2)


class _Lives:
    """The same weeks, lived by agents and by tables.

    The tables live every block several times, each time from a fork taken before the clock starts, and once more to
    go on from there.
    """

    def __init__(self, model: RevenueOrganization, weeks: int, repeats: int) -> None:
        draws = reference("chance")
        begin = reference("organization").PlainOrganization.from_model
        self.model, self.weeks, self.repeats = model, weeks, repeats
        self.paired, self.tutorial = begin(model, draws.PairedDraws), begin(model, draws.MesaDraws)

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
    differing = reference("agreement").disagreements(lives.model, lives.paired)
    if differing:
        raise RuntimeError(f"tables and paired agents differ in {', '.join(sorted(differing))}")
    return Match(world, accounts, **found)
