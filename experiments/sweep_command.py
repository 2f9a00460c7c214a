"""``revorg sweep``: what the command line does with a study."""

import errno
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from experiments.exit_codes import FAILED, INTERRUPTED

if TYPE_CHECKING:
    from experiments.study import Study
    from experiments.workers import Crew


def run_sweep(file: Path, out: Path, workers: int, cluster: str | None, fresh: bool) -> None:
    """Run a study into a folder and say how it went.

    Raises
    ------
    typer.Exit
        With 1 when runs failed or the work could not be finished, with 130 after Ctrl-C.
    """
    from experiments.carrying import CrewLost
    from experiments.runs import OtherModel
    from experiments.stores import Taken
    from experiments.study import read_study
    from experiments.sweeping import carry_out_study
    from experiments.terminal import Terminal
    from simulation.errors import BadInput

    again = shlex.join(["revorg", "sweep", str(file), "--out", str(out)])
    study = read_study(file)
    try:
        with _connected(cluster) as crew:
            done = carry_out_study(study, out, workers=workers, crew=crew, fresh=fresh, listener=Terminal())
    except BadInput as fault:
        raise BadInput(f"{file}: {fault}") from None
    except KeyboardInterrupt:
        print(f"Stopped. What was run is kept; go on with: {again}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except Taken as fault:
        print(fault, file=sys.stderr)
        raise typer.Exit(FAILED) from None
    except (OSError, CrewLost, OtherModel) as fault:
        print(f"Stopped: {_reason(fault)}. What was run is kept; go on with: {again}", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    print(done.told)
    if done.failed:
        _tell_failures(study, out)
        raise typer.Exit(FAILED)


def _reason(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "there is no room left on the disk"
    return str(fault)


def _tell_failures(study: "Study", out: Path) -> None:
    """List runs that failed, and the command that repeats each."""
    from experiments.repeating import FEW, failures

    for told in failures(study, out, FEW):
        print(told, file=sys.stderr)


@contextmanager
def _connected(cluster: str | None) -> Iterator["Crew | None"]:
    if cluster is None:
        yield None
        return
    from experiments.clusters import connected

    with connected(cluster) as crew:
        yield crew
