"""A firm at rest: under the neutral organization no rate trends, so that no design is judged in a transient."""

from concurrent.futures import ProcessPoolExecutor
from functools import cache

import numpy as np
import pytest
from small_worlds import CORE

from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import Window, record

SEEDS = 160  # with fewer, chance alone takes one of 32 rates beyond two standard errors
FIRST_SEED = 50_000
RATES = (
    "win_rate", "capacity_use", "unworked_share", "leads_per_rep", "work_latency", "gross_revenue_retention",
    "sales_cycle",
)  # fmt: skip
MISSED = "quarters missed"
WITHIN = 0.1
ERRORS = 2.0


def lived(job: tuple[str, int]) -> np.ndarray:
    """Return numerator and denominator of every rate in the last year before week 0 and in year 4, of one run."""
    name, seed = job
    model = RevenueOrganization(load(name).neutral(), FIRST_SEED + seed).run()
    settling, ends = model.scenario.decisions.time_limit_days / 5.0, (model.warm_up_weeks, len(model.record))
    windows = [Window(model.record, end - 52, end, model.accounts.rows, settling) for end in ends]
    missed = [(window.sum(record.QUARTER_MISSED), window.sum(record.QUARTERS)) for window in windows]
    return np.array(
        [[*(METRICS[rate].parts(w) for rate in RATES), own] for w, own in zip(windows, missed, strict=True)]
    )


@cache
def runs(name: str) -> np.ndarray:
    """Return all seeds of a world, shape (seeds, years, rates, 2)."""
    with ProcessPoolExecutor(2) as pool:
        return np.array(list(pool.map(lived, [(name, seed) for seed in range(SEEDS)])))


def trend(blocks: np.ndarray) -> tuple[float, float]:
    """Return by how much a pooled rate changed, as a share of its mean, and the standard error of that."""

    def change(sums: np.ndarray) -> float:
        before, after = sums[:, 0] / sums[:, 1]
        return float((after - before) / (0.5 * (before + after)))

    total = blocks.sum(axis=0)
    left_out = np.array([change(total - block) for block in blocks])
    error = np.sqrt((len(blocks) - 1) * left_out.var())
    return change(total), float(error)


NOT_YET = pytest.mark.xfail(
    strict=True, reason="decisions of complex worlds take a fifth less time in year 4 than before week 0"
)
CASES = [
    pytest.param(name, rate, marks=NOT_YET if rate == "work_latency" and name.startswith("complex") else ())
    for name in CORE
    for rate in (*RATES, MISSED)
]


@pytest.mark.parametrize(("name", "rate"), CASES)
def test_no_rate_trends(name: str, rate: str) -> None:
    """From the last year before week 0 to year 4: within a tenth of its mean, or two standard errors."""
    change, error = trend(runs(name)[:, :, [*RATES, MISSED].index(rate)])
    assert abs(change) <= max(WITHIN, ERRORS * error), f"{change:+.3f} ± {error:.3f}"


def test_a_trend_is_noticed() -> None:
    """A rate that rises by a third is."""
    blocks = np.ones((SEEDS, 2, 2))
    blocks[:, 1, 0] = 1.33
    blocks[:, :, 0] += 0.01 * np.random.default_rng(1).normal(size=(SEEDS, 2))
    change, error = trend(blocks)
    assert change > max(WITHIN, ERRORS * error)
