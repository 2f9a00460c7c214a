"""Parameters declare themselves; a scenario is frozen, checked, and changed only by copies."""

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesa.batchrunner import _make_model_kwargs
from pydantic import ValidationError

from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput, near_miss, problems
from revorg.simulation.parameters.ranges import Parameter, ParameterTable, parameter
from revorg.simulation.scenario import Scenario

WORLD = load("simple-single")
PARAMETERS = list(WORLD.parameters())
NUMBERS = [row for row in PARAMETERS if not isinstance(row.value, tuple)]


def refusal(path: str, value: Any) -> str:
    """Return the message with which a value is refused."""
    with pytest.raises(BadInput) as raised:
        WORLD.changed({path: value})
    return str(raised.value)


# Declarations


@pytest.mark.parametrize(
    "ranges",
    [
        {"low": 2, "high": 1},
        {"low": 0, "high": 1, "plausible": (0.5, 2)},
        {"low": 0, "high": 1, "plausible": (0.8, 0.2)},
        {"low": 0, "high": 1, "uncertain": True},
    ],
)
def test_ranges_have_to_be_nested(ranges: dict[str, Any]) -> None:
    """A plausible range outside the allowed one is a mistake of the declaration."""
    with pytest.raises(ValueError, match="plausible"):
        parameter(0.5, unit="share", **ranges)


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.path)
def test_every_parameter_tells_unit_ranges_source_and_meaning(row: Parameter) -> None:
    """What `revorg list parameters` prints has no gaps."""
    assert row.unit
    assert row.source
    assert row.description.endswith(".")
    assert "\n" not in row.description
    if row.plausible:
        assert row.low <= row.plausible[0] < row.plausible[1] <= row.high


def test_at_most_six_parameters_of_a_table_are_uncertain() -> None:
    """More could be fitted to anything."""
    tables = [row.path.split(".")[0] for row in PARAMETERS if row.uncertain]
    assert {table: tables.count(table) for table in tables if tables.count(table) > 6} == {}


def test_adding_a_parameter_takes_one_declaration() -> None:
    """Range, unit and near miss follow from it."""

    class Weather(ParameterTable):
        rain_mm: float = parameter(2.0, low=0, high=50, unit="mm a day")
        """Mean rain."""

    with pytest.raises(ValidationError) as raised:
        Weather.model_validate({"rain_mm": 60})
    assert problems(raised.value) == [(("rain_mm",), "rain_mm = 60 is outside 0..50 (mm a day)")]
    with pytest.raises(ValidationError) as raised:
        Weather.model_validate({"rain": 60})
    assert problems(raised.value) == [(("rain",), "rain: unknown; did you mean rain_mm?")]


# Values


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("market.channels", 0, "market.channels = 0 is outside 1..24 (channels)"),
        ("market.channels", 25, "market.channels = 25 is outside 1..24 (channels)"),
        ("market.channels", 2.0, "market.channels = 2.0 is not a whole number; allowed 1..24 (channels)"),
        ("market.channels", True, "market.channels = true is not a whole number; allowed 1..24 (channels)"),
        ("market.channels", "2", 'market.channels = "2" is not a whole number; allowed 1..24 (channels)'),
        (
            "market.partner_reach",
            math.nan,
            "market.partner_reach = nan is not a finite number; allowed 0..1 (share)",
        ),
        (
            "market.partner_reach",
            -math.inf,
            "market.partner_reach = -inf is not a finite number; allowed 0..1 (share)",
        ),
        (
            "market.partner_reach",
            False,
            "market.partner_reach = false is not a finite number; allowed 0..1 (share)",
        ),
        (
            "market.partner_reach",
            "all",
            'market.partner_reach = "all" is not a finite number; allowed 0..1 (share)',
        ),
        (
            "market.partner_reach",
            None,
            "market.partner_reach = None is not a finite number; allowed 0..1 (share)",
        ),
        ("run.initial_reps", -1, "run.initial_reps = -1 is outside 0..1000000 (reps)"),
        (
            "levers.account_plans",
            "evrywhere",
            'levers.account_plans = "evrywhere" is unknown; did you mean everywhere?',
        ),
        ("levers.account_plans", 3, "levers.account_plans = 3 is unknown; known: none, best, everywhere"),
        ("levers.held_maturity", 2, "levers.held_maturity = 2 is outside 0..1 (maturity)"),
        ("market.attack_front", 1, "market.attack_front = 1 is outside 0..0 (fronts of this market)"),
        ("market.partner_channels", 2, "market.partner_channels = 2 is more than market.channels = 1"),
        (
            "market",
            {"channels": 8, "segments": 9},
            "market.channels * market.segments = 8 * 9 is outside 1..64 (fronts)",
        ),
        ("market", 3, "market = 3 is not a table"),
        ("name", 3, "name = 3 is not text"),
        (
            "leadership.cost_calls",
            [1, 0],
            "leadership.cost_calls = [1, 0] is not a list of four shares in 0..1",
        ),
        (
            "leadership.cost_calls",
            [1, 0.5, 0, 0],
            "leadership.cost_calls = [1, 0.5, 0, 0] does not sum to 1 but to 1.5",
        ),
        ("seats.cso.level", 4, "seats.cso.level = 4 is outside 1..3 (levels)"),
        ("seats.cso.say", True, "seats.cso.say = true is not a finite number; allowed 0..1 (share)"),
        ("seats.cso.measures", {}, "seats.cso.measures = {} does not sum to 1 but to 0"),
        (
            "seats.cso.leads",
            ["slaes"],
            "seats.cso.leads = ['slaes'] is not a list of functions: unknown \"slaes\"; did you mean sales?",
        ),
        (
            "seats.cso.leads",
            "sales",
            'seats.cso.leads = "sales" is not a list of functions (marketing, sales, success, operations)',
        ),
        ("profiles.executor.habit", 2, "profiles.executor.habit = 2 is outside 0..1 (share)"),
        (
            "profiles.executor.inclination",
            [2, 0, 0, 0],
            "profiles.executor.inclination = [2, 0, 0, 0] is not a list of four shares in 0..1",
        ),
        ("organization.chief", 3, "organization.chief = 3 is not a table"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(path: str, value: Any, message: str) -> None:
    """The message names place, value, range and unit."""
    assert refusal(path, value) == message


def test_a_number_too_large_for_a_float_is_only_outside() -> None:
    """A whole number has no largest value in TOML."""
    assert "is outside 100..10000000000 (USD a year)" in refusal("market.contract_usd", 10**400)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("market.chanels", "[market] chanels: unknown; did you mean channels?"),
        ("rivals.random_exits", "rivals.random_exits: unknown; did you mean readings?"),
        ("readings.exit", "[readings] exit: unknown; did you mean exits?"),
        ("markt.channels", "markt.channels: unknown; did you mean market.channels?"),
        ("channels", "channels: unknown; did you mean market.channels?"),
        ("market.channels.more", "market.channels.more: unknown; did you mean market.channels?"),
        ("mechanisms.habits", "[mechanisms] habits: unknown; did you mean habit?"),
        (
            "levers.coaching",
            "[levers] coaching: unknown; known: expansion, account_plans, operations_stage, held_maturity, "
            "reinvest_share",
        ),
        ("organization.cheif", "[organization] cheif: unknown place; did you mean chief?"),
        ("seats.cso.lead", "[seats.cso] lead: unknown; did you mean leads?"),
    ],
)
def test_an_unknown_path_is_refused_with_the_nearest_known(path: str, message: str) -> None:
    """Whoever mistypes finds out what was meant."""
    assert refusal(path, {"seat": "cso", "holder": "executor"}) == message


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        ([], ""),
        (["red", "green"], "; known: red, green"),
        (["colours"], "; did you mean colours?"),
        ([f"shade_{n}" for n in range(40)], "; the nearest known is shade_"),
    ],
)
def test_a_hint_names_the_nearest_or_the_few(known: list[str], hint: str) -> None:
    """However far the name is off, one known name at least is shown."""
    assert near_miss("colour", known).startswith(hint)


def test_faults_that_follow_from_others_are_not_reported() -> None:
    """An organization cannot be built on seats that are not sound, which the seats' own message says."""
    assert refusal("seats.ceo.level", 9).count("\n") == 0
    assert refusal("seats.head_of_sales.leads", []) == (
        "[organization] nobody leads sales at head_of_sales: seat head_of_sales leads nothing"
    )


def test_every_fault_has_its_line() -> None:
    """One look at the message is enough to mend a table."""
    message = refusal("market", {"channels": 0, "segments": 99, "products": "many"})
    assert message.splitlines() == [
        "market.channels = 0 is outside 1..24 (channels)",
        "market.segments = 99 is outside 1..16 (segments)",
        'market.products = "many" is not a whole number; allowed 1..12 (products)',
    ]


# Copies


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, float]:
    """Draw a parameter and an allowed value of it."""
    row = draw(st.sampled_from([row for row in NUMBERS if not row.path.startswith("market.")]))
    if isinstance(row.value, float):
        return row.path, draw(st.floats(row.low, row.high))
    return row.path, draw(st.integers(int(row.low), int(row.high)))


@given(changes())
def test_set_changes_one_value_and_nothing_else(change: tuple[str, float]) -> None:
    """Every allowed value is accepted, and the copy is equal but for it."""
    path, value = change
    changed = WORLD.changed({path: value})
    values = {row.path: row.value for row in changed.parameters()}
    assert values == {row.path: row.value for row in PARAMETERS} | {path: value}
    assert Scenario.of(changed.as_tables()) == changed
    assert load("simple-single") == WORLD


@given(st.sampled_from(NUMBERS), st.sampled_from([-1, 1]))
def test_set_refuses_what_lies_outside(row: Parameter, side: int) -> None:
    """The first number beyond either end of a range is out."""
    step = 1 if not isinstance(row.value, float) else 1e-6
    beyond = row.high + step if side > 0 else row.low - step
    assert "is outside" in refusal(row.path, beyond)


def test_numpys_numbers_are_numbers() -> None:
    """Sweeps draw them."""
    assert WORLD.changed({"market.channels": np.int64(3)}).market.channels == 3
    assert WORLD.changed({"market.partner_reach": np.float64(0.3)}).market.partner_reach == 0.3


def test_nothing_can_be_written() -> None:
    """Arms share scenarios."""
    with pytest.raises(ValidationError, match="frozen"):
        WORLD.market.channels = 3
    with pytest.raises(ValidationError, match="frozen"):
        WORLD.name = "other"


def test_with_leader_replaces_the_chief_alone() -> None:
    """A design is another seat and person at the chief's place."""
    design = WORLD.with_leader(seat="cro", profile="executor")
    assert design.organization.names == ("ceo", "cro", *WORLD.organization.names[2:])
    assert design.organization.holders[1] == "executor"
    assert design.neutral() == WORLD.neutral() == WORLD
    assert design.neutral_organization == WORLD.organization


@pytest.mark.parametrize(
    ("seat", "profile", "message"),
    [
        ("cros", "executor", r'^\[organization\] chief: unknown seat "cros"; did you mean cro\?$'),
        (
            "cro",
            "exectutor",
            r'^\[organization\] chief: unknown profile "exectutor"; did you mean executor\?$',
        ),
        ("ceo", "executor", r"^\[organization\] seat ceo sits at two places, top and chief$"),
    ],
)
def test_with_leader_refuses_the_unknown(seat: str, profile: str, message: str) -> None:
    """A design that names nobody is refused by name."""
    with pytest.raises(BadInput, match=message):
        WORLD.with_leader(seat, profile)


def test_entries_can_be_added_to_a_catalogue() -> None:
    """A design of one's own: another seat, somebody beside the chief."""
    added = WORLD.changed({"seats.analyst": {"measures": {"cost": 1.0}}}).changed(
        {"organization.staff_1": {"seat": "analyst", "holder": "operator", "reports_to": "placebo"}}
    )
    assert added.organization.place.tolist() == [0, 1, 3, 4, 5, 6, 7]
    assert added.organization.parent[-1] == added.organization.row_of("chief")


def test_a_table_under_its_former_name_is_told_by_its_present_one() -> None:
    """Though the two names have little in common."""
    with pytest.raises(BadInput, match=r"^\[rivals\]: unknown; did you mean readings\?$"):
        Scenario.of({**WORLD.as_tables(), "rivals": {"random_exits": True}})


# Identity


def test_a_world_is_known_by_its_numbers() -> None:
    """Arms of one world share a warm-up; whatever the warm-up depends on parts them."""
    key = WORLD.world_key()
    for same in (
        WORLD.with_leader("cro", "executor"),
        WORLD.changed({"name": "other"}),
        WORLD.changed({"seats.cro.level": 3}),
        WORLD.changed({"profiles.executor.habit": 0.9}),
    ):
        assert same.world_key() == key
    for other in (
        WORLD.changed({"customers.health_pace": 0.05}),
        WORLD.changed({"profiles.generalist.habit": 0.9}),
        WORLD.changed({"seats.head_of_sales.week_hours": 40.0}),
        WORLD.changed({"neutral_organization.top.holder": "executor"}),
    ):
        assert other.world_key() != key


def test_a_scenario_is_one_value() -> None:
    """Mesa's batch_run takes apart whatever can be iterated over."""
    with pytest.raises(TypeError, match="one value"):
        iter(WORLD)
    assert _make_model_kwargs({"scenario": WORLD, "seed": [1, 2]}) == [
        {"scenario": WORLD, "seed": 1},
        {"scenario": WORLD, "seed": 2},
    ]


def test_copies_are_equal() -> None:
    """Workers get scenarios pickled."""
    for twin in (pickle.loads(pickle.dumps(WORLD)), copy.deepcopy(WORLD), WORLD.model_copy()):
        assert twin == WORLD
        assert hash(twin) == hash(WORLD)
    assert WORLD.with_leader("cro", "executor") != WORLD
    assert repr(WORLD).startswith("Scenario(name='simple-single'")
