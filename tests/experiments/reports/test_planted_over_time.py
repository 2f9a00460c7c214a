"""What is planted year by year, on efficient growth, or behind a mechanism comes out of every door with its sign."""

import json
import re
from collections.abc import Callable, Mapping
from math import nan
from typing import Any

import pytest
from made_up_claims import ONE, OTHER, assessed_on, claim
from made_up_runs import MadeUpRuns, Rule

from revorg.experiments.claims.assessment import Assessment
from revorg.experiments.claims.claim import Claim, Term, _parse
from revorg.experiments.claims.verdict_table import verdict_table
from revorg.experiments.reports.claims import beside
from revorg.experiments.reports.claims.console import print_assessment
from revorg.experiments.reports.claims.page import report_html
from revorg.experiments.reports.claims.published import as_json
from revorg.simulation.errors import BadInput

YEARLY = {"0-52": 0.01, "52-104": 0.0, "104-156": -0.02, "156-208": -0.03, "0-104": 0.005, "0-416": -0.06}
RIPPLE = 0.002


def more(effect: float, ripple: float = RIPPLE) -> Rule:
    """Design ONE has so much more than any other, a little more or less at every other seed."""

    def rule(world: str, design: str, seed: int) -> float:
        return 0.3 + 0.1 * (seed % 5) + (design == ONE) * (effect + ripple * (1 if seed % 2 else -1))

    return rule


def runs(effect: float = -0.02, **off: float) -> MadeUpRuns:
    """Runs with the years planted, efficient growth of +.05, and effects without single mechanisms."""
    among = {window: more(size) for window, size in YEARLY.items()} | {"efficient_growth": more(0.05)}
    return MadeUpRuns(more(effect), among=among, under={f"mechanisms.{name}": more(size) for name, size in off.items()})


Assess = Callable[..., Assessment]


@pytest.fixture
def assess(monkeypatch: pytest.MonkeyPatch) -> Assess:
    """Return a function that assesses claims on made-up runs."""
    return lambda runs, *claims, **settings: assessed_on(monkeypatch, runs, *claims, **settings)


def outcome_of(found: Assessment) -> Mapping[str, Any]:
    """Return the only outcome of the JSON."""
    ((outcome,),) = [told["outcomes"] for told in json.loads(json.dumps(as_json(found), allow_nan=False))["claims"]]
    return outcome  # type: ignore[no-any-return]


def text_of(page: str) -> str:
    """Return what a page says."""
    return " ".join(re.sub("<[^>]+>", " ", page).split())


# Growth over time


def test_years_in_json_and_table(assess: Assess) -> None:
    """Each year and both spans, with intervals; the verdict is of four years alone."""
    found = assess(runs(), claim())
    outcome = outcome_of(found)
    assert outcome["by_year"] == pytest.approx([0.01, 0.0, -0.02, -0.03], abs=1e-12)
    effects = {window: effect["effect"] for window, effect in outcome["by_window"].items()}
    expected = {**YEARLY, "0-208": -0.02}
    del expected["0-416"]
    assert effects == pytest.approx(expected, abs=1e-12)
    for effect in outcome["by_window"].values():
        assert effect["low"] < effect["effect"] < effect["high"] < effect["low"] + RIPPLE
    assert (outcome["effect"], outcome["verdict"]) == (pytest.approx(-0.02), "contradicted")
    (row,) = verdict_table(found).to_dict("records")
    assert [row[f"effect_in_year_{year}"] for year in (1, 2, 3, 4)] == pytest.approx(outcome["by_year"])


def test_a_turn_of_sign_is_a_sentence(
    assess: Assess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first year and the last on the other side, in report and console; none where signs are not clear."""
    monkeypatch.setenv("COLUMNS", "100")
    found = assess(runs(), claim())
    sentence = "The sign of arr_growth turns: +1.00 pp/yr in year 1, −3.00 in year 4."
    page = text_of(report_html(found, {}))
    assert sentence in page
    assert "year 1: +1.00 [" in page
    print_assessment(found)
    printed = " ".join(capsys.readouterr().out.split())
    assert sentence in printed
    assert "year 1 +1.00, year 2 0.00, year 3 −2.00, year 4 −3.00, 2 years +0.50, 4 years −2.00" in printed
    steady = MadeUpRuns(more(-0.02), among={"0-52": more(0.01, ripple=0.2)})
    assert "The sign of" not in text_of(report_html(assess(steady, claim()), {}))


def test_arms_the_other_way_round_turn_the_other_way(assess: Assess) -> None:
    """Every sign is the contrast's."""
    found = assess(runs(), claim(designs={OTHER: 1, ONE: -1}))
    assert outcome_of(found)["by_year"] == pytest.approx([-0.01, 0.0, 0.02, 0.03], abs=1e-12)
    assert "turns: −1.00 pp/yr in year 1, +3.00 in year 4." in text_of(report_html(found, {}))


def test_efficient_growth_stands_beside_and_judges_nothing(
    assess: Assess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own effect and years in JSON, report, console and table; the verdict stays that of growth."""
    monkeypatch.setenv("COLUMNS", "100")
    found = assess(runs(), claim())
    outcome = outcome_of(found)
    assert outcome["efficient_growth"]["effect"] == pytest.approx(0.05)
    assert outcome["efficient_growth"]["by_year"] == pytest.approx([0.05] * 4)
    assert (outcome["metric"], outcome["verdict"], found.results[0].verdict) == ("arr_growth", *["contradicted"] * 2)
    assert "efficient_growth , not judged +5.00 [" in text_of(report_html(found, {}))
    print_assessment(found)
    assert "efficient_growth +5.00 [+4.93, +5.07] pp/yr, not judged" in " ".join(capsys.readouterr().out.split())
    assert verdict_table(found)["efficient_growth_effect"].tolist() == pytest.approx([0.05])


def test_efficient_growth_itself_has_years_and_nothing_beside(assess: Assess) -> None:
    """As an outcome it is judged like any other."""
    outcome = outcome_of(assess(runs(), claim(metric="efficient_growth")))
    assert outcome["by_year"] == pytest.approx([0.05] * 4)
    assert (outcome["verdict"], outcome["efficient_growth"]) == ("supported", None)


def test_nothing_is_null(assess: Assess) -> None:
    """No years of what is no growth, of terms with windows of their own, and of runs with nothing to measure."""
    other = outcome_of(assess(runs(), claim(metric="win_rate")))
    assert [other[key] for key in ("by_year", "by_window", "efficient_growth")] == [None] * 3
    terms = (
        Term(weight=1, world="simple-single", design=ONE, window="156-208"),
        Term(weight=-1, world="simple-single", design=ONE, window="0-52"),
    )
    mixed = outcome_of(assess(runs(), claim(terms=terms, designs={})))
    assert mixed["effect"] == pytest.approx(-0.04)
    assert (mixed["by_year"], mixed["efficient_growth"]["by_year"]) == (None, None)
    empty = outcome_of(assess(MadeUpRuns(more(0.0), among={"52-104": more(nan)}), claim()))
    assert empty["by_year"] == [pytest.approx(0.0, abs=1e-12), None, *[pytest.approx(0.0, abs=1e-12)] * 2]


def test_eight_years_are_run_with_full_alone(assess: Assess) -> None:
    """Of growth in cells of the factorial, on as many pairs as four years took; nothing else runs that long."""
    plain = runs()
    assert "0-416" not in outcome_of(assess(plain, claim(), quick=False))["by_window"]
    assert {task.changes for task in plain.tasks} == {""}
    full = runs()
    found = assess(full, claim(), quick=False, full=True)
    outcome = outcome_of(found)
    assert outcome["by_window"]["0-416"]["effect"] == pytest.approx(-0.06)
    longer = [task for task in full.tasks if task.changes]
    assert {(task.changes, task.windows) for task in longer} == {('{"run.weeks": 416}', ("0-416",))}
    assert {task.seed for task in longer} == set(range(outcome["pairs"]))
    assert found.runs == 2 * sum(len(task.designs) for task in longer)
    assert "8 years: −6.00 [" in text_of(report_html(found, {}))
    for without in (claim(metric="win_rate"), claim(designs={ONE: 1, "vp_sales:executor": -1})):
        others = runs()
        assess(others, without, quick=False, full=True)
        assert {task.changes for task in others.tasks} == {""}


# The mechanism that a claim names


def told_of(found: Assessment) -> tuple[str, Any]:
    """Return verdict and mechanism of the only claim."""
    (one,) = as_json(found)["claims"]
    return one["verdict"], one["carried_by"]


@pytest.mark.parametrize(
    ("on", "off", "predicts", "verdict", "carried"),
    [
        (0.04, 0.01, "+", "supported", True),
        (0.04, -0.04, "+", "supported", True),
        (0.04, 0.03, "+", "supported, by another mechanism", False),
        (-0.04, -0.01, "−", "supported", True),
        (-0.04, 0.04, "−", "supported", True),
        (-0.04, -0.03, "−", "supported, by another mechanism", False),
        (0.04, 0.02, "+", "supported, unclear by which mechanism", None),
        (-0.04, -0.02, "−", "supported, unclear by which mechanism", None),
    ],
)
def test_a_claim_is_supported_by_what_it_names(
    on: float, off: float, predicts: str, verdict: str, carried: bool | None, assess: Assess
) -> None:
    """Half of the effect or more has to go with the mechanism, whichever side the effect is on."""
    made = runs(on, habit=off)
    found = assess(made, claim("habit", predicts=predicts), quick=False)
    assert told_of(found) == (verdict, {"mechanism": "habit", "carried": carried})
    assert {task.changes for task in made.tasks} == {"", '{"mechanisms.habit": false}'}
    seeds = [{(t.seed, t.designs) for t in made.tasks if bool(t.changes) is switched} for switched in (False, True)]
    assert seeds[0] == seeds[1]
    (result,) = found.results
    assert (result.word, verdict_table(found)["claim_verdict"].tolist()) == ("supported", [verdict])
    (sentence,) = beside.mechanism_texts(result)
    assert sentence in text_of(report_html(found, {}))
    assert f"without it arr_growth is {100 * off:+.2f}".replace("-", "−") in sentence
    assert sentence.endswith(f"pp/yr instead of {100 * on:+.2f}.".replace("-", "−"))


def test_only_the_named_mechanism_counts(assess: Assess) -> None:
    """Another one that carries the effect makes no difference; nor does a claim that names none."""
    made = runs(0.04, habit=0.04, span=0.0)
    assert told_of(assess(made, claim("habit"), quick=False))[0] == "supported, by another mechanism"
    assert told_of(assess(made, claim(), quick=False)) == ("supported", None)


def test_mechanisms_are_not_tested_in_a_quick_look_or_without_support(assess: Assess) -> None:
    """Null, the verdict as it is, and no more runs."""
    cases: list[tuple[Claim, bool, str]] = [
        (claim("habit"), True, "supported"),
        (claim("habit", predicts="−"), False, "contradicted"),
        (claim("habit", predicts="±"), False, "answered +"),
    ]
    for asked, quick, answer in cases:
        made = runs(0.04, habit=0.04)
        found = assess(made, asked, quick=quick)
        assert found.answers[0].verdict == answer
        assert told_of(found)[1] == {"mechanism": "habit", "carried": None}
        assert found.results[0].verdict == found.results[0].word
        assert {task.changes for task in made.tasks} == {""}
        assert len(beside.mechanism_texts(found.results[0])) == 1


def test_pooled_outcomes_are_compared_as_sums(assess: Assess) -> None:
    """Seeds three times as large count three times on both sides."""

    def rule(large: float, small: float) -> Rule:
        return lambda world, design, seed: 0.3 + (design == ONE) * (large if seed % 2 else small)

    size = {True: 3.0, False: 1.0}
    made = MadeUpRuns(
        rule(0.05, 0.01), size=lambda seed: size[bool(seed % 2)], under={"mechanisms.habit": rule(0.02, 0.0)}
    )
    found = assess(made, claim("habit", metric="win_rate"), quick=False)
    (without,) = found.results[0].carriage.without  # type: ignore[union-attr]
    assert without.effect.effect == pytest.approx(0.015)
    assert without.excess.effect == pytest.approx(0.015 - 0.04 / 2)
    assert without.carried is True


def test_mechanisms_are_known_by_name() -> None:
    """One that there is not is refused with its near miss."""
    text = """
    [source]
    id = "900"
    title = "t"
    [[claims]]
    id = "a"
    text = "t"
    basis = "stated"
    by_construction = "no"
    carried_by = "consultatoin"
    [[claims.outcomes]]
    metric = "arr_growth"
    contrast = "c"
    predicts = "+"
    sesoi = 0.01
    designs = { "a:b" = 1, "c:d" = -1 }
    """
    with pytest.raises(BadInput, match=r'carried_by\] = "consultatoin": unknown; did you mean consultation\?'):
        _parse("f.toml", text.encode())
    assert _parse("f.toml", text.replace("oin", "ion").encode()).claims[0].carried_by == "consultation"
