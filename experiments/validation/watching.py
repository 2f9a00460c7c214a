"""The week as its own code tells it: which steps it calls, in which order, and what each does to the accounts."""

import ast
import inspect
from collections import Counter
from collections.abc import Callable
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from revorg.simulation.codes import WEEKS_A_YEAR
from revorg.simulation.compiling import alone, plain
from revorg.simulation.model import RevenueOrganization, live
from revorg.simulation.scenario import Scenario
from revorg.simulation.state import Accounts


class Call(NamedTuple):
    """A step that the week calls.

    Attributes
    ----------
    module, name : str
        File in `simulation/submodels/`, and the step in it.
    does : str
        First sentence of what it says of itself.
    sometimes : bool
        Whether it is called under a condition only.
    """

    module: str
    name: str
    does: str
    sometimes: bool


class Move(NamedTuple):
    """Accounts that a step moved from one stage to another."""

    before: int
    after: int
    step: str


def calls_of(week: Callable[..., Any] = live) -> list[Call]:
    """Return the steps that a week calls, in their order, each once.

    Parameters
    ----------
    week : callable
        A function whose body calls steps as ``module.step(…)``.
    """
    function: Any = getattr(week, "py_func", week)
    tree = ast.parse(dedent(inspect.getsource(function)))
    found: dict[tuple[str, str], Call] = {}
    for node, sometimes in _in_order(tree, sometimes=False):
        module = function.__globals__.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if isinstance(module, ModuleType):
            step = getattr(module, node.attr)
            sentence = (inspect.getdoc(getattr(step, "py_func", step)) or "").split("\n")[0]
            key = (module.__name__.rpartition(".")[2], node.attr)
            found.setdefault(key, Call(*key, sentence, sometimes))
    return list(found.values())


def _in_order(node: ast.AST, *, sometimes: bool) -> list[tuple[ast.Attribute, bool]]:
    """List the attributes that are called below a node, in the order of the text, and whether under a condition."""
    found = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        found.append((node.func, sometimes))
    for child in ast.iter_child_nodes(node):
        found += _in_order(child, sometimes=sometimes or isinstance(node, ast.If))
    return found


class _Watched:
    """A file of steps, whose steps tell what stage every account is in when they are done."""

    def __init__(self, module: ModuleType, tell: Callable[[str, Accounts | None], None]) -> None:
        self._module, self._tell = module, tell

    def __getattr__(self, name: str) -> Callable[..., Any]:
        step, title = getattr(self._module, name), f"{self._module.__name__.rpartition('.')[2]}.{name}"

        def watched(*tables: Any) -> Any:
            came = alone(step)(*tables)
            self._tell(title, next((table for table in tables if isinstance(table, Accounts)), None))
            return came

        return watched


def moves_of(model: RevenueOrganization, weeks: int) -> Counter[Move]:
    """Let a model live some weeks, and count which step moves how many accounts from which stage to which.

    The model lives as if nobody watched.
    """
    stage, found = model.accounts.stage.copy(), Counter[Move]()

    def tell(step: str, accounts: Accounts | None) -> None:
        if accounts is None:
            return
        moved = np.flatnonzero(accounts.stage != stage)
        found.update(Move(int(stage[i]), int(accounts.stage[i]), step) for i in moved)
        stage[:] = accounts.stage

    code, names = plain(live).__code__, dict(plain(live).__globals__)
    names |= {call.module: _Watched(names[call.module], tell) for call in calls_of()}
    with mock.patch("revorg.simulation.model.live", FunctionType(code, names)):
        model.run(weeks)
    return found


def moves_in_a_year(world: Scenario) -> Counter[Move]:
    """Return what `moves_of` finds in the first year of one firm under the neutral organization."""
    return moves_of(RevenueOrganization(world.neutral(), seed=1), WEEKS_A_YEAR)
