"""What can be switched, read otherwise and chosen: mechanisms, readings, levers, and how long a run lasts."""

from typing import Literal, get_args

from revorg.simulation.parameters.ranges import ParameterTable, parameter


class Run(ParameterTable):
    """How long a run lasts and with how many reps it starts."""

    weeks: int = parameter(208, low=1, high=2080, unit="weeks", plausible=(52, 520), source="design")
    """Weeks under the design."""
    warm_up_weeks: int = parameter(208, low=0, high=1040, unit="weeks", plausible=(52, 260), source="design")
    """Weeks under the present organization beforehand."""
    initial_reps: int | None = parameter(
        None, low=0, high=1_000_000, unit="reps", plausible=(1, 1000), source="derived"
    )
    """Reps when the warm-up begins, all full-time (absent: posts as first leads ask for them, the last part-time)."""


class Mechanisms(ParameterTable):
    """Switches of mechanisms: true while the mechanism works, false while its neutral stand-in replaces it.

    A stand-in holds what the mechanism gives under the neutral organization over the same weeks, at each year's mean:
    it is the same in every design that takes over from the same past.
    """

    habit: bool = True
    """What a person is drawn to bends attention (off: everybody is drawn to all domains alike)."""
    span: bool = True
    """Leading the heads of functions takes hours (off: as in the neutral organization, by place)."""
    influence: bool = True
    """Reach outside the line rises with collaboration, alignment and level (off: the neutral mean reach)."""
    consultation: bool = True
    """Whom an owner asks depends on the owner's collaboration (off: on the neutral organization's mean)."""
    climbing: bool = True
    """Decisions go to the lowest seat over their scope (off: to whom the neutral organization's tree sends them)."""
    queueing: bool = True
    """Decisions and consults wait at desks (off: the neutral mean of days for each, of hours at each desk)."""
    rework: bool = True
    """Wrong calls depend on skill and on who was asked (off: their neutral share)."""
    learning: bool = True
    """Hours of review decide how well fronts are known (off: the neutral hours of review)."""
    plays: bool = True
    """What a front's play is worth depends on whether it fits (off: all fit as far as on the neutral mean)."""
    moving_cost: bool = True
    """Moves of the allocation cost budget (off: the neutral mean loss every week)."""
    initiatives: bool = True
    """Changes need hours of execution (off: the neutral organization's hours)."""
    handoffs: bool = True
    """What is lost between functions depends on their alignment (off: on the neutral alignment)."""
    coaching: bool = True
    """Execution work makes reps more productive (off: as the neutral organization's does)."""
    buying_groups: bool = True
    """Members of a buying group are answered by several functions' work (off: by the neutral organization's)."""
    response: bool = True
    """Late and wrong decisions hurt where they arose (off: every decision hurts as the neutral mean does)."""
    champions: bool = True
    """Champions and sponsors carry a customer's health (off: the neutral mean of what they carry)."""
    critics: bool = True
    """Critics wear a customer's health (off: the neutral mean of what they wear)."""
    references: bool = True
    """Healthy customers bring leads (off: as many as on the neutral mean)."""
    maturity: bool = True
    """Processes mature and decay (off: maturity is held at the neutral mean)."""
    ownership: bool = True
    """Ownership of customers moves (off: it is held at the neutral mean)."""
    offensives: bool = True
    """Competitors attack fronts and tire (off: the long-run mean of pressure on every open front)."""
    staffing: bool = True
    """Reps leave and are hired (off: those of the switch stay)."""
    exits: bool = True
    """Holders of the chief's place leave and are replaced (off: nobody leaves)."""


class Readings(ParameterTable):
    """Structural choices: where two readings of how firms work are both plausible, both are built.

    They belong to the world: the warm-up is lived by them, and so are both arms of a contrast. The fitted worlds use
    the first word of each.
    """

    reviewers: Literal["chief", "heads"] = "chief"
    """Whose strategy hours count in reviews: the say that seats are given (Hambrick & Mason 1984), or that of the heads
    of functions as well (Wooldridge & Floyd 1990), which brings more hours of review."""
    review: Literal["filter", "last_look"] = "filter"
    """What a review makes of what it sees: a weighing of old belief against new look (Kalman 1960), or a belief in the
    last look alone (Kahneman & Tversky 1973), which moves the budget more."""
    posts: Literal["demand", "plan"] = "demand"
    """What posts in sales follow: the hours that leads and deals ask for (workload, Talley 1961), or the
    new ARR that is planned, which lags behind a firm that does better than it planned."""
    leads: Literal["pooled", "owned"] = "pooled"
    """Whose leads are: any rep's with room (pooled servers, Kleinrock 1976), or that rep's to whom each was given when
    it came (Song, Tucker & Murrell 2015), where more are left lying."""
    exits: Literal["misses", "random"] = "misses"
    """When chiefs are dismissed: after misses (Warner, Watts & Wruck 1988), or at random times (Brickley 2003), so that
    a firm in trouble dismisses fewer."""


def other_readings() -> tuple[str, ...]:
    """Return the second reading of each structural choice, as ``choice=word``.

    >>> other_readings()[0]
    'reviewers=heads'
    """
    return tuple(f"{name}={get_args(field.annotation)[1]}" for name, field in Readings.model_fields.items())


class Levers(ParameterTable):
    """What a design may set beside seats and persons."""

    expansion: bool = False
    """Whether the firm opens its channels abroad when the design takes over."""
    account_plans: Literal["none", "best", "everywhere"] = "none"
    """Which customers get an account plan: none, those with more than the mean contract, or all."""
    operations_stage: Literal["none", "analyst", "team", "governance"] = "team"
    """Staff of operations, from nobody to full governance: how fast processes mature, and at what cost."""
    held_maturity: float | None = parameter(None, low=0, high=1, unit="maturity", plausible=(0.2, 0.8), source="design")
    """Process maturity at which the firm is held, whatever operations do (absent: it moves)."""
    reinvest_share: float = parameter(0.0, low=0, high=1, unit="share of margin", plausible=(0, 1), source="design")
    """Share of the operating margin beyond finance.kept_margin that goes into the next week's marketing budget."""
