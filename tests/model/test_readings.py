"""Structural choices: both readings are built, belong to the world, and the fitted worlds use the first."""

from typing import get_args

import numpy as np
import pytest
from small_worlds import small, warmed

from revorg.experiments.runs.keys import past_number
from revorg.scenarios import loading
from revorg.scenarios.loading import load
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.parameters.mechanisms import Readings, other_readings

SECOND = {f"readings.{choice}": word for choice, word in (told.split("=") for told in other_readings())}


def test_each_has_two_words_of_which_the_first_is_fitted() -> None:
    """And every scenario that comes along is read so."""
    for name, field in Readings.model_fields.items():
        first, second = get_args(field.annotation)
        assert (field.default, SECOND[f"readings.{name}"]) == (first, second)
    assert {load(name).readings.model_dump_json() for name in loading.names()} == {Readings().model_dump_json()}


@pytest.mark.parametrize("path", SECOND)
def test_they_are_part_of_the_world(path: str) -> None:
    """A world that is read otherwise has another past, and is known as another."""
    # In a smaller market there is but one rep, who owns all leads.
    world = small(accounts=3000).changed({"finance.random_dismissal_per_quarter": 0.5})
    other = world.changed({path: SECOND[path]})
    assert other.world_key() != world.world_key()
    assert past_number(other) != past_number(world)
    assert not RevenueOrganization(other, 1).warm_up.equals(RevenueOrganization(world, 1).warm_up)


@pytest.mark.parametrize("leader", [("cro", "strategist"), ("cso", "executor")])
def test_heads_have_a_say(leader: tuple[str, str]) -> None:
    """As the parameter has it, where they are read so; whoever has more of a say keeps it."""
    values = {"readings.reviewers": "heads", "strategy.heads_say": 0.3}
    world = small().changed(values).with_leader(*leader)
    for scenario in (world.neutral(), world):
        people = warmed().fork(scenario).people
        seated, heads = scenario.organization, set(scenario.organization.head_of.tolist())
        for row, own in enumerate(seated.say.tolist()):
            assert people.say[row] == (max(own, 0.3) if row in heads else own)
    assert world.organization.say.max() == 0.5


def test_the_last_look_leaves_no_doubt() -> None:
    """A belief is what was seen; weighed against the old one, doubt would be left."""
    for word, is_sure in (("filter", False), ("last_look", True)):
        model = RevenueOrganization(small().changed({"readings.review": word}), 1)
        reviewed = model.fronts.reviewed > -model.warm_up_weeks
        assert reviewed.sum() >= 2
        assert np.all((model.fronts.uncertainty[reviewed] == 0.0) == is_sure)


@pytest.mark.parametrize(
    ("word", "path"), [("misses", "dismissal_per_quarter"), ("random", "random_dismissal_per_quarter")]
)
def test_exits_follow_their_own_odds(word: str, path: str) -> None:
    """At even odds of one, every chief who is there at a quarter's end is dismissed; at the other reading's, nobody."""
    paths = ("dismissal_per_quarter", "dismissal_per_miss", "random_dismissal_per_quarter", "burnout_per_year")
    never = {f"finance.{name}": 0.0 for name in paths} | {"finance.search_weeks": 0}
    for reading, quarters in ((word, 4), ("random" if word == "misses" else "misses", 0)):
        values = never | {f"finance.{path}": 1.0, "readings.exits": reading}
        model = warmed().fork(small().changed(values)).run(weeks=52)
        assert model.weekly["dismissals"].sum() == quarters
