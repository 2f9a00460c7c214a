"""How much a leader is worth, for the scale of it: no target, and no sign that anything hangs on.

Lazear, Shaw and Stanton (2015) found that a supervisor of the highest tenth in place of one of the lowest raises a
team's output by about as much as one more worker in a team of nine. Here persons are drawn, with skills of one total,
and put into one seat on the same seeds. Those who come out best and worst owe some of it to the seeds that picked them;
so they are judged on others. Beside them stand two persons of even skills whose totals are one standard deviation above
and below, and all leaders working a tenth more hours.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np

from revorg.experiments.analysis.contrasts import Effect, Floats, pooled_contrast
from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.experiments.runs.pairs import Measurements, PairedRuns, Task, tasks_of
from revorg.experiments.runs.progress import Progress
from revorg.scenarios.loading import load
from revorg.simulation.organization import DOMAINS

WORLDS = ("simple-single", "complex-multi")
SEAT = "cro"
METRIC = "new_arr"
PUBLISHED = 1.0 / 9.0
"""What one more worker adds to a team of nine."""
TOTAL = 2.4
SPREAD = sqrt(len(DOMAINS) / 12.0)
"""Standard deviation of the total of skills that are drawn apart, each evenly between 0 and 1."""
MORE_HOURS = 1.1
PICKING, JUDGING = range(8), range(8, 40)
"""Seeds."""
DRAWN_WITH = 12
EVEN, ABLE, UNABLE = "even", "able", "unable"
LONGER = "longer"


@dataclass(frozen=True)
class Gap:
    """What a difference between leaders is worth in one world.

    Attributes
    ----------
    world, difference : str
    effect : Effect
        In new ARR, as a share of what the firm wins with the person of even skills.
    picked_with : float
        The same on the seeds that picked the persons; NaN where nobody was picked.
    """

    world: str
    difference: str
    effect: Effect
    picked_with: float = nan


def drawn_persons(count: int) -> dict[str, dict[str, float]]:
    """Draw persons evenly among all whose four skills, each within 0..1, have the same total.

    Collaboration is drawn within 0..1, habit is an ordinary person's, and inclination follows the skills. The first
    persons are the same however many are drawn.
    """
    chance = np.random.default_rng(DRAWN_WITH)
    persons: dict[str, dict[str, float]] = {}
    while len(persons) < count:
        skills = TOTAL * chance.dirichlet(np.ones(len(DOMAINS)))
        if skills.max() <= 1.0:
            named = dict(zip(DOMAINS, skills.tolist(), strict=True))
            persons[f"drawn_{len(persons) + 1}"] = named | {"collaboration": float(chance.random())}
    return persons


def even_person(total: float) -> dict[str, float]:
    """Return a person who is equally good at everything."""
    return dict.fromkeys(DOMAINS, total / len(DOMAINS))


def with_more_hours(world: str) -> dict[str, Any]:
    """Return settings under which every leader works a tenth more from week 0 on, in copies of the seats in force."""
    tables = load(world).with_leader(SEAT, "generalist").as_tables()
    members = tables["organization"]
    made: dict[str, Any] = {}
    for place, member in members.items():
        seat = tables["seats"][member["seat"]]
        made[f"seats.{member['seat']}_{LONGER}"] = seat | {"week_hours": MORE_HOURS * seat["week_hours"]}
        above = member.get("reports_to")
        made[f"organization.{place}"] = member | {
            "seat": f"{member['seat']}_{LONGER}",
            "reports_to": above and f"{above}_{LONGER}",
        }
    return made


def gaps_of(persons: int, workers: int, progress: Progress) -> list[Gap]:
    """Run what is needed and return every difference in every world; what was run before is taken from the cache.

    Parameters
    ----------
    persons : int
        How many are drawn.
    workers : int
        Processes.
    progress : Progress
    """
    drawn = drawn_persons(persons)
    totals = {EVEN: TOTAL, ABLE: TOTAL + SPREAD, UNABLE: TOTAL - SPREAD}
    catalogue = drawn | {name: even_person(total) for name, total in totals.items()}
    found = Measurements()
    with PairedRuns(workers) as pool:
        _run(catalogue, {world: [*drawn, EVEN] for world in WORLDS}, PICKING, found, pool, progress)
        ends = {world: ranked(found, world, list(drawn)) for world in WORLDS}
        judged = {world: [*tenth(ranks), *tenth(ranks[::-1]), *totals] for world, ranks in ends.items()}
        _run(catalogue, judged, JUDGING, found, pool, progress)
        for world in WORLDS:
            longer = json.dumps({f"profiles.{EVEN}": catalogue[EVEN], **with_more_hours(world)})
            tasks = tasks_of([(world, f"{SEAT}_{LONGER}:{EVEN}")], JUDGING, (FOUR_YEARS,), longer)
            _carry_out(tasks, f"More hours, {world}", found, pool, progress)
    return [gap for world in WORLDS for gap in _gaps(found, world, ends[world])]


def _run(
    catalogue: dict[str, dict[str, float]],
    persons: Mapping[str, Sequence[str]],
    seeds: range,
    found: Measurements,
    pool: PairedRuns,
    progress: Progress,
) -> None:
    changes = json.dumps({f"profiles.{name}": person for name, person in catalogue.items()})
    cells = {(world, f"{SEAT}:{name}") for world, names in persons.items() for name in names}
    what = "Picking persons" if seeds is PICKING else "Judging them"
    _carry_out(tasks_of(cells, seeds, (FOUR_YEARS,), changes), what, found, pool, progress)


def _carry_out(tasks: Sequence[Task], what: str, found: Measurements, pool: PairedRuns, progress: Progress) -> None:
    with progress.counting(what, len(tasks)) as counter:
        for outcomes in pool.run(tasks):
            found.add(outcomes)
            counter.advance()


def ranked(found: Measurements, world: str, names: Sequence[str]) -> list[str]:
    """Return persons from best to worst on the seeds that pick them."""
    worth = _worth(found, world, [f"{SEAT}:{name}" for name in names], PICKING).mean(axis=1)
    return [names[place] for place in np.argsort(-worth, kind="stable")]


def tenth(ranks: Sequence[str]) -> Sequence[str]:
    """Return the first tenth, of any persons at least one."""
    return ranks[: max(1, round(len(ranks) / 10))]


def _gaps(found: Measurements, world: str, ranks: Sequence[str]) -> list[Gap]:
    def gap(difference: str, more: Sequence[str], less: Sequence[str], picked: bool = False) -> Gap:
        groups = [[f"{SEAT}:{name}" for name in names] for names in (more, less)]
        before = _share(found, world, groups, PICKING).effect if picked else nan
        return Gap(world, difference, _share(found, world, groups, JUDGING), before)

    longer = _share(found, world, [[f"{SEAT}_{LONGER}:{EVEN}"], [f"{SEAT}:{EVEN}"]], JUDGING)
    return [
        gap(f"the best against the worst of {len(ranks)}", ranks[:1], ranks[-1:], picked=True),
        gap("the highest tenth against the lowest", tenth(ranks), tenth(ranks[::-1]), picked=True),
        gap(f"total skill {TOTAL} + {SPREAD:.2f} against {TOTAL}", [ABLE], [EVEN]),
        gap(f"total skill {TOTAL} − {SPREAD:.2f} against {TOTAL}", [UNABLE], [EVEN]),
        Gap(world, "a tenth more hours of all leaders", longer),
    ]


def _worth(found: Measurements, world: str, designs: Sequence[str], seeds: range) -> Floats:
    tops, bottoms = found.parts(METRIC, [(world, design, FOUR_YEARS) for design in designs], seeds)
    return tops / bottoms


def _share(found: Measurements, world: str, groups: Sequence[Sequence[str]], seeds: range) -> Effect:
    """Estimate one group's mean less the other's, as a share of what the even person brings."""
    worth = np.concatenate([_worth(found, world, names, seeds) for names in groups])
    even = np.broadcast_to(_worth(found, world, [f"{SEAT}:{EVEN}"], seeds), worth.shape)
    weights = [np.full(len(names), sign / len(names)) for names, sign in zip(groups, (1.0, -1.0), strict=True)]
    return pooled_contrast(worth, even, np.concatenate(weights))
