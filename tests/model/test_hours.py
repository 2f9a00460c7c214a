"""No hour vanishes: what leaders' weeks go to adds up, and a design moves hours but makes and loses none."""

from typing import Any

import numpy as np
import pytest
from small_worlds import CORE, small, warmed

from revorg.scenarios.loading import load
from revorg.simulation import stand_ins
from revorg.simulation.compiling import alone, plain
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.numbers import Now
from revorg.simulation.organization import Organization
from revorg.simulation.record import RECORD
from revorg.simulation.scenario import Scenario
from revorg.simulation.submodels.leadership import contribute, share_kept

SEATS = ("cro", "cso", "coo", "cco")
PERSONS = ("strategist", "executor", "operator", "advocate", "generalist")
PARTS = ["domain_hours", "span_hours", "meeting_hours", "tray_hours", "outside_hours"]
WEEKS = 30


def lived(world: str, seat: str, person: str, **values: Any) -> RevenueOrganization:
    """Return a design after some weeks."""
    changed = {path.replace("__", "."): value for path, value in values.items()}
    return warmed(world).fork(small(world).changed(changed).with_leader(seat=seat, profile=person)).run(weeks=WEEKS)


def worked(model: RevenueOrganization, **columns: Any) -> dict[str, float]:
    """Let leaders work once more, with some columns of people replaced, and return what is noted."""
    people = model.people._replace(**columns)
    sums, now = np.zeros(len(RECORD)), Now(model.seed, model.week, 0)
    alone(contribute)(people, model.firm, sums, model.numbers, model.held, now)
    return dict(zip(RECORD, sums.tolist(), strict=True))


# Conservation


@pytest.mark.parametrize("seat", SEATS)
@pytest.mark.parametrize("world", CORE)
def test_everybodys_hours_go_somewhere_every_week(world: str, seat: str) -> None:
    """The five parts add up to the hours of all who are present, those of the top and its outside duties included."""
    model = lived(world, seat, "strategist", finance__dismissal_per_quarter=0.5, finance__search_weeks=6)
    weekly, people, rules = model.weekly, model.people, model.scenario.leadership
    chief = model.organization.row_of("chief")
    present = weekly["chief_present"].to_numpy()
    everybody = people.week_hours.sum() - (1.0 - present) * people.week_hours[chief]
    assert weekly[PARTS].sum(axis=1).to_numpy() == pytest.approx(everybody)
    assert weekly["outside_hours"].to_numpy() == pytest.approx(rules.outside_share * people.week_hours[0])
    assert weekly["domain_hours"].min() > 0.0


def test_hours_are_conserved_while_the_chiefs_place_is_empty() -> None:
    """The span of an empty seat is done by those who are there: all functions are led, and nothing else changes."""
    model = lived("complex-multi", "cro", "generalist")
    chief = model.organization.row_of("chief")
    away = model.people.vacant_until.copy()
    away[chief] = model.week + 1
    there, gone = worked(model), worked(model, vacant_until=away)
    people, hours = model.people, model.scenario.leadership.span_hours
    own = people.meeting_hours[chief] + people.tray_hours[chief]
    assert gone["span_hours"] == there["span_hours"] == 4 * hours
    freed = people.week_hours[chief] - own
    assert gone["domain_hours"] == pytest.approx(there["domain_hours"] - freed)
    assert sum(gone[part] for part in PARTS) == pytest.approx(people.week_hours.sum() - people.week_hours[chief])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.55, 0.8, 1.0])
@pytest.mark.parametrize("span", [0.0, 4.0, 12.0])
def test_what_the_top_has_no_hours_for_the_others_do(share: float, span: float) -> None:
    """However little a seat has left, the sum is the same; the others give what they have left in proportion."""
    values = {"leadership.outside_share": share, "leadership.span_hours": span}
    model = warmed().fork(small().changed(values).with_leader(seat="cso", profile="generalist"))
    people, told = model.people, worked(model)
    outside = np.where(people.parent < 0, share * people.week_hours, 0.0)
    left = people.week_hours - outside - span * people.span - people.meeting_hours - people.tray_hours
    assert told["domain_hours"] == pytest.approx(left.sum())
    assert sum(told[part] for part in PARTS) == pytest.approx(people.week_hours.sum())


def test_nobody_gives_more_than_there_is() -> None:
    """Where all together lack hours nothing is left for the domains, and nothing is below zero."""
    assert plain(share_kept)(10.0, 30.0) == 0.0
    model = warmed().fork(small().with_leader(seat="cro", profile="generalist"))
    told = worked(model, week_hours=np.full(model.people.seats, 4.0))
    assert told["domain_hours"] == 0.0
    assert np.all(model.firm.contribution == 0.0)


# Designs


@pytest.mark.parametrize("world", CORE)
def test_all_designs_of_the_factorial_pay_the_same_span(world: str) -> None:
    """Every week, whoever leads how much, whoever sits there, and also while the chief's place is empty."""
    found = set()
    for seat in SEATS:
        for person in PERSONS:
            model = warmed(world).fork(small(world).with_leader(seat=seat, profile=person)).run(weeks=2)
            found |= set(model.weekly["span_hours"])
    assert found == {4 * small(world).leadership.span_hours}


@pytest.mark.parametrize("world", CORE)
def test_identical_people_have_the_same_hours_but_for_meetings_and_in_trays(world: str) -> None:
    """Hours for the domains differ between lines by what is noted under in-trays and meetings, to the last digit."""
    sums = []
    for seat in (*SEATS, "placebo"):
        model = lived(world, seat, "generalist", mechanisms__exits=False)
        sums.append(model.weekly[["domain_hours", "tray_hours", "meeting_hours"]].sum(axis=1).to_numpy())
        assert np.ptp(model.weekly["domain_hours"]) > 0.0
    rules, hours = small(world).leadership, model.people.week_hours
    expected = hours.sum() - rules.outside_share * hours[0] - 4 * rules.span_hours
    assert np.array(sums) == pytest.approx(expected)


def test_span_switched_off_is_paid_by_place_and_never_lost() -> None:
    """As in the neutral organization; what a place that is not in force led there falls to the root."""
    tables = load("simple-single").with_leader(seat="cro", profile="generalist").as_tables()
    tables["mechanisms"] = {"span": False}
    assert stand_ins.spans_of(Scenario.of(tables)).tolist() == [4, 0, 0, 0, 0, 0]
    tables["neutral_organization"]["chief"]["seat"] = "coo"
    assert stand_ins.spans_of(Scenario.of(tables)).tolist() == [2, 2, 0, 0, 0, 0]
    world = Scenario.of(tables)
    members = dict(zip(world.organization.places, world.organization.members, strict=True))
    del members["chief"]
    nobody = Organization.of(members, world.seats, world.profiles)
    assert stand_ins.spans_of(world.model_copy(update={"organization": nobody})).tolist() == [4, 0, 0, 0, 0]


# The top


def test_the_top_works_where_its_duties_leave_it_hours() -> None:
    """Known by reporting to nobody: with all four functions in its line, by its attention, skill and say."""
    values = {"leadership.outside_share": 0.3, "leadership.span_hours": 0.0}
    model = warmed().fork(small().changed(values).with_leader(seat="cro", profile="generalist"))
    people = model.people
    alike = {"say": np.zeros(people.seats), "tray_hours": np.zeros(people.seats)}
    alone_in_office = people.vacant_until.copy()
    alone_in_office[1:] = model.week + 1
    worked(model, vacant_until=alone_in_office, **alike)
    hours = 0.7 * people.week_hours[0] - people.meeting_hours[0]
    assert model.firm.contribution == pytest.approx(hours * people.attention[0] * people.skill[0])
    alike["say"][0] = 0.5
    before = model.firm.contribution.copy()
    worked(model, vacant_until=alone_in_office, **alike)
    assert model.firm.contribution[0] == pytest.approx(0.5 * before[0])
    assert model.firm.contribution[1:] == pytest.approx(before[1:])


def test_only_who_reports_to_nobody_has_duties_outside() -> None:
    """The root's alone, by its place in the tree: with another root, another's."""
    model = warmed().fork(small().with_leader(seat="cro", profile="generalist"))
    share = model.scenario.leadership.outside_share
    hours = np.array([10.0, 20.0, 30.0, 40.0, 50.0, 60.0])
    assert worked(model, week_hours=hours)["outside_hours"] == pytest.approx(share * 10.0)
    parent = np.array([1, -1, 1, 1, 1, 1])
    assert worked(model, week_hours=hours, parent=parent)["outside_hours"] == pytest.approx(share * 20.0)


def test_more_duties_outside_revenue_leave_less_for_all_domains() -> None:
    """From the lower to the upper plausible end every contribution falls."""
    found = []
    for share in (0.3, 0.55, 0.8):
        values = {"leadership.outside_share": share}
        model = warmed().fork(small().changed(values).with_leader(seat="cro", profile="generalist"))
        worked(model)
        found.append(model.firm.contribution.copy())
    assert np.all(np.diff(found, axis=0) < 0.0)
