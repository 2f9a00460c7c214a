"""What can be switched, chosen and replaced: mechanisms, rivals, levers, and how long a run lasts."""

from typing import Literal

from revorg.simulation.parameters.ranges import ParameterTable, parameter


class Run(ParameterTable):
    """How long a run lasts and with how many reps it starts."""

    weeks: int = parameter(208, low=1, high=2080, unit="weeks", plausible=(52, 520), source="design")
    """Weeks under the design."""
    warm_up_weeks: int = parameter(104, low=0, high=1040, unit="weeks", plausible=(52, 260), source="design")
    """Weeks under the neutral organization beforehand."""
    initial_reps: int | None = parameter(
        None, low=0, high=1_000_000, unit="reps", plausible=(1, 1000), source="derived"
    )
    """Reps when the warm-up begins, all full-time (absent: posts as the plan wants them, the last part-time)."""


class Mechanisms(ParameterTable):
    """Switches of mechanisms: true while the mechanism works, false while its neutral stand-in replaces it.

    A stand-in holds what the mechanism gives at the mean of the last year of the warm-up, in which the neutral
    organization was in force: it is the same in every design on the same world and seed.
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
    """Competitors attack fronts and tire (off: the long-run mean of pressure on every front)."""
    staffing: bool = True
    """Reps leave and are hired (off: those of the switch stay)."""
    exits: bool = True
    """Holders of the chief's place leave and are replaced (off: nobody leaves)."""


class Rivals(ParameterTable):
    """Rival mechanisms that a sceptic would name, each in place of ours; all are off by default."""

    heads_learn: bool = False
    """Heads of functions learn about the fronts too: half of their strategy hours count in the review."""
    over_steering: bool = False
    """Reviews believe the last look alone, and moves of the allocation cost twice as much."""
    random_exits: bool = False
    """Leaders are dismissed at random times, not after misses."""


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
