"""Controls that go with every report (protocol, rule 6): what must not make a difference does not, what must does.

Those that take many runs stand in `statistical_controls`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from revorg.experiments.analysis.contrasts import contrast
from revorg.experiments.claims.claim import registry
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.organization import DOMAINS, MEASURES
from revorg.simulation.scenario import SEATINGS, Scenario

SEED = 0


@dataclass(frozen=True)
class Control:
    """A check of the experiment itself.

    Attributes
    ----------
    name : str
    passed : bool or None
        None when it was not run.
    detail : str
        What was compared, or the first differences; why it was not run.
    """

    name: str
    passed: bool | None
    detail: str


def quick_controls() -> tuple[Control, ...]:
    """Run the controls that take few runs, in core worlds, with the registered matching as designs."""
    factorial = registry().factorial
    designs = [Design.parse(f"{seat}:{person}") for seat, person in factorial.matching.items()]
    worlds = [load(name) for name in factorial.worlds]
    return (
        labels_permuted(worlds[-1], designs),
        identical_people(worlds[-1], designs[0]),
        inert_labels(worlds[-1], designs[0]),
        inert_lever(worlds[0], worlds[-1], designs[0]),
        equal_skill_and_pay(worlds[-1], [Design.parse(name) for name in factorial.designs]),
        planted_exactly(worlds[-1], designs[0]),
    )


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
    renamed_designs = [Design.parse(f"{seats[design.seat]}:{persons[design.holder]}") for design in designs]
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
    seat_copy, person_copy = f"{design.seat}_copy", f"{design.holder}_copy"
    tables["seats"][seat_copy] = tables["seats"][design.seat]
    tables["profiles"][person_copy] = tables["profiles"][design.holder]
    with_copies = Scenario.of(tables)
    original, copy = _outcomes(with_copies, [design, Design.parse(f"{seat_copy}:{person_copy}")])
    return _compare("identical people", original, copy, f"{design} in {world.name} and a copy of both")


def inert_labels(world: Scenario, design: Design) -> Control:
    """Give one arm another name, another description, and a seat and a person that nobody uses: exactly zero.

    Parameters
    ----------
    world : Scenario
    design : Design
        Who leads in both arms.
    """
    draw = np.random.default_rng(SEED)
    shares = np.round(draw.dirichlet(np.ones(len(MEASURES))), 6)
    shares[-1] = 1.0 - shares[:-1].sum()
    tables = world.as_tables()
    tables["name"], tables["description"] = "inert", "another text"
    tables["seats"]["unused"] = {"leads": ["sales"], "measures": dict(zip(MEASURES, shares.tolist(), strict=True))}
    tables["profiles"]["unused"] = dict(zip(DOMAINS, draw.random(len(DOMAINS)).tolist(), strict=True))
    plain, dressed = _outcomes(world, [design]), _outcomes(Scenario.of(tables), [design])
    what = f"{design} in {world.name}, with another name and description and an unused seat and person of chance"
    return _compare("inert labels", plain, dressed, what)


def inert_lever(idle: Scenario, busy: Scenario, design: Design, path: str = "strategy.temperature") -> Control:
    """Vary a parameter that has nothing to act on in one world: exactly zero there, and not in the other.

    Parameters
    ----------
    idle, busy : Scenario
        A world in which the parameter is idle, and one that shows that it was really varied.
    design : Design
        Who leads in both arms.
    path : str
        The parameter, by default how evenly effort is spread over fronts: with a single front it cannot matter.
    """
    ends = next(row.plausible for row in idle.parameters() if row.path == path)
    if ends is None:
        raise ValueError(f"{path} has no plausible range")
    low, high = (_outcomes(idle.changed({path: end}), [design]) for end in ends)
    idly = _compare("inert lever", low, high, f"{path} {ends[0]:g} or {ends[1]:g} in {idle.name}")
    low, high = (_outcomes(busy.changed({path: end}), [design]) for end in ends)
    busily = _compare("", low, high, busy.name)
    seen = f"in {busy.name} it does make a difference" if not busily.passed else f"but neither in {busy.name}"
    return Control(idly.name, idly.passed and not busily.passed, f"{idly.detail}; {seen}")


def equal_skill_and_pay(world: Scenario, designs: Sequence[Design]) -> Control:
    """Every person of the designs has the same sum of skills; all designs have the same places, hours and pay.

    Parameters
    ----------
    world : Scenario
    designs : sequence of Design
        Those of the factorial: whatever they differ by, it must not be a larger or better paid team.
    """
    skill = {round(sum(world.profiles[design.holder].skills), 9) for design in designs}
    seated = [design.apply(world).organization for design in designs]
    teams = {(team.places, float(team.week_hours.sum()), int(team.level.sum())) for team in seated}
    persons = len({design.holder for design in designs})
    if len(skill) > 1 or len(teams) > 1:
        detail = f"sums of skills {sorted(skill)}; {len(teams)} different sets of places, hours and levels of pay"
        return Control("equal skill and pay", False, detail)
    places, hours, levels = next(iter(teams))
    pay = levels * world.finance.leader_pay_usd
    team = f"{len(places)} places, {hours:g} hours a week and {pay:,.0f} USD a year in each of {len(designs)} designs"
    return Control("equal skill and pay", True, f"skills sum to {next(iter(skill)):g} in {persons} persons; {team}")


def planted_exactly(world: Scenario, design: Design, planted: float = 0.05, pairs: int = 6) -> Control:
    """Plant a cost of known size where nothing answers to it: the contrast must give that size.

    Overhead is raised by a share of ARR, in a firm whose plan of cost is so loose that nobody minds, whose processes
    save no cost and whose partners keep nothing. Margin then falls by exactly that share.

    Parameters
    ----------
    world : Scenario
    design : Design
        Who leads in both arms.
    planted : float
        Share of ARR.
    pairs : int
    """
    closed = world.changed({"finance.target_cost_share": 3.0, "operations.cost_relief": 0.0})
    closed = closed.changed({"finance.partner_share": 0.0, "run.weeks": 52})
    dearer = closed.changed({"finance.overhead_share": closed.finance.overhead_share + planted})
    metric = list(METRICS).index("operating_margin")
    runs = [[_outcomes(arm, [design], seed)[0, metric] for seed in range(pairs)] for arm in (dearer, closed)]
    parts = np.array(runs)
    effect = contrast(parts[..., 0], parts[..., 1], np.array([1.0, -1.0]), ratio=METRICS["operating_margin"].ratio)
    found = np.array([effect.low, effect.effect, effect.high])
    passed = bool(np.allclose(found, -planted, rtol=0.0, atol=1e-9))
    detail = f"{-100 * planted:.2f} pp of operating margin planted in {world.name}, found"
    low, middle, high = 100 * found
    return Control("planted effect, alone", passed, f"{detail} {middle:.6f} [{low:.6f}, {high:.6f}] in {pairs} pairs")


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
    for organization in SEATINGS:
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


def _outcomes(world: Scenario, designs: Sequence[Design], seed: int = SEED) -> NDArray[np.float64]:
    past = RevenueOrganization(world, seed=seed)
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
