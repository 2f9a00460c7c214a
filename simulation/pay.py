"""Pay is paid: what a design's leaders cost more or less than those of the warm-up becomes selling hours."""

from typing import NamedTuple, Self

from revorg.simulation.codes import WEEKS_A_YEAR
from revorg.simulation.compiling import plain
from revorg.simulation.errors import BadInput
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Reps
from revorg.simulation.submodels.rules import rep_hour_usd, rep_year_usd


class Pay(NamedTuple):
    """What the leaders in force cost, held against those under whom the warm-up was lived.

    Attributes
    ----------
    heads : int
        Leaders in force.
    usd : float
        What they cost a year.
    saved_usd : float
        How much less that is than in the warm-up; negative where they cost more.
    hours : float
        Paid hours a week that go to selling for it; negative where they are taken from selling.
    """

    heads: int
    usd: float
    saved_usd: float
    hours: float

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Reckon the pay of a scenario's organization."""
        levels, before = (
            int(seated.level.sum()) for seated in (scenario.organization, scenario.warm_up().organization)
        )
        a_level = scenario.finance.leader_pay_usd
        saved = a_level * (before - levels)
        an_hour = plain(rep_hour_usd)(
            plain(rep_year_usd)(scenario.sales, scenario.finance.support_per_rep), scenario.sales.rep_hours
        )
        hours = saved / WEEKS_A_YEAR / an_hour
        return cls(len(scenario.organization), a_level * levels, saved, hours)


def bought_hours(scenario: Scenario, reps: Reps, before: float) -> float:
    """Return the paid hours a week that selling gains when a design takes over; `before` it was so many.

    Raises
    ------
    BadInput
        If its leaders cost more than before, and more than all hours of the reps at work would pay for.
    """
    pay = Pay.of(scenario)
    hours = float(reps.share[reps.active == 1].sum()) * scenario.sales.rep_hours
    if pay.hours < min(before, -hours):
        raise BadInput(
            f"organization: its leaders cost {-pay.saved_usd:,.0f} USD a year more than those of the warm-up; that "
            f"would take {-pay.hours:,.0f} paid hours a week from selling, and the reps have {hours:,.0f}"
        )
    return pay.hours
