"""The first run of a version of the model, in which all loops are compiled: by two processes where there are two."""

import os
import subprocess
import sys
from typing import Any, cast

import numba

from revorg.scenarios.loading import load
from revorg.simulation import compiling
from revorg.simulation.codes import WEEKS_A_QUARTER
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now
from revorg.simulation.submodels import alignment, customers, deals, finance, reps, staffing

HELPER = [sys.executable, "-P", "-m", "revorg.experiments.runs.compilation"]
"""The other process; without ``-P`` Python would take a user's file in the current folder for a module of ours."""


def compile_loops() -> None:
    """Compile every loop by letting a very small firm live for a quarter; the machine code is kept on disk.

    Meanwhile another process compiles what a week comes to last. What one of the two has compiled the other finds on
    disk; without the other, everything is compiled here.
    """
    helper = None
    if sys.executable and compiling.can_be_kept() and (os.cpu_count() or 1) > 1:
        helper = subprocess.Popen(HELPER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    live_through_a_quarter()
    if helper is not None:
        helper.wait()
    compiling.mark_compiled()


def live_through_a_quarter() -> None:
    """Let a very small firm live for a quarter, in which every loop is called."""
    _small_firm().run().parts()


def _small_firm() -> RevenueOrganization:
    world = load("simple-single").changed({"market.accounts": 200})
    return RevenueOrganization(world.changed({"run.warm_up_weeks": 0, "run.weeks": WEEKS_A_QUARTER}), seed=0)


def compile_late_steps() -> None:
    """Compile the steps that a week comes to last, for the tables that the week hands them."""
    firm = _small_firm()
    state, world, held, now = firm.state, firm.numbers, firm.held, Now(firm.seed, 0, 0)
    accounts, fronts, people, sums = state.accounts, state.fronts, state.people, state.history[0]
    for step, arguments in (
        (customers.serve, (accounts, fronts, state.firm, state.decisions, sums, world, held, now)),
        (deals.work, (accounts, fronts, state.reps, state.firm, state.decisions, sums, world, held, now)),
        (reps.take_leads, (accounts, fronts, state.reps, state.firm, sums, world, held, now)),
        (staffing.hire_and_leave, (state.firm, state.reps, people, sums, world, held, now)),
        (finance.close_books, (state.firm, fronts, state.reps, people, state.history, world, now)),
        (alignment.meet, (people, state.routes, state.firm, sums, world, held, now)),
    ):
        cast(Any, step).compile(tuple(map(numba.typeof, arguments)))


if __name__ == "__main__":
    compile_late_steps()
