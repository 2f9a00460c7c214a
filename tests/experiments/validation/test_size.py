"""How much a chief is worth: who is drawn, who is picked, and on which seeds they are judged."""

import json

import numpy as np
import pytest
from made_up_runs import MadeUpRuns, Rule
from small_worlds import small

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.reports.validation import size as report
from revorg.experiments.runs.progress import NoProgress
from revorg.experiments.validation import size
from revorg.experiments.validation.size import JUDGING, PICKING, SPREAD, TOTAL, Gap, drawn_persons, gaps_of, tenth
from revorg.simulation.organization import DOMAINS

PLANTED = {"even": 1000.0, "able": 1100.0, "unable": 950.0}
DRAWN = 20


def worth(person: str) -> float:
    """The later a person was drawn, the more the firm wins."""
    return PLANTED[person] if person in PLANTED else 1000.0 + int(person.removeprefix("drawn_"))


def planted(world: str, design: str, seed: int) -> float:
    """Twice as much in the complex world, and on every third seed; a fifth more with more hours."""
    seat, person = design.split(":")
    return (
        worth(person) * (1 + (world == "complex-multi")) * (1 + (seed % 3 == 0)) * (1.2 if seat == "cro_longer" else 1)
    )


def gaps(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Gap], MadeUpRuns]:
    """Return the gaps of made-up runs, and the runs."""
    runs = MadeUpRuns(rule)
    monkeypatch.setattr(size, "PairedRuns", runs)
    return gaps_of(DRAWN, 1, NoProgress()), runs


def test_persons_have_one_total_and_the_first_stay_the_same() -> None:
    """Skills and collaboration within 0..1, no two alike, and spread over all that the total allows."""
    persons = drawn_persons(3000)
    skills = np.array([[person[domain] for domain in DOMAINS] for person in persons.values()])
    assert skills.sum(axis=1) == pytest.approx(np.full(3000, TOTAL))
    assert 0.0 <= skills.min() < 0.05
    assert 0.95 < skills.max() <= 1.0
    assert skills.mean(axis=0) == pytest.approx(np.full(4, TOTAL / 4), abs=0.024)
    assert len({tuple(person.values()) for person in persons.values()}) == 3000
    assert list(drawn_persons(7).items()) == list(persons.items())[:7]
    assert all(0.0 <= person["collaboration"] <= 1.0 for person in persons.values())


def test_planted_worth_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Best 1020 and worst 1001, tenths of two persons each, against the 1000 of the even person, in each world."""
    found, _ = gaps(planted, monkeypatch)
    for world in size.WORLDS:
        effects = [(gap.effect.effect, gap.picked_with) for gap in found if gap.world == world]
        assert [effect for effect, _ in effects] == pytest.approx([0.019, 0.018, 0.1, -0.05, 0.2])
        assert [picked for _, picked in effects] == pytest.approx([0.019, 0.018, *[np.nan] * 3], nan_ok=True)
    assert {gap.effect.pairs for gap in found} == {len(JUDGING)}


def test_luck_of_being_picked_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is better on the picking seeds alone is not better, and no seed both picks and judges."""

    def luck(world: str, design: str, seed: int) -> float:
        return planted(world, design, seed) if seed in PICKING else 1000.0

    found, runs = gaps(luck, monkeypatch)
    assert [gap.picked_with for gap in found if gap.world == "simple-single"][:2] == pytest.approx([0.019, 0.018])
    assert [gap.effect.effect for gap in found] == pytest.approx([0.0] * len(found))
    assert not {*PICKING} & {*JUDGING}
    for task in runs.tasks:
        drawn = [design for design in task.designs if "drawn" in design]
        assert len(drawn) == (DRAWN if task.seed in PICKING else 0 if "longer" in task.designs[0] else 4)


def test_tenths() -> None:
    """Of ten persons one, of a hundred ten, never nobody."""
    assert [len(tenth(["a"] * count)) for count in (1, 10, 20, 100)] == [1, 1, 2, 10]


def test_more_hours_are_everybodys_from_week_0_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth more in every place in force, everything else and the warm-up as they are."""
    world = small("complex-multi")
    monkeypatch.setattr(size, "load", lambda name: world)
    usual = world.with_leader("cro", "generalist")
    longer = world.changed(size.with_more_hours("complex-multi")).with_leader("cro_longer", "generalist")
    assert longer.organization.week_hours == pytest.approx(1.1 * usual.organization.week_hours)
    assert longer.world_key() == world.world_key()
    for column in ("place", "parent", "level", "line", "holders"):
        assert np.array_equal(getattr(longer.organization, column), getattr(usual.organization, column))


def test_runs_are_those_of_persons_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is changed in the world is the catalogue: a person of the draw sits where the design says."""
    _, runs = gaps(planted, monkeypatch)
    for task in runs.tasks:
        profiles = {path: value for path, value in json.loads(task.changes).items() if path.startswith("profiles.")}
        assert {f"profiles.{design.split(':')[1]}" for design in task.designs} <= set(profiles)
    (person,) = {json.dumps(json.loads(task.changes)["profiles.even"]) for task in runs.tasks}
    assert json.loads(person) == dict.fromkeys(DOMAINS, 0.6)
    able = next(json.loads(t.changes)["profiles.able"] for t in runs.tasks if "profiles.able" in t.changes)
    assert sum(able.values()) == pytest.approx(TOTAL + SPREAD)


def test_the_table_is_printed_and_is_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A column a world, within 100 columns, with the published figure; null where nobody was picked."""
    monkeypatch.setenv("COLUMNS", "100")
    found = [
        Gap(world, difference, Effect(0.123, 0.1, 0.146, 32), picked)
        for world in size.WORLDS
        for difference, picked in (("the best against the worst of 100", 0.2), ("a tenth more", np.nan))
    ]
    report.print_gaps(found)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    assert said.count("+12.3 [+10.0, +14.6] (+20.0)") == 2
    assert said.count("+12.3 [+10.0, +14.6]") == 4
    assert "+11.1 % (Lazear, Shaw & Stanton 2015)" in " ".join(said.split())
    told = json.loads(json.dumps(report.as_json(found), allow_nan=False))
    assert told[1] == {
        "world": "simple-single", "difference": "a tenth more", "effect": 0.123, "low": 0.1, "high": 0.146,
        "picked_with": None,
    }  # fmt: skip
