"""The command ``revorg run``."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from revorg.experiments.commands.options import whole

if TYPE_CHECKING:
    from revorg.simulation.pay import Pay
    from revorg.simulation.scenario import Scenario


PLACEBO, GENERALIST = "placebo", "generalist"  # what the neutral organization has in the chief's place
EMPTY = "nobody"


def run(
    scenario: Annotated[str, typer.Argument(help="A scenario's name, or the path of a TOML file.")],
    seat: Annotated[
        str | None, typer.Option(help=f"Seat in the chief's place; with --leader alone: {PLACEBO}.")
    ] = None,
    leader: Annotated[
        str | None,
        typer.Option(
            metavar="PROFILE", help=f"Who holds it, or {EMPTY}, to leave it empty; with --seat alone: {GENERALIST}."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one parameter; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(parser=whole(0, 2**31 - 1), metavar="N", help="Seed of all chance.")] = 0,
    weeks: Annotated[
        int | None,
        typer.Option(parser=whole(), metavar="N", help="Weeks under the design.", show_default="the scenario's"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the weeks into a PNG file.")] = None,
) -> None:
    """Run one firm and print its outcomes.

    Without --seat and --leader the scenario's own organization stays, which is the neutral one unless
    its file says otherwise.
    """
    world = _prepared(scenario, seat, leader, changes or [], weeks)
    target = _drawable(plot)
    from revorg.experiments.runs.terminal import TerminalProgress
    from revorg.experiments.runs.worker import make_ready
    from revorg.simulation.model import RevenueOrganization, arrives
    from revorg.simulation.pay import Pay
    from revorg.simulation.start import beginning_of

    make_ready(TerminalProgress())
    model = RevenueOrganization(world, seed=seed)
    model.run()
    outcomes = {str(name): float(value) for name, value in model.outcomes.items()}
    heading = f"{world.name}, chief {world.chief}, seed {seed}, {model.week} weeks"
    pay = Pay.of(world)
    if as_json:
        _print_run_json(world.name, seed, pay, outcomes)
    else:
        from revorg.experiments.reports.pay import pay_line
        from revorg.experiments.reports.run import print_outcomes
        from revorg.experiments.reports.start import print_start

        print_outcomes(outcomes, heading, pay_line(pay))
        is_solved = world.market.initial_customers_share is None
        print_start(model, beginning_of(world, arrives).reached if is_solved else None)
    if target is not None:
        from revorg.experiments.reports.run import save_course

        save_course(model.weekly, heading, target)
        print(f"Written: {target}", file=sys.stderr)


def _prepared(name: str, seat: str | None, leader: str | None, changes: list[str], weeks: int | None) -> "Scenario":
    """Load the scenario and change it as asked, all at once."""
    from revorg.scenarios.loading import load

    settings = dict(map(_change, changes))
    if weeks is not None:
        settings["run.weeks"] = weeks
    if seat is not None or leader is not None:
        settings["organization.chief"] = _chief(seat, leader)
    return load(name).changed(settings)


def _chief(seat: str | None, leader: str | None) -> dict[str, str] | str:
    """Say who sits in the chief's place."""
    if leader != EMPTY:
        return {"seat": PLACEBO if seat is None else seat, "holder": GENERALIST if leader is None else leader}
    if seat is None:
        return EMPTY
    from revorg.simulation.errors import BadInput

    raise BadInput(f"--seat {seat} --leader {EMPTY}: an empty place has no seat; leave --seat out")


def _change(text: str) -> tuple[str, Any]:
    """Read ``path=value``, the value as in a scenario file; what is no TOML value is taken as text."""
    import tomllib

    from revorg.simulation.errors import BadInput

    path, equals, value = text.partition("=")
    if not (path.strip() and equals and value.strip()):
        raise BadInput(f"--set {text}: expected path=value, for example customers.champion_loss_per_year=0.3")
    try:
        return path.strip(), _as_count(tomllib.loads(f"value = {value}")["value"])
    except (ValueError, RecursionError):
        return path.strip(), value.strip()


def _as_count(value: Any) -> Any:
    """Return a whole number as one: whoever types 3e3 accounts means 3000."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if is_whole else value


def _drawable(plot: Path | None) -> Path | None:
    """Check before the run that the plot can be written."""
    if plot is None:
        return None
    from revorg.simulation.errors import BadInput

    if plot.suffix.lower() != ".png":
        raise BadInput(f"--plot {plot}: expected a file name ending in .png")
    if not plot.parent.is_dir():
        raise BadInput(f"--plot {plot}: there is no folder {plot.parent}")
    return plot


def _print_run_json(name: str, seed: int, pay: "Pay", outcomes: dict[str, float]) -> None:
    from revorg.experiments.reports.numbers import finite
    from revorg.simulation.fingerprint import fingerprint

    measured = {metric: finite(value) for metric, value in outcomes.items()}
    print(
        json.dumps(
            {
                "scenario": name,
                "seed": seed,
                "fingerprint": fingerprint(),
                "leaders": {"heads": pay.heads, "pay_usd": pay.usd, "bought_hours": pay.hours},
                "outcomes": measured,
            },
            indent=1,
            allow_nan=False,
        )
    )
