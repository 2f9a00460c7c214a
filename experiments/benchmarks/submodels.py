"""Where a week's time goes: step by step, and how much of it is Python around the compiled week."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from revorg.experiments.benchmarks.timing import Blocks, clock, in_turns, seconds
from revorg.simulation import model
from revorg.simulation.compiling import alone, loop, plain
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now
from revorg.simulation.people import Executive

ACCOUNT_STEPS = ("demand.make_leads", "reps.take_leads", "deals.work", "customers.serve")
"""Those that go over all accounts."""

EXECUTIVES = "executives"
Form = Callable[[str, Any], Callable[..., Any]]


@dataclass(frozen=True)
class Week:
    """Seconds a week.

    Attributes
    ----------
    run : through `run`, as users call it, with executives who set their policy
    compiled : within one long call of the compiled week
    steps : of each step called by itself, by submodel and name, without what a call takes; and of executives
    """

    run: Blocks
    compiled: Blocks
    steps: dict[str, Blocks]

    @property
    def account_steps(self) -> Blocks:
        """Seconds of the steps that go over all accounts."""
        return Blocks(tuple(map(sum, zip(*(self.steps[name].values for name in ACCOUNT_STEPS), strict=True))))

    @property
    def around(self) -> Blocks:
        """Share of a week that is Python, and the unpacking of tables for the compiled week."""
        return Blocks(tuple(1.0 - share for share in self.compiled.over(self.run).values))


def week_in_python(form: Form) -> Callable[..., Any]:
    """Return the compiled week as Python goes through it, with another form of every step in its place.

    Parameters
    ----------
    form
        Takes a step's label, such as "customers.serve", and the compiled step.
    """
    written = plain(model.live)
    called, names = written.__code__.co_names, dict(written.__globals__)
    for name in called:
        found = names.get(name)
        if isinstance(found, ModuleType):
            steps = {verb: vars(found)[verb] for verb in called if hasattr(vars(found).get(verb), "py_func")}
            names[name] = SimpleNamespace(**{verb: form(f"{name}.{verb}", step) for verb, step in steps.items()})
    return FunctionType(written.__code__, names)


@loop
def _nothing(*arguments: Any) -> None:
    """Take what a step takes, and return."""


class _Stopwatch:
    """Adds up the seconds of each step while a firm lives some weeks in Python."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def step(self, label: str, step: Any) -> Callable[..., Any]:
        """Return a step that Python may call, and that is timed, less what it takes to hand the tables over."""
        driven = alone(step)

        def timed(*arguments: Any) -> Any:
            begin = clock()
            result = driven(*arguments)
            between = clock()
            _nothing(*arguments)
            self._add(label, between - begin - (clock() - between))
            return result

        return timed

    def method(self, label: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method in Python that is timed."""

        def timed(*arguments: Any) -> Any:
            begin = clock()
            result = method(*arguments)
            self._add(label, clock() - begin)
            return result

        return timed

    def _add(self, label: str, taken: float) -> None:
        self.spent[label] = self.spent.get(label, 0.0) + taken


def _steps_of(start: RevenueOrganization, weeks: int) -> dict[str, float]:
    """Live some weeks step by step; return the seconds a week of each step."""
    fork, watch = start.fork(), _Stopwatch()
    with ExitStack() as stack:
        stack.enter_context(patch.object(model, "live", week_in_python(watch.step)))
        stack.enter_context(patch.object(Executive, "set_policy", watch.method(EXECUTIVES, Executive.set_policy)))
        fork.run(weeks)
    return {label: spent / weeks for label, spent in watch.spent.items()}


def _through_run(start: RevenueOrganization, weeks: int) -> float:
    """Return the seconds of a week through `run`."""
    fork = start.fork()
    return seconds(lambda: fork.run(weeks)) / weeks


def _in_one_call(start: RevenueOrganization, weeks: int) -> float:
    """Return the seconds of a week within one call of the compiled week, as far as the tables have room for it."""
    fork = start.fork()
    state, now, lived = fork.state, Now(fork.seed, fork.week, fork.week + fork.warm_up_weeks), [0]
    return seconds(lambda: lived.append(model.live(state, fork.numbers, fork.held, now, weeks))) / lived[-1]


def watch_week(start: RevenueOrganization, weeks: int, blocks: int) -> Week:
    """Let forks of a firm live some weeks, in turns through `run`, in one compiled call and step by step.

    Parameters
    ----------
    weeks : at most as many as are left to the horizon
    """
    _steps_of(start, weeks)
    steps: list[dict[str, float]] = []

    def step_by_step() -> float:
        steps.append(_steps_of(start, weeks))
        return sum(steps[-1].values())

    works = {
        "run": lambda: _through_run(start, weeks),
        "compiled": lambda: _in_one_call(start, weeks),
        "steps": step_by_step,
    }
    found = in_turns(works, blocks)
    by_step = {name: Blocks(tuple(block.get(name, 0.0) for block in steps)) for name in steps[0]}
    return Week(found["run"], found["compiled"], by_step)
