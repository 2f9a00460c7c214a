"""Desks driven alone over a stretch of days of any length.

The loop of the model serves a week. A stretch is a week by a clock that runs faster or slower: days are told in fifths
of the stretch, and hours a day are those of such a day. Work is in hours, and so the same by every clock.
"""

from revorg.experiments.validation.dock_figures import Numbers
from revorg.simulation.codes import DAYS_A_WEEK
from revorg.simulation.compiling import alone
from revorg.simulation.numbers import Now, World
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import Decisions, People, Routes
from revorg.simulation.submodels.desks import run_desks


def serve_stretch(
    decisions: Decisions, people: People, routes: Routes, hours_a_day: Numbers, world: World, held: StandIns,
    start: float, until: float, seed: int,
) -> None:  # fmt: skip
    """Serve all desks from one moment to a later one, both in working days, with the loop that serves them a week.

    Times that the loop compares may differ by their last bits from those of whole weeks.
    """
    day = (until - start) / DAYS_A_WEEK
    rules = world.decisions._replace(time_limit_days=world.decisions.time_limit_days / day)
    now: Now = Now(seed, start / day / DAYS_A_WEEK, 0)  # type: ignore[arg-type]  # between two weeks
    _tell_time(decisions, 1.0 / day)
    alone(run_desks)(decisions, people, routes, hours_a_day * day, world._replace(decisions=rules), held, now)
    _tell_time(decisions, day)


def _tell_time(decisions: Decisions, factor: float) -> None:
    """Tell all times in another unit."""
    for times in (decisions.raised, decisions.arrives, decisions.reply, decisions.settled):
        times *= factor
