"""Effects from paired runs (protocol, rule 1): pure functions on arrays, one row a term, one column a seed.

The seed is the unit. A contrast is computed within each seed and the seeds are the sample; where an outcome
is a ratio with a random denominator, it is the ratio of sums over seeds and the complete contrast gets a
delete-one jackknife over seeds.
"""

from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """An estimated contrast.

    Attributes
    ----------
    effect, low, high : float
        Estimate and 95 % t interval over seeds, in the metric's unit; NaN when there is nothing to estimate.
    pairs : int
        Seeds that the estimate rests on.
    seeds : int
        Seeds that were run.
    empty : int
        Seeds in which some term had nothing to measure. A mean over seeds drops them; a ratio of sums keeps
        them, since nothing over nothing adds nothing. Never counted as zero.
    pair_correlation : float
        Correlation over seeds between the sum of the terms with positive weight and that of the others.
    saving : float
        How many times fewer runs pairing needed: see :func:`pairing_of`.
    """

    effect: float
    low: float
    high: float
    pairs: int
    seeds: int = 0
    empty: int = 0
    pair_correlation: float = nan
    saving: float = nan

    @property
    def half_width(self) -> float:
        """Half the width of the 95 % interval, in the metric's unit."""
        return (self.high - self.low) / 2


def t_point(seeds: int) -> float:
    """Return the 97.5 % point of the t distribution with ``seeds`` − 1 degrees of freedom."""
    return float(stats.t.ppf(0.975, seeds - 1)) if seeds > 1 else nan


def jackknife_error(left_out: Floats) -> Floats:
    """Return the jackknife's standard error of a statistic.

    Parameters
    ----------
    left_out : array, shape (seeds, ...)
        The complete statistic computed without each seed in turn.

    Returns
    -------
    array, shape (...)
        √((n − 1)/n · Σ (θ₍ᵢ₎ − mean θ₍·₎)²). For a mean this is the usual s/√n.
    """
    seeds = len(left_out)
    deviations = left_out - left_out.mean(axis=0)
    return np.asarray(np.sqrt((seeds - 1) / seeds * (deviations**2).sum(axis=0)))


def pairing_of(contributions: Floats, weights: Floats) -> tuple[float, float]:
    """Return the correlation of the pairs and how many times fewer runs pairing needed.

    Parameters
    ----------
    contributions : array, shape (terms, seeds)
        What each seed adds to each term's estimate (the outcome itself, or a ratio's influence values).
    weights : array, shape (terms,)

    Returns
    -------
    correlation : float
        Between Σ w y over the terms with w > 0 and Σ |w| y over those with w < 0, over seeds.
    saving : float
        Σ w² var(y) ÷ var(Σ w y): the variance that the same number of runs would have had with every term
        on seeds of its own, over the variance they had. For one pair of equal variances this is
        1 / (1 − correlation). It also credits terms of one sign that move together, so for interactions it
        can be above 1 where the correlation is low, and below 1 where shared seeds cost precision.
    """
    weighted = weights[:, None] * contributions
    alone = weighted.var(axis=1, ddof=1).sum()
    paired = weighted.sum(axis=0).var(ddof=1)
    up, down = weighted[weights > 0].sum(axis=0), -weighted[weights < 0].sum(axis=0)
    spread = up.std() * down.std()
    correlation = float(np.mean((up - up.mean()) * (down - down.mean())) / spread) if spread > 0 else nan
    return correlation, float(alone / paired) if paired > 0 else (inf if alone > 0 else nan)


def mean_contrast(values: Floats, weights: Floats) -> Effect:
    """Estimate Σ weight × outcome as a mean over seeds of the contrast within each seed.

    Parameters
    ----------
    values : array, shape (terms, seeds)
        NaN where a run had nothing to measure; such seeds are dropped from all terms and counted.
    weights : array, shape (terms,)
    """
    measured = np.isfinite(values).all(axis=0)
    pairs, seeds = int(measured.sum()), values.shape[1]
    counts = (pairs, seeds, seeds - pairs)
    if pairs < 2:
        return Effect(nan, nan, nan, *counts)
    values = values[:, measured]
    within = weights @ values
    margin = t_point(pairs) * float(within.std(ddof=1)) / sqrt(pairs)
    effect = float(within.mean())
    return Effect(effect, effect - margin, effect + margin, *counts, *pairing_of(values, weights))


def pooled_contrast(
    numerators: Floats, denominators: Floats, weights: Floats, beyond: tuple[Floats, Floats] | None = None
) -> Effect:
    """Estimate Σ weight × (Σ numerator ÷ Σ denominator), sums over seeds, with a delete-one jackknife.

    Parameters
    ----------
    numerators, denominators : array, shape (terms, seeds)
        A denominator of 0 is a run with nothing to measure.
    weights : array, shape (terms,)
    beyond : (numerators, denominators), optional
        A second ratio of sums, which is taken from the first; pooled by itself.
    """
    # Along the first axis the ratio, and what is taken from it.
    quotients = [(numerators, denominators)] if beyond is None else [(numerators, denominators), beyond]
    tops, bottoms = (np.stack(parts) for parts in zip(*quotients, strict=True))
    usable = (np.isfinite(tops) & np.isfinite(bottoms)).all(axis=(0, 1))
    tops, bottoms = tops[..., usable], bottoms[..., usable]
    tops = np.where(bottoms == 0, 0.0, tops)
    pairs, seeds = int(usable.sum()), numerators.shape[1]
    counts = (pairs, seeds, seeds - pairs + int((bottoms == 0).any(axis=(0, 1)).sum()))
    top, bottom = tops.sum(axis=-1, keepdims=True), bottoms.sum(axis=-1, keepdims=True)
    without = bottom - bottoms
    if pairs < 2 or (bottom == 0).any() or (without == 0).any():
        return Effect(nan, nan, nan, *counts)
    signs = np.array([1.0, -1.0])[: len(tops)]
    ratios = top / bottom
    effect = float(weights @ (signs @ ratios[..., 0]))
    left_out = weights @ np.tensordot(signs, (top - tops) / without, axes=1)
    margin = t_point(pairs) * float(jackknife_error(left_out))
    influence = np.tensordot(signs, (tops - ratios * bottoms) / (bottom / pairs), axes=1)
    return Effect(effect, effect - margin, effect + margin, *counts, *pairing_of(influence, weights))


def contrast(
    numerators: Floats, denominators: Floats, weights: Floats, *, ratio: bool,
    beyond: tuple[Floats, Floats] | None = None,
) -> Effect:  # fmt: skip
    """Estimate a contrast of outcomes given as numerators and denominators.

    Parameters
    ----------
    numerators, denominators : array, shape (terms, seeds)
        An outcome is numerator ÷ denominator; a denominator of 0 is a run with nothing to measure.
    weights : array, shape (terms,)
    ratio : bool
        Whether the outcome is pooled as a ratio of sums over seeds.
    beyond : (numerators, denominators), optional
        The ratio above which a ratio is told.
    """
    if ratio:
        return pooled_contrast(numerators, denominators, weights, beyond)
    empty = denominators == 0
    values = np.where(empty, nan, numerators) / np.where(empty, 1.0, denominators)
    return mean_contrast(values, weights)
