"""The tree of seats: who reports to whom, who owns which scope, and what is refused."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from organizations import seat, seated, trees

from revorg.simulation.errors import BadInput
from revorg.simulation.organization import (
    EVERYTHING,
    FUNCTIONS,
    HEADS,
    Measures,
    Member,
    Organization,
    Profile,
    Seat,
)

REVENUE = ("marketing", "sales", "success")


def superior(organization: Organization, place: str) -> str:
    """Return the place that a place reports to."""
    return organization.places[int(organization.parent[organization.row_of(place)])]


def test_the_smallest_tree_has_four_heads_under_the_top() -> None:
    """With nobody in between, the top spans all four and owns whatever spans two."""
    organization = seated({})
    assert organization.names == ("top", *HEADS)
    assert organization.place.tolist() == [0, 3, 4, 5, 6]
    assert organization.parent.tolist() == [-1, 0, 0, 0, 0]
    assert organization.depth.tolist() == [0, 1, 1, 1, 1]
    assert organization.line.tolist() == [15, 1, 2, 4, 8]
    assert organization.head_of.tolist() == [1, 2, 3, 4]
    assert organization.span.tolist() == [4, 0, 0, 0, 0]
    assert organization.owner.tolist() == [0, 1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]


def test_a_chief_owns_the_scopes_inside_its_line() -> None:
    """A decision climbs no higher than the first seat that covers its scope."""
    organization = seated({"chief": seat(*REVENUE, level=2)})
    chief = organization.row_of("chief")
    assert organization.parent.tolist() == [-1, 0, chief, chief, chief, 0]
    assert organization.span.tolist() == [1, 3, 0, 0, 0, 0]
    owned = [scope for scope in range(16) if organization.owner[scope] == chief]
    assert owned == [0b011, 0b101, 0b110, 0b111]


def test_columns_hold_what_seats_and_profiles_say() -> None:
    """Every number of a seat and of a profile arrives in its column."""
    catalogue = {
        place: Seat(leads=FUNCTIONS, measures=Measures(cost=1), level=3, week_hours=40, say=0.5, in_tray_cap=0.2)
        if place == "top"
        else seat(place.removeprefix("head_of_"))
        for place in ("top", *HEADS)
    }
    person = Profile(strategy=0.9, execution=0.3, operations=0, customer=0, collaboration=0.7, habit=0.1)
    members = {place: Member(seat=place, holder="person") for place in catalogue}
    organization = Organization.of(members, catalogue, {"person": person})
    assert organization.measures[0].tolist() == [0, 0, 0, 1]
    assert (organization.week_hours[0], organization.say[0], organization.in_tray_cap[0]) == (40, 0.5, 0.2)
    assert np.isnan(organization.in_tray_cap[1:]).all()
    assert organization.skills[0].tolist() == [0.9, 0.3, 0, 0]
    assert organization.inclination[0] == pytest.approx([0.75, 0.25, 0, 0])
    assert (organization.collaboration[0], organization.habit[0]) == (0.7, 0.1)


def test_columns_cannot_be_written() -> None:
    """An organization is shared by all that read it."""
    with pytest.raises(ValueError, match="read-only"):
        seated({}).parent[0] = 3


def test_inclination_is_what_is_given_or_the_skills_or_even() -> None:
    """People without any skill are drawn to everything alike."""
    assert Profile(inclination=(0, 0, 0, 1)).drawn_to == (0, 0, 0, 1)
    assert Profile(strategy=0, execution=0, operations=0, customer=0).drawn_to == (0.25,) * 4


def test_equal_data_make_equal_organizations() -> None:
    """Organizations compare and hash by what they were built from."""
    one, other = seated({}), seated({})
    assert one == other
    assert hash(one) == hash(other)
    assert one != seated({"chief": seat("sales", level=2)})


# Who reports to whom unasked


@pytest.mark.parametrize(
    ("seats", "place", "expected"),
    [
        ({"chief": seat("sales", level=2)}, "head_of_sales", "chief"),
        ({"chief": seat("sales", level=2)}, "head_of_success", "top"),
        ({"chief": seat("sales", level=1)}, "head_of_sales", "chief"),  # a head is below its equals
        (
            {"chief": seat("sales", level=2), "head_of_sales": seat("sales", level=2)},
            "head_of_sales",
            "chief",
        ),
        ({"chief": seat("sales", level=2), "head_of_sales": seat("sales", level=3)}, "head_of_sales", "top"),
        (
            {"chief": seat("sales", level=2), "head_of_sales": seat("sales", level=3)},
            "chief",
            "head_of_sales",
        ),
        ({"chief": seat(level=2)}, "chief", "top"),
        ({"chief": seat(*REVENUE, level=2), "staff_1": seat(level=1)}, "staff_1", "top"),
        ({"chief": seat(*REVENUE, level=2), "beside": seat("sales", level=1)}, "beside", "chief"),
        ({"chief": seat(*REVENUE, level=2), "beside": seat("sales", level=1)}, "head_of_sales", "beside"),
        ({"chief": seat("sales", level=2), "beside": seat("sales", level=1)}, "head_of_sales", "beside"),
    ],
)
def test_a_seat_reports_to_the_nearest_line_above(seats: dict[str, Seat], place: str, expected: str) -> None:
    """Unasked, the narrowest line above that holds the own one is the superior's."""
    assert superior(seated(seats), place) == expected


def test_a_named_superior_comes_first() -> None:
    """Who says whom it reports to is believed."""
    organization = seated({"chief": seat(level=2), "staff_1": seat()}, {"staff_1": "chief", "head_of_sales": "chief"})
    assert superior(organization, "staff_1") == "chief"
    assert organization.span[organization.row_of("chief")] == 1


# Any valid tree


@given(trees())
def test_every_scope_belongs_to_the_deepest_seat_over_it(organization: Organization) -> None:
    """The owner covers the scope, stands above its heads, and nobody deeper does."""
    for scope in range(1, EVERYTHING + 1):
        owner = organization.owner[scope]
        covering = [row for row in range(len(organization)) if organization.line[row] & scope == scope]
        assert owner in covering
        assert all(row == owner or organization.depth[row] < organization.depth[owner] for row in covering)
        heads = [organization.head_of[bit] for bit in range(4) if scope >> bit & 1]
        assert all(owner == head or owner in organization.superiors(head) for head in heads)
    assert organization.owner[0] == 0


@given(trees())
def test_everyone_stands_below_the_top_and_every_head_is_led_once(organization: Organization) -> None:
    """Rows form one tree in the order of places."""
    for row in range(1, len(organization)):
        chain = [row, *organization.superiors(row)]
        assert chain[-1] == 0
        assert [organization.depth[step] for step in chain] == list(range(len(chain) - 1, -1, -1))
    assert organization.span.sum() == len(FUNCTIONS)
    assert all(earlier < later for earlier, later in pairwise(organization.place))


@given(trees())
def test_labels_change_no_number(organization: Organization) -> None:
    """Renaming seats and holders leaves every column as it is."""
    members = {
        place: Member(seat=f"{place}?", holder="x", reports_to=f"{member.reports_to}?" if member.reports_to else None)
        for place, member in zip(organization.places, organization.members, strict=True)
    }
    seats = {f"{place}?": seat for place, seat in zip(organization.places, organization.seats, strict=True)}
    renamed = Organization.of(members, seats, {"x": organization.profiles[0]})
    assert renamed.names != organization.names
    assert renamed.numbers() == organization.numbers()
    for column in ("parent", "depth", "owner", "span", "measures", "skills", "inclination"):
        assert np.array_equal(getattr(renamed, column), getattr(organization, column))


# What is refused


@pytest.mark.parametrize(
    ("seats", "reports_to", "without", "message"),
    [
        ({}, {}, "top", "top: missing; somebody has to sit at the top"),
        ({}, {}, "head_of_sales", "head_of_sales: missing; sales needs a head"),
        (
            {"top": seat(*REVENUE)},
            {},
            "",
            "nobody leads operations at top: seat top leads marketing, sales, success",
        ),
        (
            {"top": seat(), "head_of_sales": seat()},
            {},
            "",
            "nobody leads marketing at top: seat top leads nothing",
        ),
        (
            {"head_of_sales": seat()},
            {},
            "",
            "nobody leads sales at head_of_sales: seat head_of_sales leads nothing",
        ),
        (
            {"top": seat("sales"), "head_of_marketing": seat()},
            {},
            "",
            "nobody leads marketing; seats in force: top, head_of_marketing, head_of_sales, head_of_success, "
            "head_of_operations",
        ),
        (
            {"chief": seat(*REVENUE, level=2), "beside": seat("success", "operations", level=2)},
            {},
            "",
            "chief and beside both lead success, but neither is above the other",
        ),
        (
            {"chief": seat(*REVENUE, level=2)},
            {"head_of_marketing": "top"},
            "",
            "chief and head_of_marketing both lead marketing, but neither is above the other",
        ),
        (
            {"chief": seat(level=2), "beside": seat(level=2), "staff_1": seat()},
            {"chief": "beside", "beside": "staff_1", "staff_1": "chief"},
            "",
            "seats report in a circle: chief → beside → staff_1 → chief",
        ),
        ({"chief": seat()}, {"chief": "chief"}, "", "seats report in a circle: chief → chief"),
        (
            {},
            {"top": "head_of_sales"},
            "",
            "top: top cannot report to head_of_sales; the top reports to nobody",
        ),
        (
            {"chief": seat()},
            {"chief": "tpo"},
            "",
            'chief: chief reports to nobody: "tpo" is not in force; did you mean top?',
        ),
    ],
)
def test_what_is_no_tree_is_refused_by_name(
    seats: dict[str, Seat], reports_to: dict[str, str], without: str, message: str
) -> None:
    """The message names the seats at fault."""
    with pytest.raises(BadInput) as raised:
        seated(seats, reports_to, without)
    assert str(raised.value) == message


def test_unknown_names_are_refused_with_the_nearest_known() -> None:
    """Places, seats and profiles that nobody knows are typing errors."""
    seats, profiles = {"boss": seat(*FUNCTIONS)}, {"anyone": Profile()}

    def organized(place: str, name: str, holder: str) -> Organization:
        return Organization.of({place: Member(seat=name, holder=holder)}, seats, profiles)

    with pytest.raises(BadInput, match=r'^top: unknown seat "bos"; did you mean boss\?$'):
        organized("top", "bos", "anyone")
    with pytest.raises(BadInput, match=r'^top: unknown profile "anyon"; did you mean anyone\?$'):
        organized("top", "boss", "anyon")
    with pytest.raises(BadInput, match=r"^tpo: unknown place; did you mean top\?$"):
        organized("tpo", "boss", "anyone")


def test_a_seat_has_one_place() -> None:
    """Two holders of one seat would be one name for two rows."""
    members = {place: Member(seat="boss", holder="x") for place in ("top", *HEADS)}
    with pytest.raises(BadInput, match=r"^seat boss sits at two places, top and head_of_marketing$"):
        Organization.of(members, {"boss": seat(*FUNCTIONS)}, {"x": Profile()})


def test_an_empty_place_has_no_row() -> None:
    """Asking for an empty place is the asker's mistake, and said so."""
    with pytest.raises(BadInput, match="chief: nobody sits there"):
        seated({}).row_of("chief")
