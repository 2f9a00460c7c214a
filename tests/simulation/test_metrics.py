"""What each outcome means: parts, ranges, windows, and outcomes computed by hand from the weekly record."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import CORE, small, warmed

from revorg.simulation.errors import BadInput
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization

HORIZON = 120


def lived(name: str = "complex-multi", seed: int = 1) -> RevenueOrganization:
    """Return a model some years into a design."""
    design = small(name).with_leader(seat="cro", profile="executor")
    return warmed(name, seed).fork(design).run(weeks=HORIZON)


# The table


def test_every_metric_says_what_it_is() -> None:
    """Name, unit, direction, definition and range, under its own name."""
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.unit
        assert metric.better in ("more", "less", "neither")
        assert 10 < len(metric.definition) < 120
        assert metric.low < metric.high


def test_the_promised_outcomes_are_there() -> None:
    """Names are a contract with users."""
    promised = """arr_growth decision_latency decision_latency_p90 work_latency logo_churn new_arr expansion_arr
    churned_arr customers new_customers market_share growth_durability growth_volatility win_rate no_decision_share
    sales_cycle average_deal sales_velocity quota_attainment reps_at_quota miss_persistence rep_turnover leads_per_rep
    pipeline_coverage gross_revenue_retention net_revenue_retention customer_health expansion_rate first_renewal
    account_hours issue_rate decisions_settled decisions_open rework_share default_share decision_quality scope_coverage
    allocation_regret initiatives_open initiative_completion strategy_hours alignment handoff_loss ownership
    process_maturity leader_exit_rate revenue_per_head cac cac_payback cost_to_serve operating_margin forecast_error"""
    assert set(promised.split()) <= set(METRICS)


# Values


@settings(max_examples=25)
@given(
    name=st.sampled_from(CORE),
    seed=st.integers(0, 30),
    window=st.tuples(st.integers(0, HORIZON - 1), st.integers(1, HORIZON)),
)
def test_parts_are_finite_and_values_in_range(name: str, seed: int, window: tuple[int, int]) -> None:
    """In any window of any run, also a week long."""
    first, length = window
    parts = lived(name, seed).parts(first, min(first + length, HORIZON))
    assert list(parts) == list(METRICS)
    for metric_name, (over, under) in parts.items():
        metric = METRICS[metric_name]
        assert math.isfinite(over), metric_name
        assert math.isfinite(under), metric_name
        assert under >= 0.0, metric_name
        if under:
            assert metric.low - 1e-9 <= over / under <= metric.high + 1e-9, metric_name


@pytest.mark.parametrize(
    ("settings_", "metric", "low", "high"),
    [
        ({"finance.growth_plan": -0.5}, "quota_attainment", math.nan, math.nan),  # a plan to shrink sets no target
        ({"customers.term_weeks": 4, "customers.shrink_logit": 6.0}, "gross_revenue_retention", -math.inf, 0.0),
    ],
)
def test_odd_firms_have_outcomes_in_range(settings_: dict[str, float], metric: str, low: float, high: float) -> None:
    """What is allowed gives outcomes in their declared ranges, or nothing to measure."""
    outcomes = RevenueOrganization(small("simple-single").changed(settings_), seed=1).run().outcomes
    for name, value in outcomes.dropna().items():
        assert METRICS[str(name)].low <= value <= METRICS[str(name)].high, name
    found = float(outcomes[metric])
    assert math.isnan(found) if math.isnan(low) else low <= found < high


def test_outcomes_are_the_parts_of_the_whole_run() -> None:
    """One number a metric, null where there was nothing to measure."""
    model = lived()
    outcomes = model.outcomes
    for name, (over, under) in model.parts(0, HORIZON).items():
        if under:
            assert outcomes[name] == over / under
        else:
            assert np.isnan(outcomes[name])
    assert outcomes.index.name == "metric"


def test_ratios_pool_and_others_have_denominator_one() -> None:
    """Parts of two halves of a run add up to those of the whole where both are sums over weeks."""
    model = lived()
    whole, halves = model.parts(0, 104), (model.parts(0, 52), model.parts(52, 104))
    for name in (
        "win_rate",
        "logo_churn",
        "first_renewal",
        "rework_share",
        "quota_attainment",
        "issue_rate",
        "rep_turnover",
    ):
        assert METRICS[name].ratio
        for part in (0, 1):
            assert whole[name][part] == pytest.approx(halves[0][name][part] + halves[1][name][part])
    special = {"decision_latency"}  # a mean over probes: its denominator counts them
    assert {whole[name][1] for name in METRICS if not METRICS[name].ratio and name not in special} <= {0.0, 1.0, 104.0}


# By hand


def test_growth_by_hand() -> None:
    """ARR at the end over ARR when the window begins, per year of 52 weeks."""
    model = lived()
    arr, before = model.weekly["arr"], model.warm_up["arr"].iloc[-1]
    assert model.outcomes["arr_growth"] == pytest.approx((arr.iloc[-1] / before) ** (52 / HORIZON) - 1.0)
    over, under = model.parts(26, 78)["arr_growth"]
    assert over / under == pytest.approx(arr[77] / arr[25] - 1.0)
    durability = model.parts(0, 104)["growth_durability"][0]
    assert durability == pytest.approx(arr[103] / arr[51] - arr[51] / before)


def test_customers_and_money_by_hand() -> None:
    """Sums of the weekly record over a year."""
    model = lived()
    year, parts = model.weekly.iloc[52:104], model.parts(52, 104)
    value = {name: over / under for name, (over, under) in parts.items() if under}
    start_arr, start_customers = model.weekly["arr"][51], model.weekly["customers"][51]
    lost = year["churned_arr"].sum() + year["contraction_arr"].sum()
    assert value["logo_churn"] == pytest.approx(year["churned_customers"].sum() / start_customers)
    assert value["gross_revenue_retention"] == pytest.approx(1.0 - lost / start_arr)
    assert value["net_revenue_retention"] == pytest.approx(1.0 + (year["base_expansion_arr"].sum() - lost) / start_arr)
    assert value["new_arr"] == pytest.approx(year["new_arr"].sum())
    spend = year["marketing_cost"].sum() + year["sales_cost"].sum()
    assert value["cac"] == pytest.approx(spend / year["new_arr"].sum())
    cost = spend + year["service_cost"].sum() + year["other_cost"].sum()
    assert value["operating_margin"] == pytest.approx(1.0 - cost / year["revenue"].sum())
    assert value["efficient_growth"] == pytest.approx(value["arr_growth"] + value["operating_margin"])
    assert value["customers"] == year["customers"].iloc[-1]
    assert value["market_share"] == year["customers"].iloc[-1] / model.accounts.rows
    deals = year[["deals_won", "deals_no_decision", "deals_rival"]].sum()
    assert value["win_rate"] == pytest.approx(deals["deals_won"] / deals.sum())
    assert value["average_deal"] == pytest.approx(year["new_arr"].sum() / deals["deals_won"])


def test_latency_is_that_of_probes_settled_in_any_design() -> None:
    """Probes of the last weeks, which some design might not have settled yet, count in no design."""
    model = lived()
    limit = math.ceil(model.scenario.decisions.time_limit_days / 5.0)
    probes = model.weekly[["probe_one_days", "probe_two_days"]].to_numpy()
    counted = probes[: HORIZON - limit].ravel()
    assert np.all(counted > 0.0)
    assert np.all(counted <= model.scenario.decisions.time_limit_days + 1e-9)
    assert model.outcomes["decision_latency"] == pytest.approx(counted.mean())
    assert model.outcomes["decision_latency_p90"] == pytest.approx(np.percentile(counted, 90))
    over, under = model.parts(10, 30)["decision_latency"]
    assert over == pytest.approx(probes[10:30].sum())
    assert under == 40.0
    assert model.parts(HORIZON - 2, HORIZON)["decision_latency"] == (0.0, 0.0)


# Nothing to measure


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"demand.lead_hazard_per_week": 0.0}, ("win_rate", "sales_cycle", "average_deal", "cac", "handoff_loss")),
        (
            {"market.initial_customers_share": 0.0, "demand.lead_hazard_per_week": 0.0},
            ("logo_churn", "customer_health", "first_renewal", "issue_rate", "account_hours"),
        ),
        ({"operations.changes_per_week": 0.0, "strategy.move_threshold": 1.0}, ("initiative_completion",)),
        ({"market.interdependence": 0.0}, ("scope_coverage",)),
    ],
)
def test_nothing_to_measure_is_null_never_zero(values: dict[str, float], names: tuple[str, ...]) -> None:
    """Where no deal ends, no customer renews or no change is begun, there is no rate of it."""
    world = small("simple-single").changed(values | {"run.warm_up_weeks": 0})
    model = RevenueOrganization(world, seed=1).run(weeks=20)
    for name in names:
        assert model.parts()[name][1] == 0.0, name
        assert np.isnan(model.outcomes[name]), name
    assert np.isfinite(model.outcomes["allocation_regret"])


def test_adaptation_is_told_only_in_a_window_in_which_the_market_shifts() -> None:
    """A window that begins after the shift saw none; one week before it is early enough."""
    model = RevenueOrganization(small("complex-multi").changed({"market.shift_week": 10}), seed=1).run(weeks=60)
    assert np.isfinite(model.outcomes["adaptation_lag"])
    whole, later = model.parts()["adaptation_lag"], model.parts(first=11)["adaptation_lag"]
    assert model.parts(first=10)["adaptation_lag"] == model.parts(first=9)["adaptation_lag"] == whole
    assert later == (0.0, 0.0)


def test_short_runs_have_no_quarters_nor_years() -> None:
    """What takes a year to tell is null before."""
    outcomes = warmed().run(weeks=12).outcomes
    for name in ("growth_durability", "growth_volatility", "miss_persistence", "forecast_error", "reps_at_quota"):
        assert np.isnan(outcomes[name]), name
    assert np.isfinite(outcomes["arr_growth"])


# Windows


@pytest.mark.parametrize(("first", "last"), [(-1, 10), (5, 5), (6, 5), (0, 21), (20, None)])
def test_windows_that_were_not_lived_are_refused(first: int, last: int | None) -> None:
    """Empty ones too."""
    model = warmed().run(weeks=20)
    with pytest.raises(BadInput, match=r"window -?\d+\.\.\d+ is outside 0\.\.20 \(weeks lived\)"):
        model.parts(first, last)


def test_a_window_sees_nothing_beyond_itself() -> None:
    """Its numbers are those of a run that had ended with it, but for probes then still waiting."""
    model, short = lived(), warmed().fork(small().with_leader(seat="cro", profile="executor")).run(weeks=60)
    window, ended = model.parts(8, 60), short.parts(8, 60)
    for name in METRICS.keys() - {"decision_latency", "decision_latency_p90"}:
        assert window[name] == ended[name], name


def test_on_the_only_front_the_win_rate_is_the_firms() -> None:
    """Deals that die of age, or after their rep has left, count on their front as they do on the whole."""
    outcomes = RevenueOrganization(small("simple-single", accounts=3000), seed=1).run(weeks=104).outcomes
    assert outcomes["front_win_rate"] == pytest.approx(outcomes["win_rate"])


def test_values_of_customers_know_partners_and_terms() -> None:
    """What partners keep is no margin; who may leave twice a year leaves sooner than who may once in two years."""
    model = warmed("simple-multi", accounts=3000)

    def values(path: str, value: float) -> tuple[float, float]:
        twin = model.fork(model.scenario.changed({path: value})).run(weeks=13)
        weeks = twin.weekly
        return weeks["equity"].sum() / weeks["arr"].iloc[-1], weeks["lifetime_margin"].sum() / weeks["new_arr"].sum()

    free, shared = values("finance.partner_share", 0.0), values("finance.partner_share", 0.4)
    assert all(some < more for some, more in zip(shared, free, strict=True))
    short, long = values("customers.term_weeks", 26), values("customers.term_weeks", 104)
    assert short[1] < 0.95 * long[1]
