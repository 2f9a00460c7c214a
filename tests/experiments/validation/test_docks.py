"""The table of submodels against theory: its rows at a smaller size, and that it notices when something is wrong."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from revorg.experiments.cli import app
from revorg.experiments.validation import (
    dock_choices,
    dock_figures,
    dock_garbage_can,
    dock_plays,
    dock_queues,
    dock_submodels,
    docks,
)
from revorg.experiments.validation.dock_figures import DockFigure, mean_and_error
from revorg.simulation.codes import DAYS_A_WEEK, LEAD
from revorg.simulation.errors import BadInput
from revorg.simulation.model import RevenueOrganization, live
from revorg.simulation.numbers import Now, World
from revorg.simulation.scenario import Scenario
from revorg.simulation.stand_ins import StandIns
from revorg.simulation.state import State

ERRORS = 4.0
"""Standard errors that a figure may be off."""


def near_theory(figure: DockFigure, most: float) -> None:
    """Assert a figure within its standard errors, which have to be small against it themselves."""
    allowed = ERRORS * figure.standard_error
    assert allowed < most * figure.expected, f"too small a trial to tell: {figure}"
    assert abs(figure.simulated - figure.expected) < allowed, figure


def row(name: str) -> docks.Dock:
    """Return a row of the table."""
    return docks.chosen([name])[0]


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("single-server", 0.1),
        ("held-back", 0.1),
        ("half-day", 0.1),
        ("variation", 0.1),
        ("small-matters", 0.2),
        ("rework", 0.08),
    ],
)
def test_desks_wait_as_theory_says(name: str, most: float) -> None:
    """Six hundred thousand decisions a figure, within four standard errors by batch means."""
    for figure in row(name).measure(0.05):
        near_theory(figure, most)


def test_numbers_present_are_arrivals_times_stay() -> None:
    """Little's law, on every in-tray with four standard errors, where nothing is sampled without any error."""

    def for_two_years() -> Scenario:
        return dock_queues.busy_world().changed({"run.weeks": 104})

    for figure in dock_queues.little(0.3, for_two_years):
        if figure.case.startswith(("in-tray", "decisions")):
            near_theory(figure, most=0.05)
        else:
            assert figure.standard_error < 1e-9
            assert figure.simulated == pytest.approx(figure.expected, rel=1e-9), figure


def test_cohorts_survive_as_published() -> None:
    """Within four standard errors of the published shares, which are rounded to a tenth of a percent."""
    for figure in dock_submodels.renewals(0.5):
        allowed = ERRORS * figure.standard_error + 0.05
        assert allowed < 1.0
        assert abs(figure.simulated - figure.expected) < allowed, figure


@pytest.mark.parametrize(("name", "scale"), [("belief", 0.1), ("plays", 0.5), ("reps", 0.2), ("word-of-mouth", 0.2)])
def test_other_submodels_are_within_the_tolerance_of_the_table(name: str, scale: float) -> None:
    """These are so sure even in a smaller trial that the tolerance is the table's own."""
    for figure in row(name).measure(scale):
        assert ERRORS * figure.standard_error < 2.0 * figure.tolerance, figure
        assert figure.passed, figure


def test_ten_arms_earn_as_published() -> None:
    """Within four combined standard errors, in every cell; and the best temperature falls as shocks grow frequent."""
    figures = row("arms").measure(0.06)
    assert len(figures) == 20
    for figure in figures:
        assert abs(figure.simulated - figure.expected) < ERRORS / dock_figures.ORDER_ERRORS * figure.tolerance, figure
        assert figure.standard_error < 0.035 * 240.0
    published = np.array(list(dock_choices.PUBLISHED.values()))
    assert published.argmax(axis=1).tolist() == [2, 2, 2, 1]


def test_our_market_has_the_temperature_of_equal_marginal_demand() -> None:
    """At every pace of drift where all is looked at; the older the news and the quicker the drift, the higher."""
    for figure in row("temperature").measure(0.2):
        assert figure.passed, figure


def test_matters_stay_open_in_the_order_of_the_garbage_can() -> None:
    """Nine orders; and as long as theory has it for so many separate desks (M/M/1), where that is soon steady."""
    figures = row("garbage-can").measure(0.5)
    assert len(figures) == 9
    for figure in figures:
        assert figure.passed, figure
    for tree, desks in zip(dock_garbage_can.TREES.values(), (4, 3, 1), strict=True):
        days = np.array([dock_garbage_can.days_open(tree, 0.6, seed) for seed in range(8)])
        expected = desks * DAYS_A_WEEK / dock_garbage_can.HOURS_A_WEEK / (1.0 - 0.6)
        assert days.mean() == pytest.approx(expected, rel=0.05)


def test_an_order_is_one_only_beyond_its_errors() -> None:
    """A difference has to be above 0 by three standard errors; none at all, or one that is no number, is no order."""
    sure = dock_figures.more_than_nothing("", 1.0 + np.linspace(-0.1, 0.1, 9), "days")
    unsure = dock_figures.more_than_nothing("", 0.1 + np.linspace(-1.0, 1.0, 9), "days")
    wrong = dock_figures.more_than_nothing("", np.linspace(-1.1, -0.9, 9), "days")
    nothing = dock_figures.more_than_nothing("", np.full(9, np.nan), "days")
    assert [figure.passed for figure in (sure, unsure, wrong, nothing)] == [True, False, False, False]


def test_watching_a_run_changes_nothing() -> None:
    """Steps of the desks that end anywhere in the week lead to the same weeks, and the model lives as if alone."""
    world = dock_queues.busy_world().changed({"run.weeks": 60})
    alone, watched = RevenueOrganization(world, 3).run(), RevenueOrganization(world, 3)
    books = dock_queues.Books(watched)
    for _ in range(60):
        books.live(1)
        ahead, lived = books.ahead, watched.state
        assert np.allclose(ahead.people.tray_hours, lived.people.tray_hours, rtol=1e-7, atol=1e-7)
        for name in ("settled", "arrives", "work", "reply", "wrong", "defaulted", "serving", "awaited"):
            one, other = getattr(ahead.decisions, name), getattr(lived.decisions, name)
            assert np.allclose(one, other, rtol=1e-7, atol=1e-7), name
    assert watched.record.tobytes() == alone.record.tobytes()


# Would it notice?


def test_deals_whose_age_starts_again_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deal handed to its next rep keeps its age; one that lost it would have stayed too short a time."""
    real = live

    def forgetful(state: State, world: World, held: StandIns, now: Now, weeks: int) -> int:
        lived, accounts = real(state, world, held, now, weeks), state.accounts
        accounts.since[(accounts.stage == LEAD) & (accounts.progress > 0.0)] = now.week
        return lived

    def often_left() -> Scenario:
        return dock_queues.busy_world().changed({"finance.quits_per_year": 1.5, "run.weeks": 156})

    def deals() -> DockFigure:
        return next(figure for figure in dock_queues.little(0.0, often_left) if figure.case == "deals")

    assert deals().passed
    monkeypatch.setattr(dock_queues, "live", forgetful)
    assert not deals().passed


@pytest.mark.parametrize(("prior", "theory"), [((1.0, 1.0), "a flat prior"), ((0.7041, 2.0), "a lower churn")])
def test_other_dispositions_are_noticed(
    monkeypatch: pytest.MonkeyPatch, prior: tuple[float, float], theory: str
) -> None:
    """Customers with other dispositions do not survive as published."""
    changed = dock_submodels.changed
    a, b = prior
    monkeypatch.setattr(
        dock_submodels,
        "changed",
        lambda values: changed(values | {"customers.disposition_a": a, "customers.disposition_b": b}),
    )
    assert not all(figure.passed for figure in dock_submodels.renewals(0.2)), theory


def test_another_blur_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth more of what reviews see is chance than theory has it."""
    changed = dock_submodels.changed
    monkeypatch.setattr(
        dock_plays, "changed", lambda values: changed(values | {"plays.blur": 1.1 * values["plays.blur"]})
    )
    assert not any(figure.passed for figure in dock_plays.plays(0.5))


def test_how_often_a_belief_is_right_is_known_where_it_is_easy() -> None:
    """One look is right unless it errs; looks that cannot err are right; of a state that changes at will half are."""
    assert dock_plays.share_right(0.1, 0.2, looks=1) == pytest.approx(0.8)
    assert dock_plays.share_right(0.1, 0.0, looks=5) == pytest.approx(1.0)
    assert dock_plays.share_right(0.1, 0.5, looks=5) == pytest.approx(0.5)
    assert dock_plays.share_right(0.5, 0.2, looks=5) == pytest.approx(0.8)
    # Three looks at a state that never changes: the majority is right.
    assert dock_plays.share_right(0.0, 0.2, looks=3) == pytest.approx(0.8**3 + 3 * 0.8**2 * 0.2)


def test_another_word_of_mouth_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth more imitation passes the peak too early."""
    monkeypatch.setattr(dock_submodels, "BASS_Q", 1.1 * dock_submodels.BASS_Q)
    assert not dock_submodels.word_of_mouth(0.2)[0].passed


def test_a_first_belief_of_another_weight_is_noticed() -> None:
    """A first belief that counts as ten looks keeps a firm choosing at random for too long."""
    mean, error = dock_figures.over_seeds(dock_choices.performance(0.0, 1.0, 600, looks=10.0))
    assert mean < dock_choices.PUBLISHED[0.0][-1] - ERRORS * error


def test_a_desk_more_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hierarchy whose hours sit at as many desks as the specialists' has no advantage."""
    trees = dock_garbage_can.TREES
    monkeypatch.setitem(trees, "a hierarchy", trees["each its specialist"])
    passed = [figure.passed for figure in dock_garbage_can.orders(0.15)]
    assert passed == [False, True, True] * 3


def test_standard_errors_know_of_correlated_neighbours() -> None:
    """Batch means see the dependence that a plain standard error would miss."""
    generator = np.random.default_rng(1)
    values = np.repeat(generator.normal(size=20_000), 50)
    mean, error = mean_and_error(values)
    assert error == pytest.approx(1.0 / math.sqrt(20_000), rel=0.3)
    assert abs(mean) < ERRORS * error


# The command


def made_up(simulated: float) -> tuple[docks.Dock, ...]:
    """Return a table with one row of one figure: 2, as theory expects it, with a tolerance of .1."""
    return (docks.Dock("made-up", "a submodel", "by hand", lambda _: [DockFigure("", 2.0, simulated, 0.01, 0.1, "")]),)


def test_the_command_prints_figures_and_json() -> None:
    """A row that passes: exit code 0, every figure in the JSON, nothing else on stdout."""
    result = CliRunner().invoke(app, ["dock", "belief", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["passed"] is True
    assert [figure["expected"] for figure in found["figures"]] == [0.0311, 0.0951, 0.2702, 0.618]
    assert {"row", "isolated", "simulated", "standard_error", "tolerance", "passed"} <= set(found["figures"][0])
    printed = CliRunner().invoke(app, ["dock", "belief"])
    assert printed.stdout.count("pass") == 4
    assert "0.2702" in printed.stdout


def test_an_order_is_printed_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table says above what a figure has to be, the JSON that only the order counts."""
    row = docks.Dock(
        "made-up", "a submodel", "by hand", lambda _: [dock_figures.MoreFigure("", 0.0, 2.0, 0.1, 0.3, "")]
    )
    monkeypatch.setattr(docks, "DOCKS", (row,))
    assert "above 0" in CliRunner().invoke(app, ["dock"]).stdout
    assert json.loads(CliRunner().invoke(app, ["dock", "--json"]).stdout)["figures"][0]["order_only"] is True


@pytest.mark.parametrize(("simulated", "code"), [(2.09, 0), (1.91, 0), (2.11, 1), (1.89, 1), (math.nan, 1)])
def test_the_command_fails_with_a_figure(monkeypatch: pytest.MonkeyPatch, simulated: float, code: int) -> None:
    """Exit code 1 when a figure is farther off than its tolerance, or is no number; the table is printed anyway."""
    monkeypatch.setattr(docks, "DOCKS", made_up(simulated))
    for arguments in (["dock"], ["dock", "--json"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == code, result.output
        assert "made-up" in result.stdout
    assert ("Farther from theory" in result.stderr) is (code == 1)
    assert json.loads(result.stdout)["passed"] is (code == 0)


def test_a_row_that_there_is_not_is_bad_input() -> None:
    """The nearest name is told."""
    with pytest.raises(BadInput, match="did you mean renewals"):
        docks.chosen(["renewal"])


def test_rows_come_in_the_order_of_the_table() -> None:
    """Each once, whatever the order in which they are asked for."""
    assert [row.name for row in docks.chosen(["reps", "held-back", "reps"])] == ["held-back", "reps"]
    assert docks.chosen([]) == docks.DOCKS
