"""Where a firm is in week 0, beside where its scenario wants it; and rates it has shown beside those of the model."""

from typing import TYPE_CHECKING

from rich.text import Text

from revorg.experiments.reports.console import console
from revorg.experiments.reports.numbers import scale_of, written
from revorg.simulation.codes import DAYS_A_WEEK, WEEKS_A_YEAR
from revorg.simulation.metrics import measure
from revorg.simulation.record import Window
from revorg.simulation.scenario import Scenario
from revorg.simulation.start import NEAR, StartState, wanted_state

if TYPE_CHECKING:
    from revorg.simulation.model import RevenueOrganization

UNITS = {"customers": "customers", "arr_usd": "USD of ARR", "average_deal_usd": "USD a deal", "reps": "reps"}
NOTICED = 3.0 * NEAR


def start_line(scenario: Scenario, reached: StartState) -> str:
    """Return one sentence on the firm in week 0.

    Parameters
    ----------
    reached
        Of one run, or the mean over seeds.
    """
    wanted = wanted_state(scenario)
    return "; ".join(_figure(name, float(value), wanted.get(name)) for name, value in reached._asdict().items())


def _figure(name: str, reached: float, wanted: float | None) -> str:
    """Return a figure, and how far it is from the one wanted."""
    told = f"{reached:,.0f} {UNITS[name]}" if reached >= 100 or name == "customers" else f"{reached:.1f} {UNITS[name]}"
    if wanted is None:
        return told
    return f"{told} (start: {wanted:,.0f}{_miss(reached, wanted)})"


def _miss(reached: float, wanted: float) -> str:
    away = reached / wanted - 1.0 if wanted else 0.0
    return f", {100 * away:+.0f} %" if abs(away) > NOTICED else ""


def missed_lines(scenario: Scenario, reached: StartState) -> list[str]:
    """Return a sentence for every state that the warm-up does not reach, over the solver's seeds."""
    wanted, found = wanted_state(scenario), reached._asdict()
    return [
        f"[start] {name} = {value:,.0f} is not reached: the nearest that the warm-up comes to is {found[name]:,.0f}"
        for name, value in wanted.items()
        if abs(found[name] / value - 1.0) > NOTICED
    ]


def observed_lines(model: "RevenueOrganization") -> list[str]:
    """Return the rates that the firm has shown, each beside that of a run's last year before week 0."""
    scenario, end = model.scenario, model.warm_up_weeks
    settling = scenario.decisions.time_limit_days / DAYS_A_WEEK
    year = measure(Window(model.record[:end], max(end - WEEKS_A_YEAR, 0), end, model.accounts.rows, settling))
    told = []
    for name, observed in scenario.observed.model_dump().items():
        if observed is not None:
            (over, under), scale = year[name], scale_of(name)
            simulated = written(scale.factor * over / under) if under else "nothing to measure"
            told.append(f"{name}: observed {written(scale.factor * observed)}, simulated {simulated} {scale.level}")
    return told


def print_start(model: "RevenueOrganization", reached: StartState | None) -> None:
    """Print where a run stood in week 0, what its scenario tells of the firm, and what is out of reach.

    Parameters
    ----------
    reached
        Where the firm arrives as a mean over seeds, if its beginning was solved for.
    """
    out = console()
    if model.warm_up_weeks:
        out.print(Text(f"In week 0: {start_line(model.scenario, model.start)}", style="dim"))
        for line in observed_lines(model):
            out.print(Text(f"The year before: {line}", style="dim"))
    for line in missed_lines(model.scenario, reached) if reached is not None else ():
        out.print(Text(line))
