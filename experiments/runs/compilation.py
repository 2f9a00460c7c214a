"""The first run of a version of the model, in which all loops are compiled: by two processes where there are two."""

import os
import subprocess
import sys

from revorg.scenarios.loading import load
from revorg.simulation import compiling
from revorg.simulation.codes import WEEKS_A_QUARTER
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.submodels import alignment, customers, deals, finance

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


def compile_late_loops() -> None:
    """Compile the loops that a week comes to last, by the steps that call them; close the books of a quarter's end."""
    firm = _small_firm()
    world, record, seed, week, held = firm.scenario, firm.record[0], firm.seed, WEEKS_A_QUARTER - 1, firm.held
    customers.serve(firm.accounts, firm.fronts, firm.firm, firm.decisions, record, world, seed, week, held)
    deals.work_deals(
        firm.accounts, firm.fronts, firm.rep_slots, firm.firm, firm.decisions, record, world, seed, week, held
    )
    finance.close_books(firm.firm, firm.fronts, firm.rep_slots, firm.people, firm.record, 0, world, seed, week, held)
    alignment.meet(firm.people, firm.firm, firm.routes.head_of, record, world, week, held.ownership)


if __name__ == "__main__":
    compile_late_loops()
