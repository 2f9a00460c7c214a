"""Numbers of a scenario as the compiled week takes them: the same values, and the same types whatever they are."""

import math
import pickle
from typing import Any, get_args

import numba
import pytest
from small_worlds import beyond, small

from revorg.scenarios import loading
from revorg.scenarios.loading import load
from revorg.simulation.numbers import ABSENT, World, world_of
from revorg.simulation.parameters.ranges import ParameterTable
from revorg.simulation.scenario import Scenario

WORLD = small("complex-multi")
TABLES: dict[str, ParameterTable] = {name: getattr(WORLD, name) for name in World._fields}
FIELDS = [(name, key) for name, table in TABLES.items() for key in type(table).model_fields]


def annotation(name: str, key: str) -> Any:
    """Return what a field of a scenario's table is declared to hold."""
    return type(TABLES[name]).model_fields[key].annotation


def number(scenario: Scenario, name: str, key: str) -> Any:
    """Return a number of the world of a scenario."""
    return getattr(getattr(world_of(scenario), name), key)


ABSENTEES = [(name, key) for name, key in FIELDS if type(None) in get_args(annotation(name, key))]
CHOICES = [
    (name, key, place, word)
    for name, key in FIELDS
    for place, word in enumerate(get_args(annotation(name, key)))
    if isinstance(word, str)
]


def test_every_table_of_rules_is_there() -> None:
    """With every field under its own name. Switches act through what is held; the rest no week asks for.

    What is said of the firm in week 0, and of rates it has shown, is asked before the first week and after the last.
    """
    world = world_of(WORLD)
    tables = {name for name in Scenario.model_fields if isinstance(getattr(WORLD, name), ParameterTable)}
    assert tables - set(World._fields) == {"mechanisms", "run", "calibration", "start", "observed"}
    for name, table in TABLES.items():
        assert list(getattr(world, name)._fields) == list(type(table).model_fields)


@pytest.mark.parametrize("scenario", loading.names())
def test_every_number_is_the_scenarios(scenario: str) -> None:
    """Those that are neither absent nor a word are the same, value by value."""
    world = load(scenario)
    for name, key in FIELDS:
        value = getattr(getattr(world, name), key)
        if value is not None and not isinstance(value, str):
            assert number(world, name, key) == value


@pytest.mark.parametrize(("name", "key"), ABSENTEES)
def test_what_is_absent_is_no_number_that_a_file_may_have(name: str, key: str) -> None:
    """NaN in place of a number with a fraction; in place of a whole one, no week of any run and no front."""
    found = number(beyond(WORLD, **{name: {key: None}}), name, key)
    if float in get_args(annotation(name, key)):
        assert math.isnan(found)
    else:
        assert (found, type(found)) == (ABSENT, int)
    given = next(row for row in WORLD.parameters() if row.path == f"{name}.{key}").low
    assert number(WORLD.changed({f"{name}.{key}": given}), name, key) == given


def test_there_are_absent_numbers_of_both_kinds() -> None:
    """The test above has something to hold on to."""
    assert {("market", "attack_week"), ("market", "shift_week"), ("levers", "held_maturity")} <= set(ABSENTEES)


@pytest.mark.parametrize(("name", "key", "place", "word"), CHOICES)
def test_a_word_is_its_place_among_the_choices(name: str, key: str, place: int, word: str) -> None:
    """Counted from 0, in the order in which they are declared."""
    found = number(WORLD.changed({f"{name}.{key}": word}), name, key)
    assert (found, type(found)) == (place, int)


def test_the_stages_of_operations_rise() -> None:
    """Nobody is the first choice, governance the last: rules look stages up by their place."""
    assert [word for _, key, _, word in CHOICES if key == "operations_stage"] == [
        "none", "analyst", "team", "governance",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "key"), [("finance", "leader_pay_usd"), ("levers", "held_maturity")])
def test_a_whole_number_in_place_of_a_fraction_is_one(name: str, key: str) -> None:
    """A file may say 1 where 1.0 is meant; the compiled week would be another with it."""
    assert isinstance(number(WORLD.changed({f"{name}.{key}": 1}), name, key), float)


def test_whatever_a_scenario_says_the_compiled_week_is_one() -> None:
    """Absent or given, whole or not, within what a file may say or beyond it: no value changes a type."""
    given = {"market.attack_week": 3, "market.shift_week": 4, "market.attack_front": 1, "levers.held_maturity": 0.5}
    worlds = [load(name) for name in loading.names()] + [
        WORLD.changed(given),
        WORLD.changed({"levers.account_plans": "best", "readings.exits": "random"}),
        beyond(WORLD, market={"channels": 6000, "attractiveness_sd": 3}, strategy={"review_hours": 0}),
    ]
    types = {str(numba.typeof(world_of(world))) for world in worlds}  # type: ignore[no-untyped-call]
    assert len(types) == 1


def test_values_that_no_file_may_have_reach_the_compiled_week() -> None:
    """Theory asks for fronts by the thousand, and for drift without end."""
    world = beyond(WORLD, market={"channels": 6000, "drift_half_life_weeks": 1e7}, decisions={"caught_share": -1.0})
    numbers = world_of(world)
    assert (numbers.market.channels, numbers.market.drift_half_life_weeks) == (6000, 1e7)
    assert numbers.decisions.caught_share == -1.0
    assert numbers.sales == world_of(WORLD).sales


def test_numbers_can_be_pickled() -> None:
    """Machine code on disk finds the classes of tables by their names."""
    numbers = world_of(WORLD.changed({"levers.held_maturity": 0.5}))
    again = pickle.loads(pickle.dumps(numbers))
    assert again == numbers
    assert [type(table) for table in again] == [type(table) for table in numbers]
