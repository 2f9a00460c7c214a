"""Step 10: processes mature through operations' work, and are diluted by growth."""

import math

from revorg.simulation.codes import MATURITY, NEWCOMERS, OPERATIONS_WORK, Column
from revorg.simulation.compiling import loop, rule
from revorg.simulation.record import R_MATURITY
from revorg.simulation.scenario import Scenario
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


def mature(firm: Firm, record: Column, world: Scenario, held_maturity: float = math.nan) -> None:
    """Move process maturity by a week."""
    rules = world.operations
    _mature(
        firm.gauges, firm.lift, record, rules.maturity_pace * rules.work_of(world.levers.operations_stage),
        rules.work_gain, rules.maturity_decay, rules.dilution, rules.channel_wear, float(world.market.channels),
        held_maturity,
    )  # fmt: skip


@loop
def _mature(
    gauges: Column, lift: Column, record: Column, pace: float, work_gain: float, decay: float, dilution: float,
    channel_wear: float, channels: float, held_maturity: float,
) -> None:  # fmt: skip
    spread = 1.0 + channel_wear * (channels - 1.0)
    gauges[MATURITY] = held_or(held_maturity, maturity_after(
        gauges[MATURITY], pace, responsive(work_gain, lift[OPERATIONS_WORK]), decay * spread, dilution,
        gauges[NEWCOMERS],
    ))  # fmt: skip
    record[R_MATURITY] = gauges[MATURITY]
