"""Where a week's time goes: submodel by submodel, and how much of it is Python around the compiled loops."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter
from types import FunctionType, ModuleType
from typing import Any
from unittest.mock import patch

from revorg.experiments.benchmarks.timing import Blocks, in_turns
from revorg.simulation import model
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.people import Executive

ACCOUNT_SUBMODELS = ("demand", "deals", "customers")
"""Those whose loops go over all accounts."""

CALLS = "calls"
OUTSIDE = "outside"

Place = tuple[Any, str]  # where a function is looked up: a module or class, and its name there


@dataclass(frozen=True)
class Week:
    """Seconds a week.

    Attributes
    ----------
    total : left undisturbed
    submodels : by name, with the loops that each calls
    account_loops : in loops of the submodels that go over all accounts
    outside : in Python, which is everything but the calls of compiled loops
    """

    total: Blocks
    submodels: dict[str, Blocks]
    account_loops: Blocks
    outside: Blocks


def _modules() -> dict[str, ModuleType]:
    """Return the submodels that the model's week names."""
    names = model.RevenueOrganization._live_a_week.__code__.co_names
    return {name: vars(model)[name] for name in names if isinstance(vars(model).get(name), ModuleType)}


def _verbs() -> Iterator[Place]:
    """Find the functions that the model's week calls, and what executives do."""
    names = model.RevenueOrganization._live_a_week.__code__.co_names
    for module in _modules().values():
        yield from ((module, name) for name in names if isinstance(vars(module).get(name), FunctionType))
    yield Executive, "set_policy"


def _loops() -> Iterator[Place]:
    """Find the compiled functions of all submodels."""
    for module in _modules().values():
        yield from ((module, name) for name, found in vars(module).items() if hasattr(found, "py_func"))


def _label(place: Any) -> str:
    return "executives" if place is Executive else str(place.__name__).rpartition(".")[2]


def _timed(label: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    """Return a function that does the same, and adds the seconds it takes to those under a label."""

    def watched(*arguments: Any, **named: Any) -> Any:
        begin = perf_counter()
        result = function(*arguments, **named)
        spent[label] = spent.get(label, 0.0) + perf_counter() - begin
        spent[CALLS] = spent.get(CALLS, 0.0) + 1.0
        return result

    return watched


def _cost_of_watching() -> tuple[float, float]:
    """Return the seconds that one watched call takes by itself, and how many of them it counts as its own."""
    calls, spent = 2000, dict[str, float]()
    nothing = _timed("nothing", lambda: None, spent)
    begin = perf_counter()
    for _ in range(calls):
        nothing()
    return (perf_counter() - begin) / calls, spent["nothing"] / calls


@contextmanager
def _watched(places: Iterable[Place], spent: dict[str, float]) -> Iterator[None]:
    """Add up the seconds spent in functions while the context is open."""
    with ExitStack() as stack:
        for place, name in list(places):
            stack.enter_context(patch.object(place, name, _timed(_label(place), getattr(place, name), spent)))
        yield


class _Watch:
    """Lives weeks of a firm again and again, and keeps the seconds a week that were spent where."""

    def __init__(self, start: RevenueOrganization, weeks: int, places: Callable[[], Iterable[Place]]) -> None:
        self.start, self.weeks, self.places = start, weeks, places
        self.blocks: list[dict[str, float]] = []

    def __call__(self) -> float:
        whole, counted = _cost_of_watching()
        fork, spent = self.start.fork(), {CALLS: 0.0}
        with _watched(self.places(), spent):
            begin = perf_counter()
            fork.run(self.weeks)
            total = perf_counter() - begin
        calls = spent.pop(CALLS)
        spent[OUTSIDE] = total - sum(spent.values()) - calls * (whole - counted)
        self.blocks.append({label: sum_ / self.weeks for label, sum_ in spent.items()})
        return total / self.weeks

    def of(self, *labels: str) -> Blocks:
        """Return the seconds a week under some labels."""
        return Blocks(tuple(sum(block.get(label, 0.0) for label in labels) for block in self.blocks))


def watch_week(start: RevenueOrganization, weeks: int, blocks: int) -> Week:
    """Let forks of a firm live some weeks, in turns undisturbed, with watched submodels and with watched loops."""
    undisturbed, verbs, loops = (_Watch(start, weeks, places) for places in (lambda: (), _verbs, _loops))
    start.fork().run(weeks)
    total = in_turns({"total": undisturbed, "verbs": verbs, "loops": loops}, blocks)["total"]
    return Week(
        total=total,
        submodels={name: verbs.of(name) for name in [*_modules(), "executives"]},
        account_loops=loops.of(*ACCOUNT_SUBMODELS),
        outside=loops.of(OUTSIDE),
    )
