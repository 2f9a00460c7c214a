"""No role in the code: labels change no bit, equals in equal seats differ by nothing, and any seat will do."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from organizations import trees
from small_worlds import differences, small, warmed

from revorg import simulation
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.organization import MEASURES, Measures, Organization, Profile
from revorg.simulation.scenario import SEATINGS, Scenario

FIRST_CHOICE = ("cro", "strategist")
WEEKS = 60


def renamed(scenario: Scenario, prefix: str, backwards: bool = True) -> Scenario:
    """Return the scenario with every label another, and the catalogues in another order."""
    tables = scenario.as_tables()
    for catalogue in ("seats", "profiles"):
        entries = list(tables[catalogue].items())
        tables[catalogue] = {f"{prefix}{name}": entry for name, entry in (entries[::-1] if backwards else entries)}
    for organization in SEATINGS:
        members = tables[organization]
        for member in members.values():
            member |= {key: f"{prefix}{name}" for key, name in member.items()}
        tables[organization] = dict(reversed(members.items()))
    return Scenario.of(tables | {"name": f"{prefix}name", "description": prefix})


@pytest.mark.parametrize("seat", ["cro", "cso", "coo", "cco", "placebo"])
def test_renaming_everything_changes_no_bit(seat: str) -> None:
    """Titles, archetypes, the world's name and the order of catalogues are for readers."""
    design = small().with_leader(seat=seat, profile="advocate")
    other = renamed(design, "x ")
    assert not set(design.organization.names) & set(other.organization.names)
    one, twin = RevenueOrganization(design, 3).run(weeks=WEEKS), RevenueOrganization(other, 3).run(weeks=WEEKS)
    assert differences(one, twin) == set()
    assert one.outcomes.equals(twin.outcomes)


def test_exchanging_titles_changes_no_bit() -> None:
    """Where two seats swap names, and two persons theirs, whoever has the numbers has the effect."""
    scenario = small()
    tables = scenario.as_tables()
    seats, profiles = tables["seats"], tables["profiles"]
    seats["cro"], seats["cso"] = seats["cso"], seats["cro"]
    profiles["strategist"], profiles["executor"] = profiles["executor"], profiles["strategist"]
    swapped = Scenario.of(tables)
    one = warmed().fork(scenario.with_leader(seat="cro", profile="strategist")).run(weeks=WEEKS)
    twin = warmed().fork(swapped.with_leader(seat="cso", profile="executor")).run(weeks=WEEKS)
    assert differences(one, twin) == set()


@pytest.mark.parametrize("seat", ["cro", "cso", "coo", "cco"])
def test_identical_people_in_identical_seats_differ_by_exactly_nothing(seat: str) -> None:
    """The same person under two names, in the same seat under two names: every weekly number is equal."""
    tables = small().as_tables()
    tables["seats"]["twin seat"] = tables["seats"][seat]
    tables["profiles"]["twin person"] = tables["profiles"]["operator"]
    scenario = Scenario.of(tables)
    model = warmed()
    one = model.fork(scenario.with_leader(seat=seat, profile="operator")).run()
    twin = model.fork(scenario.with_leader(seat="twin seat", profile="twin person")).run()
    assert np.all(one.weekly.to_numpy() - twin.weekly.to_numpy() == 0.0)
    assert differences(one, twin) == set()


@pytest.mark.parametrize(
    ("path", "value"),
    [("seats.cro.leads", ["sales", "success"]), ("seats.cro.say", 0.1), ("profiles.strategist.customer", 0.6)],
)
def test_any_number_of_a_seat_or_person_matters(path: str, value: Any) -> None:
    """The equalities above are no blindness: a change of one number moves the run."""
    seat, profile = FIRST_CHOICE
    scenario = small().with_leader(seat=seat, profile=profile)
    one = warmed().fork(scenario).run(weeks=WEEKS)
    other = warmed().fork(scenario.changed({path: value})).run(weeks=WEEKS)
    assert differences(one, other)


SHARES = st.lists(st.integers(0, 10), min_size=4, max_size=4).filter(any)
SKILLS = st.floats(0.0, 1.0)


@st.composite
def organizations(draw: st.DrawFn) -> Organization:
    """Draw a tree with random lines, measures, hours, say and people."""
    tree = draw(trees())
    seats = []
    for seat in tree.seats:
        weights = draw(SHARES)
        measures = Measures(**{name: w / sum(weights) for name, w in zip(MEASURES, weights, strict=True)})
        values = {"measures": measures, "week_hours": draw(st.sampled_from([20.0, 50.0, 80.0])), "say": draw(SKILLS)}
        seats.append(seat.model_copy(update=values))
    names = ("strategy", "execution", "operations", "customer", "collaboration", "habit")
    people = tuple(Profile.model_validate({name: draw(SKILLS) for name in names}) for _ in seats)
    return replace(tree, seats=tuple(seats), profiles=people)


@settings(max_examples=30)
@given(organization=organizations(), name=st.sampled_from(["simple-single", "complex-multi"]))
def test_seats_with_random_lines_and_measures_run(organization: Organization, name: str) -> None:
    """Whatever the tree, its measures and its people: a year is lived, in finite numbers, to its last week."""
    cheap = small(name).changed({"finance.leader_pay_usd": 500.0})  # so that the few reps can pay for any of them
    scenario = cheap.model_copy(update={"organization": organization})
    model = warmed(name).fork(scenario).run(weeks=52)
    weekly = model.weekly
    assert len(weekly) == 52
    assert np.all(np.isfinite(weekly.to_numpy()))
    assert np.all(np.isfinite(model.people.attention))
    assert model.people.attention.sum(axis=1) == pytest.approx(1.0)
    hours = model.scenario.leadership.span_hours * model.people.span
    spent = hours + model.people.meeting_hours + model.people.tray_hours
    assert np.all((spent <= model.people.week_hours + 1e-9) | (hours > model.people.week_hours))
    assert weekly["decisions_settled"].sum() > 0


def test_the_model_names_no_title() -> None:
    """No source file of the model holds a title or the name of a world."""
    words = re.compile(
        r"\b(cro|cso|coo|cco|strategist|executor|advocate|generalist|complex-multi|simple-single)\b", re.I
    )
    folder = Path(simulation.__file__).parent
    found = {path.name: words.findall(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")}
    assert {name: hits for name, hits in found.items() if hits} == {}
