"""Controls that go with every report (protocol, rule 6): what must not make a difference, and does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.claims import registry
from experiments.designs import Design
from scenarios import load
from simulation import RevenueOrganization
from simulation.metrics import METRICS
from simulation.parameters import Scenario

SEED = 0


@dataclass(frozen=True)
class Control:
    """A check of the experiment itself.

    Attributes
    ----------
    name : str
    passed : bool
    detail : str
        What was compared, or the first differences.
    """

    name: str
    passed: bool
    detail: str


def run_controls() -> tuple[Control, ...]:
    """Run every control on the largest core world, with the registered matching as designs."""
    factorial = registry().factorial
    designs = [Design(seat, person) for seat, person in factorial.matching.items()]
    world = load(factorial.worlds[-1])
    return labels_permuted(world, designs), identical_people(world, designs[0])


def labels_permuted(world: Scenario, designs: Sequence[Design]) -> Control:
    """Let every seat and every person swap names with another and reverse the catalogues: no bit may change.

    Parameters
    ----------
    world : Scenario
    designs : sequence of Design
        Compared each with itself under its new name.
    """
    seats, persons = _rotated(world.seats), _rotated(world.profiles)
    renamed_world = renamed(world, seats, persons)
    renamed_designs = [Design(seats[design.seat], persons[design.person]) for design in designs]
    before = _outcomes(world, designs)
    after = _outcomes(renamed_world, renamed_designs)
    what = f"{len(designs)} designs in {world.name}, every seat and person under another's name"
    return _compare("labels permuted", before, after, what)


def identical_people(world: Scenario, design: Design) -> Control:
    """Put one person into one seat under two names each: every paired difference must be exactly zero.

    Parameters
    ----------
    world : Scenario
    design : Design
        Who is compared with a copy.
    """
    tables = world.as_tables()
    seat_copy, person_copy = f"{design.seat}_copy", f"{design.person}_copy"
    tables["seats"][seat_copy] = tables["seats"][design.seat]
    tables["profiles"][person_copy] = tables["profiles"][design.person]
    with_copies = Scenario.of(tables)
    original, copy = _outcomes(with_copies, [design, Design(seat_copy, person_copy)])
    return _compare("identical people", original, copy, f"{design} in {world.name} and a copy of both")


def renamed(world: Scenario, seats: Mapping[str, str], persons: Mapping[str, str]) -> Scenario:
    """Return the same scenario with other names for its seats and persons, catalogues in reverse order.

    Parameters
    ----------
    world : Scenario
    seats, persons : mapping of str to str
        New name by old name, one to one.
    """
    tables = world.as_tables()
    tables["name"] = f"{world.name} renamed"
    for catalogue, names in (("seats", seats), ("profiles", persons)):
        entries = tables[catalogue].items()
        tables[catalogue] = {names[name]: entry for name, entry in reversed(entries)}
    for organization in ("neutral_organization", "organization"):
        tables[organization] = {
            place: _renamed_member(member, seats, persons) for place, member in tables[organization].items()
        }
    return Scenario.of(tables)


def _renamed_member(member: Mapping[str, Any], seats: Mapping[str, str], persons: Mapping[str, str]) -> dict[str, Any]:
    renamed_member = {**member, "seat": seats[member["seat"]], "holder": persons[member["holder"]]}
    if member.get("reports_to") is not None:
        renamed_member["reports_to"] = seats[member["reports_to"]]
    return renamed_member


def _rotated(catalogue: Mapping[str, Any]) -> dict[str, str]:
    names = list(catalogue)
    return dict(zip(names, names[1:] + names[:1], strict=True))


def _outcomes(world: Scenario, designs: Sequence[Design]) -> NDArray[np.float64]:
    past = RevenueOrganization(world, seed=SEED)
    runs = []
    for design in designs:
        model = past.fork(design.apply(world))
        model.run()
        parts = model.parts()
        runs.append([parts[metric] for metric in METRICS])
    return np.array(runs, dtype=np.float64)


def _compare(name: str, one: NDArray[np.float64], other: NDArray[np.float64], what: str) -> Control:
    # Two outcomes without anything to measure are alike, whatever their numerators.
    same = ((one == other) | (np.isnan(one) & np.isnan(other))).reshape(-1, len(METRICS), 2).all(axis=(0, 2))
    differing = [metric for metric, alike in zip(METRICS, same, strict=True) if not alike]
    if differing:
        shown = ", ".join(differing[:5]) + (" …" if len(differing) > 5 else "")
        return Control(name, False, f"{what}: {len(differing)} of {len(METRICS)} outcomes differ ({shown})")
    return Control(name, True, f"{what}: no bit of {len(METRICS)} outcomes differs")
