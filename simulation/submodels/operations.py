"""Step 10: processes mature through operations' work, and are diluted by growth."""

from typing import Any

from revorg.simulation.codes import OPERATIONS_WORK, Column, gauge
from revorg.simulation.compiling import rule, step
from revorg.simulation.numbers import World
from revorg.simulation.record import record
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Firm
from revorg.simulation.submodels.rules import held_or, responsive


@rule
def maturity_after(maturity: float, pace: float, work: float, decay: float, dilution: float, growth: float) -> float:
    """Process maturity a week later: built by work, worn by time, diluted by newcomers. [0..1]

    >>> maturity_after(0.5, pace=0.02, work=1.0, decay=0.02, dilution=0.5, growth=0.0)
    0.5
    """
    built = pace * work * (1.0 - maturity)
    lost = (decay + dilution * max(growth, 0.0)) * maturity
    return min(max(maturity + built - lost, 0.0), 1.0)


@rule
def work_of(operations: Any, stage: int) -> float:
    """Pace of maturing with the staff of a stage (none, analyst, team, governance), in shares of a team's.

    >>> from revorg.simulation.parameters.firm import Operations
    >>> work_of(Operations(unstaffed_work=0.3), 0)
    0.3
    """
    return (operations.unstaffed_work, operations.analyst_work, 1.0, operations.governance_work)[stage]


@step
def mature(firm: Firm, sums: Column, world: World, held: StandIns) -> None:
    """Move process maturity by a week."""
    rules, gauges = world.operations, firm.gauges
    pace = rules.maturity_pace * work_of(rules, world.levers.operations_stage)
    closed = 0 if world.levers.expansion else world.market.abroad_channels
    spread = 1.0 + rules.channel_wear * (float(world.market.channels - closed) - 1.0)
    work = responsive(rules.work_gain, firm.lift[OPERATIONS_WORK])
    moved = maturity_after(
        gauges[gauge.MATURITY], pace, work, rules.maturity_decay * spread, rules.dilution, gauges[gauge.NEWCOMERS]
    )
    gauges[gauge.MATURITY] = held_or(held.maturity, moved)
    sums[record.MATURITY] = gauges[gauge.MATURITY]
