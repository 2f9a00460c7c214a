"""The benchmark works and tells the truth; how fast anything is, no test asks."""

import json
import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from small_worlds import CORE, small, warmed

from revorg.experiments.benchmarks import floor, processes, service
from revorg.experiments.benchmarks.bench import BenchPlan, Measure, Section, at_least, at_most, measure
from revorg.experiments.benchmarks.submodels import ACCOUNT_STEPS, EXECUTIVES, Week, watch_week, week_in_python
from revorg.experiments.benchmarks.tables import PUBLISHED, as_json, as_markdown, print_published, print_section
from revorg.experiments.benchmarks.timing import Blocks, in_turns
from revorg.experiments.reference.arrays import Service
from revorg.experiments.reference.chance import Draws, MesaDraws
from revorg.experiments.reference.organization import PlainOrganization
from revorg.experiments.runs.progress import NoProgress
from revorg.simulation.codes import CUSTOMER
from revorg.simulation.compiling import alone
from revorg.simulation.model import RevenueOrganization

TINY = BenchPlan(
    blocks=2,
    worlds=("simple-single",),
    sizes={600: (2, 1)},
    service_sizes=(600,),
    default_accounts=600,
    large=0,
    starts=0,
    sweep_seeds=0,
)
OUTCOMES = ("arr", "new_arr", "churned_arr", "customers", "issues", "leads", "decisions_settled", "used_hours")
SEEDS = 16
WEEKS = 26


@pytest.fixture(scope="module")
def sections() -> list[Section]:
    """Return what the benchmark finds in a very small world."""
    return list(measure(TINY, NoProgress()))


def test_every_part_finds_something(sections: list[Section]) -> None:
    """All sections that need no other process, every figure with a finite number and a spread around it."""
    assert [title for title, _ in sections] == [
        "Against plain Mesa agents", "The week of service, results equal", "A week", "Whole runs",
        "The machine's floor", "Memory",
    ]  # fmt: skip
    for _, figures in sections:
        for figure in figures:
            assert math.isfinite(figure.found.median), figure.what
            assert figure.found.low <= figure.found.median <= figure.found.high


def test_figures_are_printed_for_people_and_for_programs(
    sections: list[Section], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table a section, JSON with every block, and the lines of the page of benchmarks: those with a target."""
    monkeypatch.setenv("COLUMNS", "100")
    for section in sections:
        print_section(section)
    print_published()
    printed, markdown = capsys.readouterr().out, as_markdown(sections)
    assert "Python and unpacking" in printed
    told = json.loads(json.dumps(as_json(sections), allow_nan=False))
    assert len(told["figures"]) == sum(len(figures) for _, figures in sections)
    aimed = [figure for _, figures in sections for figure in figures if figure.target]
    listed = [line.split(" | ")[0].removeprefix("| ") for line in markdown.splitlines() if line.startswith("| ")]
    others = [one["framework"] for one in told["published"]["figures"]]
    assert listed == ["what", *(figure.what for figure in aimed), "published by others", *others]
    assert others == [framework for framework, _, _ in PUBLISHED]
    for text in (printed, markdown, told["published"]["caveat"]):
        assert "other models on other machines" in " ".join(text.split())
    assert all(framework in printed for framework in others)


def test_targets_are_met_or_missed_by_the_median() -> None:
    """One unlucky block decides nothing."""
    found = Blocks((1.0, 2.0, 9.0))
    assert Measure("ratio", found, "×", at_least(2.0)).is_met
    assert not Measure("time", found, "ms", at_most(1.9)).is_met
    assert Measure("only told", found, "ms").is_met is None


def test_turns_are_taken() -> None:
    """Every work once a block, and never always after the same other."""
    order: list[str] = []

    def work(name: str) -> float:
        order.append(name)
        return 1.0

    found = in_turns({"a": lambda: work("a"), "b": lambda: work("b"), "c": lambda: work("c")}, blocks=3)
    assert order == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert found["a"].values == (1.0, 1.0, 1.0)


def test_parts_of_a_week_are_parts() -> None:
    """Every step of the model's week is there, each block with its figure."""
    week = watch_week(warmed(), 26, 3)
    assert {*ACCOUNT_STEPS, EXECUTIVES, "market.drift", "decisions.serve", "staffing.hire_and_leave"} <= set(week.steps)
    assert all(len(spent.values) == 3 for spent in (week.run, week.compiled, *week.steps.values()))


def test_what_is_not_compiled_is_a_share_of_the_week() -> None:
    """Two seconds through `run`, of which one and a half are compiled; four steps go over accounts."""
    steps = dict.fromkeys((*ACCOUNT_STEPS, "market.drift"), Blocks((0.25,)))
    week = Week(run=Blocks((2.0,)), compiled=Blocks((1.5,)), steps=steps)
    assert (week.around.values, week.account_steps.values) == ((0.25,), (1.0,))


def test_the_week_in_python_is_the_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step after step in the model's own order: nothing is left out, and every bit is the same."""
    whole, in_steps, called = warmed().run(30), warmed(), set()

    def form(label: str, step: Any) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            called.add(label)
            return alone(step)(*arguments)

        return noted

    monkeypatch.setattr("revorg.simulation.model.live", week_in_python(form))
    assert in_steps.run(30).record.tobytes() == whole.record.tobytes()
    assert set(ACCOUNT_STEPS) < called


def test_what_rules_do_is_counted_exactly() -> None:
    """A customer takes one normal draw a week, and the last one in the week in which it leaves."""
    model, weeks = warmed(), 6
    counted = floor.counts(model, weeks)
    lived = model.fork().run(weeks).weekly[-weeks:]
    served = lived["customers"].sum() + lived["churned_customers"].sum()
    assert counted[floor.NORMAL] * weeks * model.accounts.rows == pytest.approx(served)
    assert counted[floor.DRAW] > 3 * counted[floor.NORMAL]


def test_counting_leaves_nothing_behind() -> None:
    """The compiled loops are back in their place, and the model lives as before."""
    model = warmed()
    before = model.fork().run(4).record.tobytes()
    floor.counts(model, 2)
    assert model.fork().run(4).record.tobytes() == before


def test_other_processes_are_measured() -> None:
    """Starting, memory and a sweep, at their smallest."""
    assert set(processes.starts(1)) == {"empty help", "help", "imports", "run"}
    grown = processes.memory_per_account(50_000)
    assert grown is None or grown > 20.0
    assert processes.sweep(1, 1, 1, processes=(1,))[1].median > 0.0


# The week of service in whole columns


@pytest.mark.parametrize("plans", ["none", "best", "everywhere"])
@pytest.mark.parametrize("world", CORE)
def test_whole_columns_are_equal(world: str, plans: str) -> None:
    """In NumPy, in a quarter's last week, with plans for accounts."""
    start = RevenueOrganization(small(world).changed({"levers.account_plans": plans}), 3).run(3 * 13 - 1)
    loop, columns = (service.Step(start, kind, 1) for kind in (service.Loop, Service))
    loop()
    columns()
    assert start.week % 13 == 12
    assert service.unequal(loop, columns) == set()


def test_an_unequal_column_is_named() -> None:
    """A customer whose health is off by 1e-6 does not pass."""
    one, other = (service.Step(warmed(), service.Loop, 1) for _ in range(2))
    one()
    other()
    other.left[0].health[np.flatnonzero(other.left[0].stage == CUSTOMER)[0]] += 1e-6
    assert service.unequal(one, other) == {"health"}


# The tutorial's agents


class Unlucky(MesaDraws):
    """Draws a fifth too small."""

    def uniform(self, purpose: int, time: int, entity: int) -> float:
        """Return a uniform draw on 0 … 0.8."""
        return 0.8 * self.random()


def deviations(draws: type[Draws]) -> dict[str, float]:
    """Return by how many standard errors agents with other draws differ from the tables, from the same pasts."""
    differences = []
    for seed in range(1, SEEDS + 1):
        model = RevenueOrganization(small("simple-single", accounts=3000), seed)
        agents = PlainOrganization.from_model(model, draws)
        for _ in range(WEEKS):
            agents.step()
        lived = model.run(WEEKS).weekly[-WEEKS:]
        theirs = {name: sum(week[name] for week in agents.history[-WEEKS:]) for name in OUTCOMES}
        differences.append([theirs[name] - lived[name].sum() for name in OUTCOMES])
    found = np.array(differences)
    errors = found.std(axis=0, ddof=1) / math.sqrt(SEEDS)
    return dict(zip(OUTCOMES, found.mean(axis=0) / errors, strict=True))


def test_tutorial_agents_are_equal_in_distribution() -> None:
    """With Mesa's own chance, sums over half a year differ from the tables' by chance only."""
    assert all(abs(deviation) < 4.5 for deviation in deviations(MesaDraws).values()), deviations(MesaDraws)


def test_unequal_agents_are_noticed() -> None:
    """Draws that are a fifth too small would show."""
    assert max(map(abs, deviations(Unlucky).values())) > 4.5


def test_tutorial_draws_come_from_the_models_generator() -> None:
    """In order, whatever they are for."""
    drawn, draws = Random(3), MesaDraws(0, Random(3))
    assert [draws.uniform(purpose, 0, 0) for purpose in (1, 1, 7)] == [drawn.random() for _ in range(3)]
    assert draws.normal(1, 0, 0) == drawn.gauss(0.0, 1.0)
    assert draws.exponential(1, 0, 0) == drawn.expovariate(1.0)
