"""Which runs a study makes, under which keys, and which points it refuses."""

from typing import Any

import pandas as pd
import pytest
from made_up_studies import DESIGNS, EXPANSION, LOSS, SEEDS, TERM, grid

from revorg.experiments.runs.jobs import Arm, Block
from revorg.experiments.runs.keys import run_key, scenario_number
from revorg.experiments.studies import plan as planning
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.points import PointColumn, points_of
from revorg.experiments.studies.study import Study
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput

# Plans


def test_a_plan_has_every_combination_once() -> None:
    """Every world, design, point and seed; what shares a warm-up stands together, at most so many at a time."""
    plan = Plan.of(grid())
    units = list(plan.units())
    rows = [(*arm.label, unit.seed) for unit in units for arm in unit.arms]
    assert len(rows) == len(set(rows)) == len(plan) == 64
    assert plan.columns == ["scenario", "design", LOSS, TERM, EXPANSION]
    assert {unit.seed for unit in units} == set(SEEDS)
    assert all(len(unit.arms) == 4 for unit in units)  # two designs and two levers: what a fork can change
    assert {unit.base.number for unit in units} == {scenario_number(scenario) for _, scenario in plan.bases}
    assert [unit.arms[0].label[0] for unit in units[:4]] == ["simple-single"] * 2 + ["complex-multi"] * 2


def test_arms_are_their_scenarios_under_their_keys() -> None:
    """Each arm's settings, laid over its base, make the scenario that its label says."""
    plan = Plan.of(grid(set={"sales.ramp_weeks": 10}))
    for unit in plan.units():
        for arm in unit.arms:
            told: dict[str, Any] = dict(zip(plan.columns, arm.label, strict=True))
            seat, person = told.pop("design").split(":")
            base = load(told.pop("scenario")).changed({"sales.ramp_weeks": 10})
            expected = base.with_leader(seat, person).changed(told)
            assert arm.run == run_key(scenario_number(expected), unit.seed)
            assert all(type(value) in (int, float, bool) for value in told.values())


def test_long_blocks_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit grows beyond the most arms, and none is lost."""
    whole = [(unit.seed, arm.run) for unit in Plan.of(grid()).units() for arm in unit.arms]
    monkeypatch.setattr(planning, "MOST_ARMS", 3)
    units = list(Plan.of(grid()).units())
    assert {len(unit.arms) for unit in units} == {1, 3}
    assert sorted(whole) == sorted((unit.seed, arm.run) for unit in units for arm in unit.arms)


def test_points_that_need_a_past_of_their_own_come_one_by_one() -> None:
    """Only a lever's points share a warm-up; without levers every point is a unit."""
    units = list(Plan.of(grid(levers={}, designs=[DESIGNS[0]], seeds=[1])).units())
    assert [len(unit.arms) for unit in units] == [1] * 8
    units = list(Plan.of(grid(uncertainties={}, designs=[DESIGNS[0]], seeds=[1])).units())
    assert [len(unit.arms) for unit in units] == [2] * 2


def test_fingerprints_tell_studies_apart() -> None:
    """Seeds and their order, values of points, worlds, designs, what is kept, classes: each makes another study."""
    studies = [
        grid(), grid(seeds=(7, 4)), grid(seeds=(3, 7)), grid(seeds=(7,)), grid(scenarios=["simple-single"]),
        grid(designs=DESIGNS[:1]), grid(designs=DESIGNS[::-1]), grid(set={"sales.ramp_weeks": 10}),
        grid(uncertainties={LOSS: [0.4, 0.2], TERM: [52, 26]}), grid(uncertainties={LOSS: [0.4, 0.1], TERM: [52, 27]}),
        grid(uncertainties={LOSS: [0.1, 0.4], TERM: [52, 26]}), grid(outcomes=["arr_growth"]),
        grid(weekly=["arr"]), grid(weekly=False), grid(levers={"levers.account_plans": ["none", "best"]}),
    ]  # fmt: skip
    found = [Plan.of(study).fingerprint for study in studies] + [Plan.of(grid(), "a class").fingerprint]
    assert len(set(found)) == len(found)
    assert {len(one) for one in found} == {16}
    assert Plan.of(grid(description="words")).fingerprint == found[0]
    assert Plan.of(grid()).fingerprint == found[0]


def test_fingerprints_tell_models_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of the model, another fingerprint."""
    before = Plan.of(grid()).fingerprint
    monkeypatch.setattr(planning, "fingerprint", lambda: "another")
    assert Plan.of(grid()).fingerprint != before


def test_designs_that_cannot_be_planned() -> None:
    """What a design sets must not vary, above or below; two designs must differ; faults name the design."""
    own: dict[str, Any] = {"name": "mine", "chief": "cro:executor", "set": {TERM: 10}}
    with pytest.raises(BadInput, match=f"design mine: sets {TERM}, which varies; say it once"):
        Plan.of(grid(designs=[own]))
    with pytest.raises(BadInput, match="designs cro:executor and mine are the same in simple-single"):
        Plan.of(grid(designs=["cro:executor", {"name": "mine", "chief": "cro:executor"}]))
    with pytest.raises(BadInput, match=r"design mine in simple-single: .*9999"):
        Plan.of(grid(designs=[{**own, "set": {"sales.ramp_weeks": 9999}}]))
    assert planning._overlap("a.b", "a.b.c")
    assert planning._overlap("a.b.c", "a.b")
    assert planning._overlap("a.b", "a.b")
    assert not planning._overlap("a.b", "a.bc")


# Points


def test_points_are_crossed_uncertainties_first_and_no_row_twice() -> None:
    """Listed and given alike; a doubled row is one point."""
    world = load("simple-single")
    given = [{EXPANSION: True, TERM: 26}, {EXPANSION: False, TERM: 52}, {EXPANSION: True, TERM: 26}]
    varied = {"uncertainties": {LOSS: [0.1]}, "levers": {EXPANSION: "given", "sales.ramp_weeks": [10, 20]}}
    study = grid(**varied, points=given)
    points = points_of(study, world)
    assert list(points.columns) == [TERM, LOSS, EXPANSION, "sales.ramp_weeks"]
    assert points.to_numpy().tolist() == [
        [26, 0.1, True, 10], [26, 0.1, True, 20], [52, 0.1, False, 10], [52, 0.1, False, 20],
    ]  # fmt: skip
    assert points.dtypes.astype(str).tolist() == ["int64", "float64", "bool", "float64"]
    nothing = points_of(Study(scenarios=["simple-single"]), world)
    assert nothing.shape == (1, 0)


def test_ends_of_ranges_are_told_with_what_is_allowed() -> None:
    """Each end belongs; beyond it does not; whole numbers are whole."""
    world = load("simple-single")
    term, loss = PointColumn(TERM, world), PointColumn(LOSS, world)
    assert (term.is_whole, loss.is_whole) == (True, False)
    assert term.faults([4, 260, 52.0]) == []
    told = "allowed 4..260 (weeks)"
    assert term.faults([3, 4, 261, 26.5, "x", float("nan")]) == [
        (0, "3 is outside 4..260 (weeks)"), (2, "261 is outside 4..260 (weeks)"),
        (3, f"26.5 is not a whole number; {told}"), (4, f'"x" is not a finite number; {told}'),
        (5, f"nan is not a finite number; {told}"),
    ]  # fmt: skip
    lever = PointColumn(EXPANSION, world)
    assert lever.parameter is None
    assert [row for row, _ in lever.faults([True, "maybe", False, 3])] == [1, 3]
    assert term.settled(pd.Series([25.6, 52.0])).tolist() == [26, 52]
    low, high = term.plausible.low, term.plausible.high
    assert low < high
    with pytest.raises(BadInput, match='"plausible": it has no plausible range'):
        _ = lever.plausible


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"uncertainties": {"customers.trem_weeks": [1]}}, r"\[uncertainties\] customers.trem_weeks: unknown; did you"),
        ({"levers": {"seats.cro.leads": [1]}}, r"\[levers\] seats.cro.leads: is more than one value"),
        ({"levers": {TERM: [3]}, "uncertainties": {}}, r"\[levers\] customers.term_weeks: 3 is outside"),
        ({"points": [{TERM: 26}]}, r"\[\[points\]\]: column customers.term_weeks: varies in \[uncertainties\] too"),
        ({"levers": {"sales.ramp_weeks": "given"}, "points": [{"finance.overhead_share": 0.1}]}, "no column sales"),
        ({"uncertainties": {TERM: {"low": 1, "high": 60}}, "sampling": {"method": "sobol"}}, r"1 is outside 4\.\.260"),
        ({"points": [{"sales.ramp_weeks": k} for k in (9, 10, -1)]}, r"\[\[points\]\] row 3, column sales"),
    ],
)  # fmt: skip
def test_faults_of_points_name_their_place(given: dict[str, Any], message: str) -> None:
    """Table, column and row."""
    with pytest.raises(BadInput, match=message):
        points_of(grid(**given), load("simple-single"))


def test_many_faults_are_ten_and_a_number() -> None:
    """Twelve are ten and two more; ten are ten."""
    for count, rest in ((12, "\n… and 2 more"), (11, "\n… and 1 more"), (10, "")):
        with pytest.raises(BadInput) as told:
            points_of(grid(points=[{"sales.ramp_weeks": -k} for k in range(1, count + 1)]), load("simple-single"))
        lines = str(told.value).splitlines()
        assert len(lines) == 10 + bool(rest)
        assert str(told.value).endswith(rest)
        assert lines[9].startswith("[[points]] row 10, ")


def test_units_without_some_runs() -> None:
    """What is done is left out, the rest keeps its order."""
    unit = Block(next(Plan.of(grid()).units()).base, 1, tuple(Arm(name, "{}") for name in "abc"))
    assert [arm.run for arm in unit.without({"b"}).arms] == ["a", "c"]
    assert unit.without(set()) is unit
