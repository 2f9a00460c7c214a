"""Rule 3, every branch and its edges; SESOI 1 and a target half-width of 1/2 unless said."""

import numpy as np
import pytest
from scipy import stats

from revorg.experiments.analysis.precision import is_precise
from revorg.experiments.claims.verdicts import combine, false_support_bound, finding, judge

NAN = float("nan")

FINDINGS = [
    # effect, low, high → finding
    (1.5, 1.2, 1.8, "+"),
    (-1.5, -1.8, -1.2, "−"),
    (1.0, 0.6, 1.4, "+"),  # exactly the SESOI
    (5.0, 0.1, 9.9, "+"),  # wide, yet clear of zero and large
    (0.5, 0.2, 0.8, "small"),
    (-0.5, -0.8, -0.2, "small"),
    (0.6, 0.2, 1.0, "small"),  # touches the SESOI from inside
    (0.0, -0.4, 0.4, "no material difference"),
    (0.4, 0.0, 0.8, "no material difference"),  # touches zero: not clear of it
    (0.0, -1.0, 1.0, "no material difference"),  # inside, if only just, though not precise
    (0.8, 0.4, 1.2, "borderline"),  # clear of zero, astride the SESOI, precise
    (-0.8, -1.2, -0.4, "borderline"),
    (0.75, 0.25, 1.25, "borderline"),  # half-width exactly the target
    (0.75, 0.24, 1.26, "undecided"),  # a little wider
    (0.8, -0.2, 1.8, "undecided"),
    (3.0, -0.1, 6.1, "undecided"),  # large, not clear of zero
    (NAN, NAN, NAN, "undecided"),
]


@pytest.mark.parametrize(("effect", "low", "high", "expected"), FINDINGS)
def test_finding(effect: float, low: float, high: float, expected: str) -> None:
    """Finding."""
    assert finding(effect, low, high, sesoi=1, target=0.5) == expected


@pytest.mark.parametrize(
    ("predicts", "plus", "minus", "small", "none"),
    [
        ("+", "supported", "contradicted", "small", "no material difference"),
        ("−", "contradicted", "supported", "small", "no material difference"),
        ("0", "contradicted", "contradicted", "supported", "supported"),
        ("not +", "contradicted", "supported", "supported", "supported"),
        ("±", "answered +", "answered −", "small", "no material difference"),
    ],
)
def test_verdict_by_prediction(predicts: str, plus: str, minus: str, small: str, none: str) -> None:
    """Verdict by prediction."""
    intervals = [(1.5, 1.2, 1.8), (-1.5, -1.8, -1.2), (0.5, 0.2, 0.8), (0.0, -0.4, 0.4)]
    found = [judge(*interval, sesoi=1, target=0.5, predicts=predicts) for interval in intervals]
    assert found == [plus, minus, small, none]


@pytest.mark.parametrize("predicts", ["+", "−", "0", "not +", "±"])
def test_what_is_not_known_is_not_known_whatever_was_predicted(predicts: str) -> None:
    """What is not known is not known whatever was predicted."""
    assert judge(0.8, 0.4, 1.2, sesoi=1, target=0.5, predicts=predicts) == "borderline"
    assert judge(0.8, -0.2, 1.8, sesoi=1, target=0.5, predicts=predicts) == "undecided"


def test_exactly_zero_supports_a_claim_that_nothing_changes() -> None:
    """Exactly zero supports a claim that nothing changes."""
    assert judge(0.0, 0.0, 0.0, sesoi=0, target=0, predicts="0") == "supported"
    assert judge(1e-9, 0.5e-9, 2e-9, sesoi=0, target=0, predicts="0") == "contradicted"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["supported"], "supported"),
        (["supported", "supported"], "supported"),
        (["supported", "contradicted"], "partly"),
        (["supported", "undecided"], "partly"),
        (["contradicted", "undecided"], "contradicted"),
        (["contradicted"], "contradicted"),
        (["undecided", "borderline"], "undecided"),
        (["borderline", "small"], "borderline"),
        (["small", "no material difference"], "small"),
        (["no material difference"], "no material difference"),
        (["answered +"], "answered"),
        (["answered +", "small"], "small"),
        (["answered −", "supported"], "partly"),
    ],
)
def test_verdict_of_a_claim(verdicts: list[str], expected: str) -> None:
    """Verdict of a claim."""
    assert combine(verdicts) == expected
    assert combine(verdicts[::-1]) == expected


def test_precise_means_narrow_enough_and_measured() -> None:
    """Precise means narrow enough and measured."""
    assert is_precise(-0.5, 0.5, 0.5)
    assert not is_precise(-0.51, 0.5, 0.5)
    assert not is_precise(NAN, NAN, 0.5)


def test_bound_on_false_support_at_the_asked_precision() -> None:
    """Bound on false support at the asked precision."""
    assert false_support_bound(0.5, sesoi=1, pairs=512) < 1e-4
    assert false_support_bound(0.5, sesoi=1, pairs=64) < 1e-4
    assert 1e-4 < false_support_bound(0.5, sesoi=1, pairs=32) < 2e-4  # said as it is, not rounded down
    assert false_support_bound(0.25, sesoi=1, pairs=64) < 1e-10
    assert false_support_bound(10, sesoi=1, pairs=32) == pytest.approx(0.025)


def test_bound_on_false_support_holds_in_simulation() -> None:
    """A true zero, 32 pairs, half-width about the SESOI: supported no more often than the bound says."""
    rng, sesoi, samples = np.random.default_rng(1), 0.3, 20_000
    drawn = rng.normal(size=(samples, 32))
    means, errors = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / np.sqrt(32)
    half_widths = stats.t.ppf(0.975, 31) * errors
    supported = ((means - half_widths > 0) & (means >= sesoi)).mean()
    typical = false_support_bound(float(np.mean(half_widths)), sesoi, 32)
    assert supported <= 1.25 * typical
