"""``revorg sweep``: what the command line does with a study."""

import errno
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from revorg.experiments.commands.exit_codes import FAILED, INTERRUPTED
from revorg.experiments.commands.options import PROCESSORS, Fresh, Workers, filled, folder

if TYPE_CHECKING:
    from revorg.experiments.runs.executors import RunExecutor
    from revorg.experiments.studies.study import Study


def run_sweep(file: Path, out: Path, workers: int, cluster: str | None, cluster_tls: Path | None, fresh: bool) -> None:
    """Run a study into a folder and say how it went.

    Raises
    ------
    typer.Exit
        With 1 when runs failed or the work could not be finished, with 130 when it was told to stop.
    """
    from revorg.experiments.runs.dispatch import ExecutorLost
    from revorg.experiments.runs.terminal import TerminalProgress
    from revorg.experiments.runs.worker import OtherModel
    from revorg.experiments.studies.store import Gone, Taken
    from revorg.experiments.studies.study import read_study
    from revorg.experiments.studies.sweeps import carry_out_study
    from revorg.simulation.errors import BadInput

    again = shlex.join(["revorg", "sweep", str(file), "--out", str(out)])
    study = read_study(file)
    try:
        with _connected(cluster, cluster_tls) as run_executor:
            done = carry_out_study(
                study, out, workers=workers, run_executor=run_executor, fresh=fresh, progress=TerminalProgress()
            )
    except BadInput as fault:
        raise BadInput(f"{file}: {fault}") from None
    except KeyboardInterrupt:
        print(f"Stopped. What was run is kept; go on with: {again}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except (Taken, Gone) as fault:
        print(fault, file=sys.stderr)
        raise typer.Exit(FAILED) from None
    except (OSError, ExecutorLost, OtherModel) as fault:
        print(f"Stopped: {_reason(fault)}. What was run is kept; go on with: {again}", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    print(done.told)
    _tell_pay(study)
    if done.failed:
        _tell_failures(study, out)
        raise typer.Exit(FAILED)


def _reason(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "there is no room left on the disk"
    return str(fault)


def _tell_pay(study: "Study") -> None:
    """Say which designs paid more or less for their leaders than the warm-up, and what became of the difference."""
    from revorg.experiments.reports.pay import unequal_pay
    from revorg.experiments.studies.plan import Plan

    pairings = Plan.of(study).pairings
    for line in unequal_pay((f"{each.design_name} in {each.scenario_name}", each.scenario) for each in pairings):
        print(line)


def _tell_failures(study: "Study", out: Path) -> None:
    """List runs that failed, and the command that repeats each."""
    from revorg.experiments.commands.failures import FEW, failures

    for told in failures(study, out, FEW):
        print(told, file=sys.stderr)


@contextmanager
def _connected(cluster: str | None, cluster_tls: Path | None) -> Iterator["RunExecutor | None"]:
    from revorg.simulation.errors import BadInput

    if cluster_tls is not None and not (cluster or "").startswith("tls://"):
        raise BadInput(f"--cluster-tls {cluster_tls}: is for --cluster tls://HOST:PORT")
    if cluster is None:
        yield None
        return
    from revorg.experiments.runs.cluster import connected

    with connected(cluster, cluster_tls) as run_executor:
        yield run_executor


def sweep(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="What to run.")],
    out: Annotated[
        Path,
        typer.Option(
            parser=folder,
            metavar="FOLDER",
            help="The study's folder; started again, the sweep goes on from what is there.",
        ),
    ],
    workers: Workers = PROCESSORS,
    cluster: Annotated[
        str | None,
        typer.Option(
            parser=filled,
            metavar="ADDRESS",
            help="A Dask scheduler, tcp://… or tls://…, whose workers run instead. Whoever runs it can run code here.",
        ),
    ] = None,
    cluster_tls: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="For tls://…: a PEM file of the key and certificate that the cluster shares."
        ),
    ] = None,
    fresh: Fresh = False,
) -> None:
    """Run a study into a folder of tables; a sweep that was stopped goes on where it was.

    Exit code 1 when a run failed (it is in the table with its error), 130 when it was told to stop (Ctrl-C, kill).
    """
    run_sweep(study, out, workers, cluster, cluster_tls, fresh)
