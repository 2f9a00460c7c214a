"""The command ``revorg``. Heavy imports stand inside the commands that need them, so that help is quick."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.exit_codes import BAD_INPUT, FAILED, INTERRUPTED
from experiments.processors import processors
from experiments.speed.command import bench

if TYPE_CHECKING:
    from experiments.tasks import RunsFailed
    from simulation.parameters import Scenario

app = typer.Typer(
    name="revorg",
    help="Simulate revenue organizations agent by agent, and test claims about their leaders.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command(epilog="Example: [bold]revorg bench --quick[/bold]")(bench)

PLACEBO, GENERALIST = "placebo", "generalist"  # what the neutral organization has in the chief's place


def main() -> None:
    """Run the command; what a user got wrong is told in a line, with exit code 2."""
    try:
        app()
    except ValueError as fault:
        from simulation.errors import BadInput

        if not isinstance(fault, BadInput):
            raise
        print(fault, file=sys.stderr)
        sys.exit(BAD_INPUT)


@app.command(epilog="Example: [bold]revorg claims --quick[/bold]")
def claims(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Claims to test; all when none.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Stop after 32 pairs.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Go on until intervals are half as wide.")] = False,
    rivals: Annotated[bool, typer.Option("--rivals", help="Test again under each rival mechanism.")] = False,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes to use.", show_default="all processors")
    ] = processors(),
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything anew, whatever the cache has.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for verdicts.parquet, report.html and the figures.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Test the registered claims and print their verdicts.

    Both arms of each contrast run on the same seeds, in batches of 32, until the interval is narrow
    enough to tell (half-width: half the smallest effect that would matter) or 512 pairs are done. Exit
    code 1 when a control fails.
    """
    folder = _made(out)
    try:
        sound = _assess(ids or [], quick, full, rivals, workers, fresh, folder, as_json)
    except KeyboardInterrupt:
        print("Stopped. What was run is kept; the same command goes on from there.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if not sound:
        print("A control failed: the verdicts cannot be used.", file=sys.stderr)
        raise typer.Exit(FAILED)


def _made(out: Path | None) -> Path | None:
    """Make the folder before hours of work depend on it."""
    if out is None:
        return None
    from simulation.errors import BadInput

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadInput(f"--out {out}: cannot be made a folder: {fault.strerror}") from fault
    return out


def _assess(
    ids: list[str],
    quick: bool,
    full: bool,
    rivals: bool,
    workers: int,
    fresh: bool,
    folder: Path | None,
    as_json: bool,
) -> bool:
    from experiments.assessment import assess_claims
    from experiments.tasks import RunsFailed
    from experiments.terminal import Terminal

    listener = Terminal()
    try:
        assessment = assess_claims(
            ids, quick=quick, full=full, rivals=rivals, workers=workers, fresh=fresh, listener=listener
        )
    except RunsFailed as fault:
        _tell_failures(fault)
        raise typer.Exit(FAILED) from None
    listener.say(str(assessment.tally))
    if as_json:
        from experiments.report import as_json as json_of

        print(json.dumps(json_of(assessment), indent=1, allow_nan=False))
    else:
        from experiments.verdict_printing import print_assessment

        print_assessment(assessment)
    if folder is not None or not as_json:
        _illustrate(assessment, folder)
    return assessment.sound


def _tell_failures(fault: "RunsFailed") -> None:
    """List runs that failed, and the command that repeats each."""
    from experiments.repeating import FEW, command

    print(fault, file=sys.stderr)
    for task, design, error in fault.failures[:FEW]:
        again = command(task.world, task.settings_of(design), task.seed)
        print(f"  {error}\n    {again}", file=sys.stderr)


def _illustrate(assessment: Any, folder: Path | None) -> None:
    """Draw the figures, write the report where one is wanted, and say where they are."""
    from experiments.caching import cache_folder
    from experiments.figures import draw_figures
    from experiments.report import write_report

    figures = draw_figures(assessment, folder or cache_folder() / "figures")
    written = list(figures.values())
    if folder is not None:
        written += [folder / "verdicts.parquet", write_report(assessment, figures, folder)]
    for path in written:
        print(f"Written: {path}", file=sys.stderr)


@app.command(epilog="Example: [bold]revorg run complex-multi --seat cro --leader executor[/bold]")
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario's name, or the path of a TOML file.")],
    seat: Annotated[
        str | None, typer.Option(help=f"Seat in the chief's place; with --leader alone: {PLACEBO}.")
    ] = None,
    leader: Annotated[
        str | None, typer.Option(metavar="PROFILE", help=f"Who holds it; with --seat alone: {GENERALIST}.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one parameter; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of all chance.")] = 0,
    weeks: Annotated[int | None, typer.Option(help="Weeks under the design.", show_default="the scenario's")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the weeks into a PNG file.")] = None,
) -> None:
    """Run one firm and print its outcomes.

    Without --seat and --leader the scenario's own organization stays, which is the neutral one unless
    its file says otherwise.
    """
    world = _prepared(scenario, seat, leader, changes or [], weeks)
    target = _drawable(plot)
    from experiments.runs import make_ready
    from experiments.terminal import Terminal
    from simulation import RevenueOrganization

    make_ready(Terminal())
    model = RevenueOrganization(world, seed=seed)
    model.run()
    outcomes = {str(name): float(value) for name, value in model.outcomes.items()}
    heading = f"{world.name}, chief {_chief(world)}, seed {seed}, {model.week} weeks"
    if as_json:
        _print_run_json(world.name, seed, outcomes)
    else:
        from experiments.printing import print_outcomes

        print_outcomes(outcomes, heading)
    if target is not None:
        from experiments.figures import save_course

        save_course(model.weekly, heading, target)
        print(f"Written: {target}", file=sys.stderr)


def _prepared(name: str, seat: str | None, leader: str | None, changes: list[str], weeks: int | None) -> "Scenario":
    """Load the scenario and change it as asked, all at once."""
    from experiments.settings import changed
    from scenarios import load

    settings = dict(map(_change, changes))
    if weeks is not None:
        settings["run.weeks"] = weeks
    if seat is not None or leader is not None:
        settings["organization.chief"] = {"seat": seat or PLACEBO, "holder": leader or GENERALIST}
    return changed(load(name), settings)


def _change(text: str) -> tuple[str, Any]:
    """Read ``path=value``, the value as in a scenario file; what is no TOML value is taken as text."""
    import tomllib

    from simulation.errors import BadInput

    path, equals, value = text.partition("=")
    if not (path.strip() and equals and value.strip()):
        raise BadInput(f"--set {text}: expected path=value, for example customers.champion_loss_per_year=0.3")
    try:
        return path.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return path.strip(), value.strip()


def _drawable(plot: Path | None) -> Path | None:
    """Check before the run that the plot can be written."""
    if plot is None:
        return None
    from simulation.errors import BadInput

    if plot.suffix.lower() != ".png":
        raise BadInput(f"--plot {plot}: expected a file name ending in .png")
    if not plot.parent.is_dir():
        raise BadInput(f"--plot {plot}: there is no folder {plot.parent}")
    return plot


def _chief(world: "Scenario") -> str:
    row = world.organization.row_of("chief")
    return f"{world.organization.names[row]}:{world.organization.holders[row]}"


def _print_run_json(name: str, seed: int, outcomes: dict[str, float]) -> None:
    from experiments.fingerprint import fingerprint
    from experiments.units import finite

    measured = {metric: finite(value) for metric, value in outcomes.items()}
    print(
        json.dumps(
            {"scenario": name, "seed": seed, "fingerprint": fingerprint(), "outcomes": measured},
            indent=1,
            allow_nan=False,
        )
    )


@app.command(epilog="Example: [bold]revorg dock belief renewals[/bold]")
def dock(
    rows: Annotated[list[str] | None, typer.Argument(metavar="[ROW]...", help="Rows to try; all when none.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Drive submodels alone and compare them with theory (all rows: about two minutes).

    Exit code 1 when a figure is farther from theory than its tolerance.
    """
    from experiments import docking
    from experiments.runs import make_ready
    from experiments.terminal import Terminal

    listener = Terminal()
    docking.chosen(rows or [])
    make_ready(listener)
    found = docking.dock(rows or [], listener=listener)
    if as_json:
        print(json.dumps(docking.as_json(found), indent=1, allow_nan=False))
    else:
        from experiments.printing import console

        console().print(docking.as_table(found))
    failed = [docked.row.name for docked in found if not docked.passed]
    if failed:
        print(f"Farther from theory than allowed: {', '.join(failed)}.", file=sys.stderr)
        raise typer.Exit(FAILED)


@app.command("list", epilog="Example: [bold]revorg list parameters[/bold]")
def list_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="scenarios|profiles|seats|claims|metrics|parameters|mechanisms|levers|cache",
            help="What to list.",
        ),
    ],
) -> None:
    """List what there is."""
    from experiments.catalogue import listing
    from experiments.printing import print_listing

    print_listing(listing(kind))


@app.command(epilog="Example: [bold]revorg show decision_latency[/bold]")
def show(
    name: Annotated[str, typer.Argument(help="A scenario, seat, profile, claim, metric, or the path of a parameter.")],
) -> None:
    """Say what a name means."""
    from experiments.catalogue import meaning
    from experiments.printing import print_meaning

    print_meaning(meaning(name))


@app.command(epilog="Example: [bold]revorg patterns --seeds 32[/bold]")
def patterns(
    seeds: Annotated[int, typer.Option(min=2, max=10_000, help="Seeds of every world.")] = 32,
    points: Annotated[
        int, typer.Option(min=0, max=65_536, help="Points of each wave of history matching; 0 leaves it out.")
    ] = 128,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes to use.", show_default="all processors")
    ] = processors(),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Hold the neutral worlds against the patterns they are calibrated on.

    Prints every pattern with its range and value, what the identities between them leave over, predictions that
    were never fitted, and how far the patterns narrow the uncertain parameters. Exit code 1 when the worlds do not
    pass: at least twelve patterns hold, and none is missed by more than half its range.
    """
    from experiments import pattern_report
    from experiments.runs import make_ready
    from experiments.terminal import Terminal

    listener = Terminal()
    make_ready(listener)
    report = pattern_report.make_report(seeds, points, workers, listener)
    if as_json:
        print(json.dumps(pattern_report.as_json(report), indent=1, allow_nan=False))
    else:
        pattern_report.print_report(report)
    if not report.accepted:
        raise typer.Exit(FAILED)


@app.command(epilog="Example: [bold]revorg sweep study.toml --out results[/bold]")
def sweep(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="What to run.")],
    out: Annotated[Path, typer.Option(help="The study's folder; started again, the sweep goes on from what is there.")],
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes to use.", show_default="all processors")
    ] = processors(),
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, tcp://…, whose workers run instead.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything anew, whatever the cache has.")] = False,
) -> None:
    """Run a study into a folder of tables; a sweep that was stopped goes on where it was.

    Exit code 1 when a run failed (it is in the table with its error), 130 after Ctrl-C.
    """
    from experiments.sweep_command import run_sweep

    run_sweep(study, out, workers, cluster, fresh)


@app.command(epilog="Example: [bold]revorg validate my-company.toml[/bold]")
def validate(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files to check.")],
) -> None:
    """Check scenario files: one line a sound file; what is wrong goes to stderr, with exit code 2."""
    from scenarios import load
    from simulation.errors import BadInput

    faulty = False
    for file in files:
        try:
            scenario = load(file)
        except BadInput as fault:
            faulty = True
            print(fault, file=sys.stderr)
        else:
            print(f"{file}: sound ({scenario.name}, chief {_chief(scenario)})")
    if faulty:
        raise typer.Exit(BAD_INPUT)


if __name__ == "__main__":
    main()
