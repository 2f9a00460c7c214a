"""Numbers planted in made-up runs come out of every door: table, JSON, console, page, figure; with sign, unit and size.

No run is noisy beyond what is written here, so that what has to come out can be worked out by hand.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import sqrt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_up_claims import ONE, OTHER, assessed_on, claim
from made_up_runs import MadeUpRuns, Rule
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from revorg.experiments.claims import assessment as assessing
from revorg.experiments.claims.assessment import Assessment, assess_claims
from revorg.experiments.claims.claim import Claim, Outcome, Term, registry
from revorg.experiments.claims.controls import Control
from revorg.experiments.claims.verdict_table import verdict_table
from revorg.experiments.reports.claims import words
from revorg.experiments.reports.claims.console import print_assessment
from revorg.experiments.reports.claims.figures import effects_figure
from revorg.experiments.reports.claims.page import report_html
from revorg.experiments.reports.claims.published import as_json
from revorg.simulation.start import StartState

WORLDS = registry().factorial.worlds
IN_WORLD = dict(zip(WORLDS, (0.01, 0.02, 0.04, 0.09), strict=True))
"""The effect in each world: .04 on the mean over the four."""
RIPPLE = 0.002
"""Even seeds have so much more effect, odd ones so much less: nothing on the mean, and an interval by hand."""
PAIRS = 32
MARGIN = float(stats.t.ppf(0.975, PAIRS - 1)) * RIPPLE / sqrt(PAIRS - 1)


def shared(seed: int) -> float:
    """What a seed adds to every design: much, and nothing to a difference."""
    return 0.1 * ((7 * seed) % 5)


def planted(effects: Mapping[str, float] = IN_WORLD) -> Rule:
    """Design ONE has the effect of its world more than any other."""

    def rule(world: str, design: str, seed: int) -> float:
        more = effects[world] + RIPPLE * (1 if seed % 2 == 0 else -1) if design == ONE else 0.0
        return 0.3 + shared(seed) + more

    return rule


Assess = Callable[..., Assessment]


@pytest.fixture
def assess(monkeypatch: pytest.MonkeyPatch) -> Assess:
    """Return a function that assesses claims on made-up runs."""

    def assessed(runs: MadeUpRuns, *claims: Claim, **settings: Any) -> Assessment:
        return assessed_on(monkeypatch, runs, *claims, **settings)

    return assessed


@pytest.fixture
def found(assess: Assess) -> Assessment:
    """Return the assessment of .04 on the mean over the worlds."""
    return assess(MadeUpRuns(planted()), claim())


def test_effect_interval_and_worlds(found: Assessment) -> None:
    """+.04 with the interval of the ripple, and each world's own effect from as many seeds."""
    (answer,) = found.answers
    effect = answer.effect
    assert (effect.effect, effect.low, effect.high) == pytest.approx((0.04, 0.04 - MARGIN, 0.04 + MARGIN))
    assert (effect.pairs, effect.seeds, effect.empty) == (PAIRS, PAIRS, 0)
    assert {world: within.effect for world, within in answer.by_world.items()} == pytest.approx(IN_WORLD)
    assert {within.pairs for within in answer.by_world.values()} == {PAIRS}
    assert (answer.verdict, answer.precise, answer.needed) == ("supported", True, PAIRS)
    assert found.runs == 4 * 2 * PAIRS


def test_arms_the_other_way_round_change_the_sign(assess: Assess) -> None:
    """What is said of ONE against OTHER is refuted of OTHER against ONE."""
    (answer,) = assess(MadeUpRuns(planted()), claim(designs={OTHER: 1, ONE: -1})).answers
    effect = answer.effect
    assert (effect.effect, effect.low, effect.high) == pytest.approx((-0.04, -0.04 - MARGIN, -0.04 + MARGIN))
    assert answer.verdict == "contradicted"


def test_table(found: Assessment) -> None:
    """The verdict table has every number under its name, in the metric's own unit."""
    (row,) = verdict_table(found).to_dict("records")
    assert (row["effect"], row["low"], row["high"]) == pytest.approx((0.04, 0.04 - MARGIN, 0.04 + MARGIN))
    for world, effect in IN_WORLD.items():
        name = world.replace("-", "_")
        ends = [row[f"{end}_in_{name}"] for end in ("effect", "low", "high")]
        assert ends == pytest.approx([effect, effect - MARGIN, effect + MARGIN])
    said = ("claim", "claim_verdict", "source", "basis", "by_construction", "metric", "contrast", "window", "predicts")
    assert [row[name] for name in said] == [
        "planted", "supported", "002", "stated", "no", "arr_growth", "one − other", "0-208", "+",
    ]  # fmt: skip
    assert (row["sesoi"], row["pairs"], row["empty_seeds"], row["pairs_needed"]) == (0.01, PAIRS, 0, PAIRS)
    assert (row["verdict"], row["precise"], row["fingerprint"]) == ("supported", True, found.fingerprint)
    answer = found.answers[0].effect
    assert (row["pair_correlation"], row["pairing_saves"]) == (answer.pair_correlation, answer.saving)
    assert row["pair_correlation"] == pytest.approx(1, abs=1e-3)
    assert row["pairing_saves"] > 100


def test_table_says_what_is_not_there(assess: Assess) -> None:
    """A world that the claim does not name has no number, and where no pairs help none is given."""
    within = claim(worlds={"simple-multi": 1}, sesoi=0.0)
    (row,) = verdict_table(assess(MadeUpRuns(planted()), within)).to_dict("records")
    assert row["effect_in_simple_multi"] == pytest.approx(0.02)
    assert np.isnan([row["effect_in_complex_multi"], row["pairs_needed"]]).all()


def test_json(found: Assessment) -> None:
    """The contract's names hold the same numbers."""
    told = json.loads(json.dumps(as_json(found), allow_nan=False))
    (claim_told,) = told["claims"]
    (outcome,) = claim_told["outcomes"]
    ends = ("effect", "low", "high")
    assert [outcome[end] for end in ends] == pytest.approx([0.04, 0.04 - MARGIN, 0.04 + MARGIN])
    for world, effect in IN_WORLD.items():
        by_world = [outcome["by_world"][world][end] for end in ends]
        assert by_world == pytest.approx([effect, effect - MARGIN, effect + MARGIN])
    expected = {"metric": "arr_growth", "contrast": "one − other", "window": "0-208", "predicts": "+", "sesoi": 0.01}
    assert expected.items() <= outcome.items()
    assert (outcome["pairs"], outcome["verdict"], claim_told["verdict"]) == (PAIRS, "supported", "supported")
    assert outcome["pair_correlation"] == pytest.approx(1, abs=1e-3)
    assert [claim_told[name] for name in ("id", "source", "basis", "by_construction")] == [
        "planted", "002", "stated", "no",
    ]  # fmt: skip
    assert told["controls"] == [{"name": "a control", "passed": True, "detail": "of nothing"}]
    assert told["fingerprint"] == found.fingerprint


def test_json_has_no_number_where_nothing_was_measured(assess: Assess) -> None:
    """Null, never zero."""
    runs = MadeUpRuns(lambda world, design, seed: float("nan"))
    (outcome,) = as_json(assess(runs, claim()))["claims"][0]["outcomes"]
    assert [outcome[end] for end in ("effect", "low", "high", "pair_correlation")] == [None] * 4
    assert (outcome["pairs"], outcome["verdict"]) == (0, "undecided")


def test_console(found: Assessment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In percentage points a year, with the worlds below, on one line with SESOI and verdict."""
    monkeypatch.setenv("COLUMNS", "100")
    print_assessment(found)
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if "arr_growth: one − other" in line]
    assert line.split()[4:] == ["+", "+4.00", "[+3.93,", "+4.07]", "1", "pp/yr", "supported"]
    within = dict(re.findall(r"\b(s[sm]|c[sm]) +([+−]\S+)", printed[printed.index(line) :]))
    assert within == {"ss": "+1.00", "sm": "+2.00", "cs": "+4.00", "cm": "+9.00"}
    assert "Control a control passed: of nothing." in printed


def test_page(found: Assessment) -> None:
    """The row of the report."""
    page = report_html(found, {})
    row = page[page.index("one − other, weeks 0–208") : page.index("</tbody>")]
    cells = [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in re.findall("<td.*?</td>", row, re.S)]
    assert cells[:4] == ["supported", "+", "+4.00 [+3.93, +4.07] pp/yr", "1"]
    assert cells[4] == (
        "simple-single: +1.00 [+0.93, +1.07] simple-multi: +2.00 [+1.93, +2.07] "
        "complex-single: +4.00 [+3.93, +4.07] complex-multi: +9.00 [+8.93, +9.07]"
    )
    assert cells[5].startswith(f"{PAIRS} 1.00;")
    assert "<strong>a control: passed.</strong> of nothing." in page


def drawn(axes: Axes) -> tuple[list[list[float]], list[list[float]]]:
    """Return the ends of the intervals of a figure, and its dots, of worlds and of outcomes in turn."""
    lines = [np.asarray(line.get_xdata(), dtype=float) for line in axes.lines]
    intervals = [line.tolist() for line in lines if len(set(line.tolist())) == 2 and line[0] != -0.95]
    dots: Any = axes.collections
    return intervals, [[float(dot[0]) for dot in group.get_offsets()] for group in dots]


def test_figure(found: Assessment) -> None:
    """Effects and intervals in units of the SESOI, worlds as small rings, the size written beside."""
    figure: Figure = effects_figure(found)
    (axes,) = figure.axes
    intervals, dots = drawn(axes)
    assert intervals == [pytest.approx([(0.04 - MARGIN) / 0.01, (0.04 + MARGIN) / 0.01])]
    rings, middle = dots
    assert rings == pytest.approx([1, 2, 4, 9])
    assert middle == pytest.approx([4])
    texts = [text.get_text() for text in axes.texts]
    assert {"planted", "arr_growth  +", "one − other", "+4.00 pp/yr", "supported"} <= set(texts)
    plt.close(figure)


def test_ratios_are_pooled_and_not_averaged(assess: Assess) -> None:
    """Seeds three times as large count three times: .05 · 3/4 + .01 · 1/4 is .04, where the plain average is .03."""

    def rule(world: str, design: str, seed: int) -> float:
        return 0.3 + (0.0 if design == OTHER else 0.05 if seed % 2 else 0.01)

    runs = MadeUpRuns(rule, size=lambda seed: 3.0 if seed % 2 else 1.0)
    ratio, mean = assess(runs, claim(metric="win_rate"), claim().model_copy(update={"id": "mean"})).answers
    assert ratio.effect.effect == pytest.approx(0.04)
    assert mean.effect.effect == pytest.approx(0.03)


def test_smallest_effect_and_target_are_not_each_other(assess: Assess) -> None:
    """Three quarters of the SESOI, sharply seen, is small; half of the SESOI is where precision ends, not relevance."""
    result = assess(MadeUpRuns(planted(dict.fromkeys(WORLDS, 0.0075))), claim())
    (answer,) = result.answers
    assert (answer.verdict, answer.target) == ("small", 0.005)
    assert "small" in str(verdict_table(result)["verdict"].tolist())


def test_terms_stay_in_their_world_and_window(assess: Assess) -> None:
    """Terms that are no product: each world shows its own, and the effect is the sum of all."""
    signs = (("simple-single", 1), ("complex-multi", -1))
    terms = tuple(
        Term(weight=sign * side, world=world, design=design)
        for world, sign in signs
        for design, side in ((ONE, 1), (OTHER, -1))
    )
    (answer,) = assess(MadeUpRuns(planted()), claim(terms=terms)).answers
    within = {world: effect.effect for world, effect in answer.by_world.items()}
    assert within == pytest.approx({"simple-single": 0.01, "complex-multi": -0.09})
    assert answer.effect.effect == pytest.approx(0.01 - 0.09)


def test_worlds_are_paired_by_seed_whatever_came_first(assess: Assess) -> None:
    """A difference between worlds that is the same at every seed has no width, in whatever order runs come in."""

    class Shuffled(MadeUpRuns):
        def run(self, tasks: Any) -> Any:
            order = np.random.default_rng(1)
            todo = list(tasks)
            yield from super().run([todo[place] for place in order.permutation(len(todo))])

    def rule(world: str, design: str, seed: int) -> float:
        return (world == "complex-multi") * (0.04 if design == ONE else 0) + shared(seed) * (design == ONE)

    (answer,) = assess(Shuffled(rule), claim(worlds={"complex-multi": 1, "simple-single": -1})).answers
    assert (answer.effect.effect, answer.effect.half_width) == pytest.approx((0.04, 0), abs=1e-12)


def test_later_seeds_count_everywhere(assess: Assess) -> None:
    """Where one batch is not enough, effect and worlds rest on all of them; plain levels on the first."""

    def rule(world: str, design: str, seed: int) -> float:
        more = 0.03 + 0.02 * (seed >= PAIRS)
        return 0.3 + (more + 0.03 * (1 if seed % 2 else -1) if design == ONE else 0)

    runs = MadeUpRuns(rule)
    asked = claim().model_copy(update={"cells": (ONE, OTHER)})
    (answer,) = assess(runs, asked, quick=False).answers
    pairs = answer.effect.pairs
    assert PAIRS < pairs < 512
    expected = 0.03 + 0.02 * (pairs - PAIRS) / pairs
    assert {effect.pairs for effect in answer.by_world.values()} == {pairs}
    assert [effect.effect for effect in answer.by_world.values()] == pytest.approx([expected] * 4)
    assert answer.effect.effect == pytest.approx(expected)
    assert answer.cells.keys() == {(world, design) for world in WORLDS for design in (ONE, OTHER)}
    assert answer.cells["simple-single", ONE].effect == pytest.approx(0.33)
    ((title, cells), *_) = words.cells_of(answer)
    assert title == "arr_growth in simple-single, % a year"
    assert list(cells) == [ONE, OTHER]
    assert cells[ONE].startswith("33.0 [")
    assert cells[OTHER] == "30.0 [30.0, 30.0]"
    assert {task.seed for task in runs.tasks} == set(range(pairs))


def test_rivals_are_run_and_stand_beside(assess: Assess) -> None:
    """A reading that turns the effect around contradicts the claim there, and a mark says so."""
    turned = planted(dict.fromkeys(WORLDS, -0.04))
    runs = MadeUpRuns(planted(), under={"readings.exits": turned})
    found = assess(runs, claim(), rivals=True)
    verdicts = {name: results[0].verdict for name, results in found.rivals.items()}
    assert verdicts.pop("exits=random") == "contradicted"
    assert verdicts
    assert set(verdicts.values()) == {"supported"}
    assert found.rivals["exits=random"][0].answers[0].effect.effect == pytest.approx(-0.04)
    asked = {"", *(json.dumps({f"readings.{choice}": word}) for choice, word in (n.split("=") for n in found.rivals))}
    assert {task.changes for task in runs.tasks} == asked
    (line,) = words.rival_lines(found)
    assert line.startswith("planted: supported; ")
    assert "exits=random contradicted ≠" in line
    assert line.count("≠") == 1
    assert found.runs == (1 + len(found.rivals)) * 4 * 2 * PAIRS
    assert "exits=random contradicted ≠" in report_html(found, {})


def test_every_control_has_to_pass(found: Assessment, capsys: pytest.CaptureFixture[str]) -> None:
    """One that passes is not enough, whichever comes first."""
    good, bad = Control("good", True, "."), Control("bad", False, "differs")
    for controls, sound in (((good, good), True), ((good, bad), False), ((bad, good), False)):
        one = replace(found, controls=controls)
        assert one.sound is sound
        assert ("A control failed" in report_html(one, {})) is not sound
        assert [control["passed"] for control in as_json(one)["controls"]] == [c.passed for c in controls]
    print_assessment(replace(found, controls=(good, bad)))
    assert "Control bad FAILED: differs." in capsys.readouterr().out


@pytest.mark.parametrize("uncalibrated", [(), WORLDS[:1], WORLDS[1:], WORLDS])
def test_every_world_has_to_be_calibrated(
    uncalibrated: tuple[str, ...], assess: Assess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One calibrated world is not enough, and all verdicts say so."""
    monkeypatch.setattr(assessing, "load", lambda name: SimpleNamespace(is_calibrated=name not in uncalibrated))
    begun = SimpleNamespace(reached=StartState(customers=60.0, arr_usd=1.2e6, average_deal_usd=2e4, reps=5.0))
    monkeypatch.setattr(assessing, "beginning_of", lambda world, arrives: begun)
    found = assess(MadeUpRuns(planted()), claim())
    assert found.calibrated is not bool(uncalibrated)
    assert as_json(found)["calibrated"] is found.calibrated
    assert verdict_table(found)["calibrated"].tolist() == [found.calibrated]
    assert ("(provisional)" in report_html(found, {})) is bool(uncalibrated)


def test_whole_factorial_goes_with_all_claims_only(assess: Assess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by name, a claim runs its own arms; all together run every cell, and the cells are taken apart."""
    named = assess(MadeUpRuns(planted()), claim())
    assert not named.decompositions
    runs = MadeUpRuns(planted())
    monkeypatch.setattr(assessing, "PairedRuns", runs)
    everything = assess_claims(quick=True)
    assert {(task.world, design) for task in runs.tasks for design in task.designs} == {
        (world, design) for world in WORLDS for design in registry().factorial.designs
    }
    parts = everything.decompositions["arr_growth"]
    row, column = registry().factorial.seats.index("cro"), registry().factorial.persons.index("strategist")
    assert parts.cells[:, row, column] - parts.cells[:, row + 1, column] == pytest.approx(list(IN_WORLD.values()))


def test_quick_and_full_reach_what_they_are_for(assess: Assess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Controls from kept runs alone and 32 pairs, half the SESOI, or a quarter of it."""
    runs = MadeUpRuns(planted())
    assess(runs, claim())
    asked: list[Any] = []

    def controls(*, quick: bool, progress: object) -> tuple[Control, ...]:
        asked.append(quick)
        return ()

    monkeypatch.setattr(assessing, "run_controls", controls)
    settings: list[dict[str, bool]] = [{"quick": True}, {}, {"full": True}]
    found = [assess_claims(["planted"], **given) for given in settings]  # type: ignore[arg-type]
    assert asked == [True, False, False]
    assert [one.answers[0].target for one in found] == [0.005, 0.005, 0.0025]
    assert all(one.tally is runs.tally for one in found)


def test_claims_with_several_outcomes_keep_them_together(assess: Assess) -> None:
    """Each claim has its own outcomes, in order, and a verdict of their own."""
    first = claim()
    against = Outcome(metric="arr_growth", contrast="b", predicts="−", sesoi=0.01, designs={ONE: 1, OTHER: -1})
    both = first.model_copy(update={"id": "both", "outcomes": (*first.outcomes, against)})
    alone = first.model_copy(update={"id": "alone", "outcomes": (against,)})
    found = assess(MadeUpRuns(planted()), both, first, alone)
    assert [(result.claim.id, result.verdict, len(result.answers)) for result in found.results] == [
        ("both", "partly", 2), ("planted", "supported", 1), ("alone", "contradicted", 1),
    ]  # fmt: skip
    assert verdict_table(found)["claim"].tolist() == ["both", "both", "planted", "alone"]
    assert verdict_table(found)["claim_verdict"].tolist() == ["partly", "partly", "supported", "contradicted"]


def test_verdicts_are_written_as_the_table(found: Assessment, tmp_path: Path) -> None:
    """What a notebook reads from the folder is what was found."""
    from revorg.experiments.reports.claims.page import write_report

    assert write_report(found, {}, tmp_path / "new" / "folder").name == "report.html"
    kept = pd.read_parquet(tmp_path / "new" / "folder" / "verdicts.parquet")
    pd.testing.assert_frame_equal(kept, verdict_table(found), check_dtype=False)
