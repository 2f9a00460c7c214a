"""Accounting that ties the patterns to each other, and what it leaves over; and what must not get in their way.

Survey medians of growth, retention, cost of acquisition and spend cannot all be met at once: these identities say why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.validation.pattern_sums import DESKS, Pooled
from revorg.experiments.validation.patterns import CORE, estimate
from revorg.scenarios.loading import load


@dataclass(frozen=True)
class Identity:
    """A figure of one world that is no pattern.

    Attributes
    ----------
    name, world : str
    value, lower, upper : float
        With the 95 % interval over seeds.
    limits : tuple of float, or None
        Where it should lie, if anywhere.
    """

    name: str
    world: str
    value: float
    lower: float
    upper: float
    limits: tuple[float, float] | None

    @property
    def holds(self) -> bool | None:
        """Whether it lies within its limits; None without limits."""
        return None if self.limits is None else self.limits[0] <= self.value <= self.limits[1]


def _growth(world: str, pooled: Pooled) -> float:
    return pooled.ratio(world, "added_arr", "base_arr")


def growth_left_over(world: str, pooled: Pooled) -> float:
    """ARR growth − (NRR − 1 + new-logo ARR ÷ ARR): what the year's own new customers expanded (and lost)."""
    kept = pooled.metric(world, "net_revenue_retention") - 1.0
    return _growth(world, pooled) - kept - pooled.ratio(world, "new_arr", "base_arr")


def spend_left_over(world: str, pooled: Pooled) -> float:
    """S&M ÷ revenue − CAC × (growth − (NRR − 1)) ÷ (1 + growth ÷ 2): the spend that surveys would infer."""
    growth, kept = _growth(world, pooled), pooled.metric(world, "net_revenue_retention") - 1.0
    inferred = pooled.metric(world, "cac") * (growth - kept) / (1.0 + growth / 2.0)
    return pooled.ratio(world, "sales_and_marketing", "revenue") - inferred


def expansion_left_over(world: str, pooled: Pooled) -> float:
    """Expansion ÷ ARR − (NRR − GRR): the expansion that falls in a customer's first calendar year with the firm."""
    spread = pooled.metric(world, "net_revenue_retention") - pooled.metric(world, "gross_revenue_retention")
    return pooled.ratio(world, "expansion", "base_arr") - spread


def reps_over_need(world: str, pooled: Pooled) -> float:
    """Reps at work over new-logo ARR ÷ (quota × planned attainment)."""
    attainment = load(world).sales.attainment
    years = pooled.of(world, "weeks") / pooled.of(world, "runs") / 52.0
    new_arr = pooled.of(world, "new_arr") / pooled.of(world, "runs") / years
    quota = pooled.ratio(world, "quota_usd", "runs")
    return pooled.ratio(world, "rep_weeks", "weeks") / (new_arr / (quota * attainment))


def prospects_used(world: str, pooled: Pooled) -> float:
    """Share of the first week's prospects that are no prospects any more at the end."""
    return 1.0 - pooled.ratio(world, "prospects_last", "prospects_first")


_LINES = (
    ("ARR growth a year", _growth, None),
    ("growth − (NRR − 1 + new-logo ARR / ARR)", growth_left_over, None),
    ("expansion / ARR − (NRR − GRR)", expansion_left_over, None),
    ("S&M / revenue − CAC (growth − NRR + 1) / (1 + growth / 2)", spend_left_over, None),
    ("reps / (new-logo ARR / (quota × attainment))", reps_over_need, None),
    ("prospects used up in four years", prospects_used, (0.0, 1.0 / 3.0)),
)


def load_lines(runs: Mapping[str, Floats]) -> list[Identity]:
    """Return the load of every desk of the neutral organization in every core world: in-tray hours taken, of all."""

    def load_at(place: str, world: str, pooled: Pooled) -> float:
        return pooled.ratio(world, f"load {place}", "weeks")

    return [
        Identity(place.replace("_", " "), world, *estimate(partial(load_at, place, world), runs), None)
        for place in DESKS
        for world in CORE
        if world in runs
    ]


def identity_lines(runs: Mapping[str, Floats]) -> list[Identity]:
    """Return what the identities leave over, and the use of prospects, for every core world."""
    return [
        Identity(name, world, *estimate(partial(read, world), runs), limits)
        for name, read, limits in _LINES
        for world in CORE
        if world in runs
    ]
