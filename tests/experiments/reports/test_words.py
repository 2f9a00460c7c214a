"""Findings in words: every number of a sentence, singular and plural, and what is left out."""

from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.claims.assessment import Answer, Assessment, Result
from revorg.experiments.claims.claim import Claim, Factorial, Outcome
from revorg.experiments.claims.decomposition import Decomposition, Matching, Reversal, Share
from revorg.experiments.claims.questions import Question
from revorg.experiments.claims.verdicts import false_support_bound
from revorg.experiments.reports.claims import words

WORLDS = ("complex-multi", "w")
FACTORIAL = Factorial(seats=("s", "t"), persons=("a", "b"), worlds=WORLDS, matching={"s": "a", "t": "b"})


def answer(effect: Effect, target: float = 0.005, **given: Any) -> Answer:
    """Return an answer with this effect, of a growth that should be positive."""
    outcome = {"metric": "arr_growth", "contrast": "a − b", "predicts": "+", "sesoi": 0.01, **given}
    row = Outcome(designs={"s:a": 1, "s:b": -1}, **outcome)
    claim = Claim(id="c", source="1", text="t", basis="stated", by_construction="no", outcomes=(row,))
    within = {"complex-multi": effect, "w": replace(effect, effect=-effect.effect)}
    return Answer(Question(claim, row, WORLDS), effect, within, {}, target)


def assessment(*answers: Answer, calibrated: bool = True) -> Assessment:
    """Return an assessment of these answers."""
    results = tuple(Result(one.question.claim, (one,)) for one in answers)
    return Assessment("model", calibrated, results, (), {}, 0)


PRECISE = Effect(0.02, 0.016, 0.024, pairs=32, seeds=32, empty=0, pair_correlation=0.8, saving=5.0)
WIDE = Effect(0.02, -0.02, 0.06, pairs=30, seeds=32, empty=2, pair_correlation=0.4, saving=2.0)


def test_line_of_a_precise_outcome() -> None:
    """In percentage points a year, both worlds beside, no more pairs needed."""
    line = words.line_of(answer(PRECISE, window="52-104"))
    assert (line.metric, line.contrast, line.window, line.predicts) == ("arr_growth", "a − b", "weeks 52–104", "+")
    assert (line.sesoi, line.effect, line.interval, line.unit) == ("1", "+2.00", "[+1.60, +2.40]", "pp/yr")
    assert line.by_world == {"complex-multi": "+2.00 [+1.60, +2.40]", "w": "−2.00 [+1.60, +2.40]"}
    assert (line.pairs, line.needed, line.pairing, line.verdict) == ("32", "", "0.80; 5.00 ×", "supported")


def test_line_of_a_wide_outcome() -> None:
    """Empty seeds and the pairs it needs are said; no number of pairs where none helps."""
    line = words.line_of(answer(WIDE))
    assert (line.pairs, line.needed, line.verdict) == ("30 (2 seeds with nothing to measure)", "1920", "undecided")
    assert words.line_of(answer(Effect(nan, nan, nan, 0, 32, 32))).needed == "no number"
    days = words.line_of(answer(PRECISE, metric="decision_latency"))
    assert (days.effect, days.unit, days.sesoi) == ("+0.020", "days", "0.01")


def test_interval_and_names() -> None:
    """Signs where asked for; initials; the stamp of what is provisional."""
    assert words.interval(PRECISE, 100, sign=False) == "[1.60, 2.40]"
    assert (words.short("complex-multi"), words.short("a")) == ("cm", "a")
    assert (words.stamped("supported", True), words.stamped("small", False)) == ("supported", "small (provisional)")
    assert words.provisional_line(assessment()) == ""
    assert words.provisional_line(assessment(calibrated=False)).startswith("Every verdict is provisional")


def test_cells_are_those_of_their_world() -> None:
    """Levels in percent; a world without cells is left out."""
    level = Effect(0.3, 0.25, 0.35, pairs=32)
    cells = {("w", "s:a"): level, ("w", "s:b"): replace(level, effect=0.4)}
    ((title, found),) = words.cells_of(replace(answer(PRECISE), cells=cells))
    assert title == "arr_growth in w, % a year"
    assert found == {"s:a": "30.0 [25.0, 35.0]", "s:b": "40.0 [25.0, 35.0]"}


def test_bounds() -> None:
    """Precise outcomes and the others apart, each with the largest chance among them."""
    strict, loose = answer(PRECISE), answer(replace(PRECISE, low=0.0155, high=0.0245, pairs=64))
    edge = replace(PRECISE, low=0.01505, high=0.02495)
    (line,) = words.bound_lines(assessment(answer(replace(PRECISE, low=0.018, high=0.022))))
    assert line.startswith("1 of 1 outcomes are precise: an effect of exactly zero would be called supported ")
    assert line.endswith("less than once in 10,000 each.")
    assert false_support_bound(0.005, 0.01, 32) == pytest.approx(1.4656e-4, abs=1e-8)
    (line,) = words.bound_lines(assessment(strict, answer(edge), loose))
    assert line.startswith("3 of 3 outcomes are precise: ")
    assert line.endswith("would be called supported at most 2 times in 10,000 each.")
    lines = words.bound_lines(assessment(strict, answer(WIDE), answer(replace(WIDE, low=0.0075, high=0.0325))))
    assert lines[0].startswith("1 of 3 outcomes are precise")
    assert lines[1].startswith("2 are not: there the chance is up to 25 times in 1,000 each")
    (line,) = words.bound_lines(assessment(answer(replace(WIDE, low=0.0125, high=0.0275))))
    assert line.startswith("No outcome is precise: the chance that an effect of exactly zero is called supported is ")
    assert "is up to 54 times in 10,000 each" in line
    lines = words.bound_lines(assessment(strict, answer(replace(WIDE, low=0.0125, high=0.0275))))
    assert lines[1].startswith("1 is not: there the chance is up to 54 times in 10,000 each")
    assert words.bound_lines(assessment()) == []


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (0.99e-4, "less than once in 10,000"),
        (1e-4, "at most 1 times in 10,000"),
        (1.1e-4, "at most 2 times in 10,000"),
        (0.0099, "at most 99 times in 10,000"),
        (0.01, "at most 10 times in 1,000"),
        (0.0101, "at most 11 times in 1,000"),
        (0.025, "at most 25 times in 1,000"),
    ],
)
def test_chances_are_never_rounded_down(bound: float, said: str) -> None:
    """At most means at most."""
    assert words._chances(bound) == said


def test_chance_is_that_of_the_answer() -> None:
    """Of its half-width, SESOI and pairs."""
    assert answer(PRECISE).false_support == false_support_bound(0.004, 0.01, 32)
    assert answer(WIDE).false_support == false_support_bound(0.04, 0.01, 30) == pytest.approx(0.025)
    assert answer(WIDE).needed == 1920
    assert (answer(PRECISE).precise, answer(WIDE).precise) == (True, False)


def test_pairing() -> None:
    """Medians, and the span of what was saved; infinite savings and unknown correlations do not count."""
    more = replace(WIDE, pair_correlation=0.5, saving=3.0)
    still = replace(PRECISE, pair_correlation=nan, saving=inf)
    (line,) = words.pairing_lines(assessment(*map(answer, (PRECISE, still, WIDE, more))))
    assert "correlation 0.50 and 3.00 times fewer runs at the median outcome (2.00 to 5.00 times)" in line
    assert words.pairing_lines(assessment(answer(still))) == []
    assert words.pairing_lines(assessment(answer(replace(PRECISE, pair_correlation=nan)))) == []
    assert words.pairing_lines(assessment(answer(replace(PRECISE, saving=nan)))) == []


def decomposition(**given: Any) -> Decomposition:
    """Return cells taken apart, made up."""
    cells = np.array([[[0.1, 0.2], [0.3, 0.05]], [[0.0, 0.01], [0.0, 0.0]]])
    shares = tuple(
        Share(world, part, 1.0, share, share - 0.2, share + 0.2)
        for world in WORLDS
        for part, share in (("seat", 0.1), ("person", 0.25), ("fit", 0.9))
    )
    ours = Matching("", 1, 2, "s a, t b", "s b, t a", 0.004, -0.001, 0.009)
    matchings = (replace(ours, world="complex-multi"), replace(ours, world="w", rank=2), replace(ours, world="all"))
    parts = Decomposition("arr_growth", FACTORIAL, 32, cells, shares, matchings, ())
    return replace(parts, **given)


def test_shares() -> None:
    """Within zero and a hundred, each world with its own range of cells."""
    said = "seat 10 % [0, 30] · person 25 % [5, 45] · fit 90 % [70, 100], range"
    assert words.decomposition_lines(decomposition()) == [
        f"complex-multi  {said} 25.0 pp/yr",
        f"w              {said} 1.00 pp/yr",
    ]


def test_ranks_of_the_matching() -> None:
    """World by world and over all; the best is named where it is another."""
    parts = decomposition()
    first = "Registered matching (s a, t b): rank 1 of 2 over all worlds; 1 in complex-multi, 2 in w."
    second = "It exceeds the average matching by +0.40 [−0.10, +0.90] pp/yr a cell."
    assert words.matching_lines(parts) == [first, second]
    *worlds, overall = parts.matchings
    beaten = words.matching_lines(decomposition(matchings=(*worlds, replace(overall, rank=2))))
    assert beaten == [first.replace("rank 1", "rank 2"), second, "Best in this sample: s b, t a."]


def test_reversals() -> None:
    """None, one, six, and more than are named."""
    assert words.reversal_lines(decomposition()) == [
        "Ranks: no two designs change rank between the worlds beyond chance."
    ]
    some = tuple(Reversal(f"s:{k}", "t:a", "w", "v") for k in range(8))
    one = "s:0 beats t:a in w, not in v"
    (line,) = words.reversal_lines(decomposition(reversals=some[:1]))
    assert line == f"Ranks between worlds change in one pair of designs: {one}."
    (line,) = words.reversal_lines(decomposition(reversals=some[:6]))
    assert line.startswith(f"Ranks between worlds change in 6 pairs of designs: {one}; s:1 beats")
    assert line.count("beats") == 6
    assert "more" not in line
    (line,) = words.reversal_lines(decomposition(reversals=some))
    assert line.count("beats") == 6
    assert line.endswith("s:5 beats t:a in w, not in v … and 2 more.")


def test_rivals() -> None:
    """Each claim beside its own verdict under each other reading."""
    ours, rival = answer(PRECISE), answer(replace(PRECISE, effect=-0.02, low=-0.024, high=-0.016))
    both = assessment(ours, rival)
    found = replace(both, rivals={"one": both.results, "two": both.results[::-1]})
    assert words.rival_lines(found) == [
        "c: supported; one supported, two contradicted ≠",
        "c: contradicted; one contradicted, two supported ≠",
    ]
    assert words.rival_lines(replace(both, rivals={})) == ["c: supported; ", "c: contradicted; "]
