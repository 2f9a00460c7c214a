"""Any organization that is one sound tree, for Hypothesis to draw."""

from collections.abc import Mapping

from hypothesis import strategies as st

from revorg.simulation.organization import FUNCTIONS, HEADS, PLACES, Measures, Member, Organization, Profile, Seat

EVEN = Measures(new_arr=0.25, retention=0.25, experience=0.25, cost=0.25)


def seat(*leads: str, level: int = 1) -> Seat:
    """Return a seat that leads the given functions."""
    return Seat(leads=leads, measures=EVEN, level=level)


def seated(seats: Mapping[str, Seat], reports_to: Mapping[str, str] | None = None, without: str = "") -> Organization:
    """Seat a root and four heads beside the given seats (place -> seat); a seat is named after its place."""
    catalogue = {"top": seat(*FUNCTIONS, level=3)}
    catalogue |= {head: seat(function) for head, function in zip(HEADS, FUNCTIONS, strict=True)}
    catalogue |= seats
    members = {
        place: Member(seat=place, holder="anyone", reports_to=(reports_to or {}).get(place))
        for place in catalogue
        if place != without
    }
    return Organization.of(members, catalogue, {"anyone": Profile()})


@st.composite
def trees(draw: st.DrawFn) -> Organization:
    """Draw a valid tree: lines divided at random from the top down, heads at their ends."""
    lines: dict[str, frozenset[str]] = {"top": frozenset(FUNCTIONS)}
    free = {"top": set(FUNCTIONS)}
    reports_to: dict[str, str] = {}
    for place in draw(st.lists(st.sampled_from([p for p in PLACES if p != "top" and p not in HEADS]), unique=True)):
        above = draw(st.sampled_from(sorted(lines)))
        line = draw(st.frozensets(st.sampled_from(sorted(free[above])))) if free[above] else frozenset()
        lines[place], free[place], reports_to[place] = line, set(line), above
        free[above] -= line
    levels = st.integers(1, 3)
    seats = {place: seat(*line, level=draw(levels)) for place, line in lines.items()}
    for head, function in zip(HEADS, FUNCTIONS, strict=True):
        seats[head] = seat(function, level=draw(levels))
        reports_to[head] = next(place for place in lines if function in free[place])
    return seated(seats, reports_to)
