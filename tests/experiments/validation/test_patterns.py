"""The patterns: what is read off runs, how it is judged, and the worlds it is read on."""

import json
from functools import cache
from math import isnan, nan

import numpy as np
import pytest
from small_worlds import small

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.reports.validation import patterns
from revorg.experiments.runs.executors import process_pool
from revorg.experiments.validation import history_matching, identities, pattern_sums, predictions
from revorg.experiments.validation.pattern_check import PatternCheck
from revorg.experiments.validation.pattern_sums import COLUMN, CONTRACT_BANDS, QUANTITIES, TERMS, Pooled
from revorg.experiments.validation.patterns import (
    CORE,
    PATTERNS,
    STAGES,
    WORLDS,
    Found,
    Row,
    accepted,
    estimate,
    pattern_rows,
    quick_values,
    single_values,
    values_of,
)
from revorg.scenarios import loading
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.organization import HEADS
from revorg.simulation.record import RECORD, record

SEEDS = (0, 1)


@cache
def runs() -> dict[str, Floats]:
    """Return small core worlds at two seeds."""
    return pattern_sums.gather_runs({name: small(name) for name in CORE}, SEEDS)


def found(low: float, high: float, value: float) -> Found:
    """Return a finding without an interval."""
    return Found("somewhere", low, high, value, nan, nan)


def row(*entries: Found) -> Row:
    """Return a row with these findings."""
    return Row(PATTERNS[0], entries)


# The table of patterns


def test_there_are_eighteen_rows_with_sound_ranges() -> None:
    """Numbers are those of the design, and ranges have a width."""
    assert [pattern.number for pattern in PATTERNS] == [1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 22]
    assert all(entry.low < entry.high for pattern in PATTERNS for entry in pattern.entries)
    assert all(pattern.source for pattern in PATTERNS)


def test_patterns_read_no_seat_and_no_claim() -> None:
    """A world under another chief leaves the same sums: the neutral organization is put in."""
    world = small("simple-single", weeks=26)
    led = world.with_leader("cro", "executor")
    assert np.array_equal(pattern_sums.quantities_of(world, 3), pattern_sums.quantities_of(led, 3))


# What a run leaves


def test_sums_agree_with_the_models_own_outcomes() -> None:
    """Ratios of one run are its metrics; deals by length add up to the deals won."""
    world = small("complex-multi", weeks=104)
    model = RevenueOrganization(world.neutral(), seed=5).run()
    sums = pattern_sums.quantities_of(world, 5)
    pooled = Pooled({"complex-multi": sums})
    for name in pattern_sums.RATIOS:
        assert name in METRICS
        assert pooled.metric("complex-multi", name) == pytest.approx(model.outcomes[name], nan_ok=True)
    weekly = model.weekly
    lengths = {
        (band, weeks): sums[COLUMN[f"{band}.{weeks}"]]
        for band in CONTRACT_BANDS
        for weeks in range(1, pattern_sums.LONGEST_WEEKS + 1)
    }
    assert sum(lengths.values()) == weekly.deals_won.sum()
    assert sum(weeks * count for (_, weeks), count in lengths.items()) == weekly.cycle_weeks.sum()
    assert sums[COLUMN["new_arr"]] == pytest.approx(weekly.new_arr.sum())
    assert sums[COLUMN["added_arr"]] == pytest.approx(weekly.arr.iloc[-1] - model.warm_up.arr.iloc[-1])


def test_first_renewals_are_those_of_the_record() -> None:
    """Renewals by age, of customers won since the warm-up began."""
    world = small("simple-multi", weeks=104)
    weekly = RevenueOrganization(world.neutral(), seed=2).run().weekly
    sums = pattern_sums.quantities_of(world, 2)
    assert sums[COLUMN["term 1.under"]] == weekly.first_due.sum()
    assert sums[COLUMN["term 1.over"]] == weekly.first_renewed.sum()
    assert sums[COLUMN["term 2.under"]] > 0


def test_the_median_falls_within_its_week() -> None:
    """Half the deals are shorter, interpolated; no deals have no median."""
    sums = np.zeros(len(QUANTITIES))
    assert isnan(Pooled({"w": sums}).median_cycle_weeks(["w"], CONTRACT_BANDS))
    sums[COLUMN["below 25k.3"]], sums[COLUMN["25-35k.10"]] = 2.0, 2.0
    pooled = Pooled({"w": sums})
    assert pooled.median_cycle_weeks(["w"], ["below 25k"]) == 2.5
    assert pooled.median_cycle_weeks(["w", "absent"], CONTRACT_BANDS) == 3.0
    sums[COLUMN["25-35k.10"]] = 6.0
    assert pooled.median_cycle_weeks(["w"], CONTRACT_BANDS) == pytest.approx(9.0 + 2.0 / 6.0)


def test_growth_counts_only_firm_years_in_the_band() -> None:
    """By ARR at the year's start; hardly any firm-years say nothing."""
    sums = np.zeros(len(QUANTITIES))
    sums[COLUMN["runs"]] = 1.0
    pattern_sums._add_years(np.array([2e6, 3.2e6, 4e6, 6e6, 9e6]), sums)
    pooled = Pooled({"w": sums})
    assert pooled.growth("w", "below 3M") == pytest.approx(0.6)
    assert pooled.growth("w", "5-20M") == pytest.approx(0.5)
    assert isnan(pooled.growth("w", "above 20M"))
    sums[COLUMN["runs"]] = 3.0
    assert isnan(pooled.growth("w", "5-20M"))


def test_workers_change_nothing() -> None:
    """Two processes return the sums of one, in the same order."""
    worlds = {"simple-single": small("simple-single", 200, 26)}
    with process_pool(2) as pool:
        beside = pattern_sums.gather_runs(worlds, SEEDS, pool)
    assert np.array_equal(beside["simple-single"], pattern_sums.gather_runs(worlds, SEEDS)["simple-single"])


# Judging


@pytest.mark.parametrize(("value", "miss"), [(1.0, 0), (3.0, 0), (4.0, 1), (0.5, -0.5), (nan, nan)])
def test_misses_count_in_half_ranges(value: float, miss: float) -> None:
    """From the nearer end."""
    assert found(1.0, 3.0, value).miss == pytest.approx(miss, nan_ok=True)


def test_a_row_holds_when_most_of_its_ranges_do() -> None:
    """Half is not most, what was not measured does not count, and nothing measured does not hold."""
    inside, outside, unmeasured = found(0, 2, 1), found(0, 2, 3), found(0, 2, nan)
    assert row(inside, inside, outside).holds
    assert not row(inside, outside).holds
    assert row(inside, unmeasured, unmeasured).holds
    assert not row(unmeasured).holds
    assert row(inside, outside).miss == 1.0


def test_a_needed_row_holds_in_all_its_ranges_or_not_at_all() -> None:
    """One that is outside, or was not measured, is enough for it to fail."""
    inside, outside, unmeasured = found(0, 2, 1), found(0, 2, 2.5), found(0, 2, nan)
    slack = [pattern for pattern in PATTERNS if pattern.needed]
    assert [(pattern.number, len(pattern.entries)) for pattern in slack] == [(21, 8), (22, 8)]
    for pattern in slack:
        assert Row(pattern, (inside,) * 8).holds
        assert not Row(pattern, (*(inside,) * 7, outside)).holds
        assert not Row(pattern, (*(inside,) * 7, unmeasured)).holds


def test_acceptance_lets_two_rows_fail_but_not_slack_and_none_badly() -> None:
    """Two rows may miss, by half a range; of the rows on slack none at all."""
    good, near, far = row(found(0, 2, 1)), row(found(0, 2, 2.9)), row(found(0, 2, 3.1))
    slack = [Row(pattern, (found(0, 2, 1),) * 8) for pattern in PATTERNS if pattern.needed]
    assert accepted([good] * 12 + [near] * 2 + slack)
    assert not accepted([good] * 11 + [near] * 3 + slack)
    assert not accepted([good] * 13 + [far] + slack)
    assert not accepted([good] * 13 + [row(found(0, 2, 1), found(0, 2, 1), found(0, 2, 3.1))] + slack)
    assert not accepted([good] * 14 + [slack[0], Row(slack[1].pattern, (*slack[1].found[:7], found(0, 2, 2.1)))])


def test_slack_is_read_off_the_last_year_before_and_the_last_year_of_the_run() -> None:
    """Hours and leads of other years do not count; leads lost on the way were never sales' to take."""
    model = RevenueOrganization(small("simple-single", 200, 104), 0).run()
    sums = np.zeros(len(QUANTITIES))
    model.record[:, [record.USED_HOURS, record.CAPACITY_HOURS]] = 1e9
    for end, used in ((model.warm_up_weeks, 8.0), (model.warm_up_weeks + 104, 6.0)):
        year = model.record[end - 52 : end]
        year[:, record.USED_HOURS], year[:, record.CAPACITY_HOURS] = used, 10.0
        year[:, record.LEADS], year[:, record.LEADS_LOST], year[:, record.LEADS_UNWORKED] = 5.0, 1.0, used / 10.0
    pattern_sums._add_slack(model, sums)
    use, unworked = (pattern for pattern in PATTERNS if pattern.needed)
    pooled = Pooled({"simple-single": sums})
    assert [entry.read(pooled) for entry in use.entries[:2]] == pytest.approx([0.8, 0.6])
    assert [entry.read(pooled) for entry in unworked.entries[:2]] == pytest.approx([0.2, 0.15])


def test_intervals_are_the_jackknifes() -> None:
    """For a mean of equal weights the usual t interval."""
    block = np.zeros((4, len(QUANTITIES)))
    block[:, COLUMN["new_arr"]], block[:, COLUMN["runs"]] = [1.0, 2.0, 4.0, 5.0], 1.0
    value, lower, upper = estimate(lambda pooled: pooled.ratio("w", "new_arr", "runs"), {"w": block})
    assert value == 3.0
    assert upper - value == pytest.approx(value - lower) == pytest.approx(3.1824 * np.sqrt(10 / 3 / 4), rel=1e-4)


def test_quick_values_are_those_of_the_rows() -> None:
    """The search sees what the report says."""
    values = values_of(runs())
    for one in pattern_rows(runs()):
        for place, entry in enumerate(one.found):
            assert values[one.pattern.number, place] == pytest.approx(entry.value, nan_ok=True)
    small_one = {"simple-single": small("simple-single", 200, 52)}
    assert quick_values(small_one, [0]).keys() == values.keys()
    assert single_values(runs())[1, 0].shape == (len(SEEDS),)


# The worlds of stages


@pytest.mark.parametrize("name", STAGES)
def test_stages_differ_in_size_alone(name: str) -> None:
    """They are core worlds with other numbers of size and age, under the neutral organization."""
    world = loading.load(name)
    bases = {"early": "simple-single", "mid": "simple-multi", "scale": "complex-multi"}
    base = {one.path: one.value for one in loading.load(bases[name]).parameters()}
    changes = {one.path for one in world.parameters() if one.value != base[one.path]}
    allowed = {
        "market.accounts", "market.initial_customers_share", "market.reference_customers_share", "market.contract_usd",
        "demand.lead_hazard_per_week", "sales.deal_hours", "sales.on_target_earnings_usd", "operations.maturity_start",
        "finance.growth_plan", "finance.hiring_weeks", "finance.leader_pay_usd", "run.initial_reps",
    }  # fmt: skip
    assert changes
    assert changes <= allowed
    assert world.organization == world.neutral_organization


@pytest.mark.parametrize(("name", "band"), STAGES.items())
def test_stages_live_in_their_band(name: str, band: str) -> None:
    """At least a firm-year a run begins in the band of ARR that they stand for."""
    years = sum(pattern_sums.quantities_of(loading.load(name), seed)[COLUMN[f"{band}.years"]] for seed in SEEDS)
    assert years >= len(SEEDS)


# Identities and predictions


def test_what_growth_leaves_over_is_what_new_customers_expand() -> None:
    """The books close: both residuals are the expansion that NRR does not see."""
    pooled = Pooled({name: block.sum(axis=0) for name, block in runs().items()})
    for world in CORE:
        late = pooled.of(world, "expansion") - pooled.of(world, "base_expansion")
        assert identities.growth_left_over(world, pooled) == pytest.approx(late / pooled.of(world, "base_arr"))
        assert identities.expansion_left_over(world, pooled) == pytest.approx(late / pooled.of(world, "base_arr"))
    lines = identities.identity_lines(runs())
    assert {line.world for line in lines} == set(CORE)
    assert all(np.isfinite(line.value) for line in lines)


def test_changes_are_taken_at_events_since_the_design_took_over() -> None:
    """Growth of the year after less that of the year before."""
    sums = np.zeros((260, len(RECORD)))
    sums[:, record.ARR] = np.where(np.arange(260) < 130, 1.0, 2.0)
    sums[12::13, record.QUARTERS] = 1.0
    sums[[90, 116], record.QUARTER_MISSED] = 1.0
    sums[20, record.DISMISSALS] = sums[110, record.DISMISSALS] = 1.0
    changes = predictions.changes_of(sums, 104)
    assert changes[0].tolist() == [1.0, 1.0]
    assert changes[1].tolist() == [0.0, 0.0]
    assert changes[2, 1] == 0.0
    assert changes[3, 1] == 8.0


def test_shares_of_effects_take_off_the_noise() -> None:
    """A steady effect is half there at half time, noise or not; no effect has no share."""
    chance = np.random.default_rng(1)
    steady = np.arange(1, 5) * np.array([1.0, -1.0, 0.5, -0.5])[:, None]
    noisy = steady + chance.normal(0.0, 1.0, (4000, 4, 1)) + chance.normal(0.0, 1.0, (4000, 4, 4))
    assert predictions._share_by(2, noisy) == pytest.approx(50.0, abs=5.0)
    assert isnan(predictions._share_by(2, np.zeros((5, 4, 4))))


# Narrowing


def test_an_emulator_finds_what_matters() -> None:
    """Two parameters of ten, one of them bent, in noise."""
    points = history_matching.sobol(128, 10, seed=1)
    chance = np.random.default_rng(1)
    truth = np.stack([3.0 * points[:, 0] + 4.0 * (points[:, 1] - 0.5) ** 2, np.ones(len(points))], axis=1)
    emulator = history_matching.Emulator(points, truth + np.array([0.05, 0.0]) * chance.normal(size=truth.shape))
    assert emulator.explained[0] > 0.95
    others = chance.random((50, 10))
    expected = 3.0 * others[:, 0] + 4.0 * (others[:, 1] - 0.5) ** 2
    assert emulator.predict(others)[:, 0] == pytest.approx(expected, abs=0.2)
    assert emulator.predict(others)[:, 1] == pytest.approx(1.0)


def test_judging_many_sets_agrees_with_judging_one() -> None:
    """Rows that fail and the worst miss, as `accepted` has them."""
    values = values_of(runs())
    arrays = {key: np.array([value, value]) for key, value in values.items()}
    failed, worst, _ = history_matching.judge(arrays, arrays)
    rows = pattern_rows(runs())
    assert failed.tolist() == [sum(one.pattern.failure for one in rows if not one.holds)] * 2
    assert worst[0] == pytest.approx(np.nanmax([one.miss for one in rows]))


def test_a_region_is_found_and_wandered(monkeypatch: pytest.MonkeyPatch) -> None:
    """One parameter decides a pattern, the others nothing: only the one is narrowed."""
    monkeypatch.setattr(history_matching, "WALKS", 200)
    monkeypatch.setattr(history_matching, "DESCENT", 100)
    monkeypatch.setattr(history_matching, "WANDER", 200)
    points = history_matching.sobol(64, 5, seed=1)
    values = {
        (pattern.number, place): np.full(64, 0.5 * (entry.low + entry.high))
        for pattern in PATTERNS
        for place, entry in enumerate(pattern.entries)
    }
    for place in range(2):  # one row may miss by a half-range: .12 to .36, less than half of the points
        values[1, place] = np.exp(np.log(0.232) + 2.4 * (points[:, 0] - 0.5))
    kept, share = history_matching.Region(points, values, {}).draw(5, seed=1)
    assert len(kept) == 200
    assert 0.35 < share < 0.6
    widths = np.subtract(*np.percentile(kept, (95, 5), axis=0))
    assert widths[0] < 0.5
    assert np.all(widths[1:] > 0.75)


def test_dimensions_are_the_uncertain_parameters() -> None:
    """Two where the columns differ, one where they do not; a point changes what it says and nothing else."""
    drawn = history_matching.dimensions()
    uncertain = {one.path for one in loading.load("simple-single").parameters() if one.uncertain}
    assert {one.path for one in drawn} == uncertain
    assert {one.label for one in drawn} >= {"sales.pace_weeks (simple)", "sales.pace_weeks (complex)"}
    worlds = history_matching.worlds_at(np.zeros(len(drawn)), drawn)
    for name, world in worlds.items():
        base = {one.path: one.value for one in loading.load(name).parameters()}
        changes = {one.path for one in world.parameters() if one.value != base[one.path]}
        assert changes <= uncertain
        lows = {one.path: one.low for one in drawn}
        assert all(one.value == pytest.approx(lows[one.path]) for one in world.parameters() if one.uncertain)


# The report


def test_the_report_is_printed_and_is_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row with its figures, in 100 columns; JSON knows no NaN."""
    monkeypatch.setenv("COLUMNS", "100")
    pinned = history_matching.Pinned("sales.pace_weeks (simple)", 6.0, 40.0, 6.5, 14.0, 0.25)
    courses = [predictions.Course(np.ones((4, 4)) * seed, np.ones((4, 2))) for seed in range(3)]
    report = PatternCheck(
        len(SEEDS), pattern_rows(runs()), identities.identity_lines(runs()), identities.load_lines(runs()),
        predictions.predictions(runs(), courses), history_matching.Narrowing(8, 8, 0, 10, 0.01, nan, nan, (pinned,)),
    )  # fmt: skip
    patterns.print_report(report)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    for pattern in PATTERNS:
        assert f"{pattern.number} {pattern.name}"[:40] in said
    assert "sales.pace_weeks (simple)" in said
    assert "head of marketing" in said
    told = json.loads(json.dumps(patterns.as_json(report), allow_nan=False))
    assert [one["name"] for one in told["loads"][:: len(CORE)]] == ["top", *(head.replace("_", " ") for head in HEADS)]
    assert len(told["patterns"]) == len(PATTERNS)
    assert told["narrowing"]["explained"] is None
    assert [one["label"] for one in told["predictions"] if "renewal" in one["label"]] == [
        f"customers kept at renewal {term}" for term in TERMS
    ]


def test_worlds_of_the_patterns_all_load() -> None:
    """Core worlds and stages."""
    assert set(WORLDS) <= set(loading.names())
