"""An outcome of the factorial's cells taken apart into seat, person and fit, world by world."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from scipy.stats import t as student

from revorg.experiments.analysis.contrasts import Floats, jackknife_error, t_point
from revorg.experiments.claims.claim import Factorial, Term
from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.experiments.runs.pairs import Measurements
from revorg.simulation.metrics import METRICS

PARTS = ("seat", "person", "fit")
ALL_WORLDS = "all four"


@dataclass(frozen=True)
class Share:
    """How much of the differences between a world's cells one part makes up.

    Attributes
    ----------
    world : str
    part : {"seat", "person", "fit"}
    sum_of_squares : float
        Freed of the noise that any estimate of cells carries, so that a part that is not there is zero on
        average and may come out slightly below.
    share, low, high : float
        Of the sum over parts, with a 95 % jackknife interval over seeds.
    """

    world: str
    part: str
    sum_of_squares: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Matching:
    """How the registered matching of persons to seats does among all one-to-one matchings.

    Attributes
    ----------
    world : str
        A world, or all of them.
    rank, of : int
        Place among how many, 1 the best.
    registered, best : str
        The registered matching, and the best in this sample.
    advantage, low, high : float
        By how much its cells exceed those of the average matching, per cell, with a 95 % interval.
    """

    world: str
    rank: int
    of: int
    registered: str
    best: str
    advantage: float
    low: float
    high: float


@dataclass(frozen=True)
class Reversal:
    """Two designs of which each is the better one in some world, beyond chance.

    Attributes
    ----------
    first, second : str
        Designs, as ``seat:holder``.
    better_first, better_second : str
        A world in which the first is better, and one in which the second is.
    """

    first: str
    second: str
    better_first: str
    better_second: str


@dataclass(frozen=True)
class Decomposition:
    """Cell = grand mean + seat + person + fit, in each world.

    Attributes
    ----------
    metric : str
    factorial : Factorial
    pairs : int
        Seeds that every cell rests on.
    cells : array, shape (worlds, seats, persons)
        Estimated outcome of each cell, in the metric's unit.
    shares : tuple of Share
        One a world and part.
    matchings : tuple of Matching
        One a world, and one for all worlds at the end.
    reversals : tuple of Reversal
        Pairs of designs that change rank between worlds: differences of both signs whose intervals are clear of zero
        at 95 % for all pairs and worlds together (Bonferroni).
    """

    metric: str
    factorial: Factorial
    pairs: int
    cells: Floats
    shares: tuple[Share, ...]
    matchings: tuple[Matching, ...]
    reversals: tuple[Reversal, ...]


def fit_of(cells: Floats) -> Floats:
    """Return what seat and person leave unexplained; the last two axes are seats and persons.

    Examples
    --------
    >>> fit_of(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    by_seat = cells.mean(axis=-1, keepdims=True)
    by_person = cells.mean(axis=-2, keepdims=True)
    grand = cells.mean(axis=(-2, -1), keepdims=True)
    return np.asarray(cells - by_seat - by_person + grand)


def sums_of_squares(cells: Floats) -> Floats:
    """Return the sums of squares of seat, person and fit; shape (..., 3)."""
    seats, persons = cells.shape[-2:]
    grand = cells.mean(axis=(-2, -1))[..., None]
    seat = persons * ((cells.mean(axis=-1) - grand) ** 2).sum(axis=-1)
    person = seats * ((cells.mean(axis=-2) - grand) ** 2).sum(axis=-1)
    return np.stack([seat, person, (fit_of(cells) ** 2).sum(axis=(-2, -1))], axis=-1)


def without_noise(total: Floats, own: Floats, seeds: int) -> Floats:
    """Return sums of squares of the mean cells that noise does not raise: products of different seeds only.

    Parameters
    ----------
    total : array, shape (..., seats, persons)
        Cells added up over seeds.
    own : array, shape (..., 3)
        Sums of squares of each seed's cells, added up over seeds.
    """
    return (sums_of_squares(total) - own) / (seeds * (seeds - 1))


def without_each_seed(numerators: Floats, denominators: Floats, *, ratio: bool) -> tuple[Floats, Floats]:
    """Return estimates of some outcomes, and the estimates with each seed left out.

    Parameters
    ----------
    numerators, denominators : array, shape (outcomes, seeds)
    ratio : bool
        Whether an outcome is a ratio of sums over seeds; otherwise it is the mean of the seeds' ratios.

    Returns
    -------
    estimates : array, shape (outcomes,)
    left_out : array, shape (seeds, outcomes)
    """
    if not ratio:
        numerators, denominators = numerators / denominators, np.ones_like(denominators)
    top, bottom = numerators.sum(axis=1), denominators.sum(axis=1)
    left_out = (top[:, None] - numerators) / (bottom[:, None] - denominators)
    return np.asarray(top / bottom), np.asarray(left_out.T)


def take_apart(measurements: Measurements, factorial: Factorial, metric: str) -> Decomposition | None:
    """Take an outcome of the factorial's cells apart; None when fewer than three seeds have all the cells.

    Parameters
    ----------
    measurements : Measurements
    factorial : Factorial
        Seats, persons, worlds and the registered matching.
    metric : str
        A name in ``METRICS``.
    """
    terms = [Term(weight=1, world=world, design=design) for world in factorial.worlds for design in factorial.designs]
    seeds = measurements.seeds((term.world, term.design, FOUR_YEARS) for term in terms)
    if len(seeds) < 3:
        return None
    numerators, denominators = measurements.parts(metric, [term.place for term in terms], seeds)
    if (denominators.sum(axis=1) == 0).any() or not (METRICS[metric].ratio or denominators.all()):
        return None
    estimates, left_out = without_each_seed(numerators, denominators, ratio=METRICS[metric].ratio)
    shape = (len(factorial.worlds), len(factorial.seats), len(factorial.persons))
    cells, cells_without = estimates.reshape(shape), left_out.reshape(-1, *shape)
    return Decomposition(
        metric,
        factorial,
        len(seeds),
        cells,
        shares_of(cells, cells_without, factorial.worlds),
        _matchings(cells, cells_without, factorial),
        _reversals(cells, cells_without, factorial),
    )


def shares_of(cells: Floats, cells_without: Floats, worlds: Sequence[str]) -> tuple[Share, ...]:
    """Return what seat, person and fit have of the differences between cells, with intervals, freed of noise.

    Parameters
    ----------
    cells : array, shape (worlds, seats, persons)
    cells_without : array, shape (seeds, worlds, seats, persons)
        Cells with each seed left out.
    worlds : sequence of str
    """
    seeds = len(cells_without)
    by_seed = seeds * cells - (seeds - 1) * cells_without  # each seed's own cells, linearized where they are ratios
    total, own = by_seed.sum(axis=0), sums_of_squares(by_seed)
    squares = without_noise(total, own.sum(axis=0), seeds)
    squares_without = without_noise(total - by_seed, own.sum(axis=0) - own, seeds - 1)
    shares = squares / squares.sum(axis=-1, keepdims=True)
    error = jackknife_error(squares_without / squares_without.sum(axis=-1, keepdims=True))
    low, high = shares - t_point(seeds) * error, shares + t_point(seeds) * error
    return tuple(
        Share(world, part, *(float(column[w, p]) for column in (squares, shares, low, high)))
        for w, world in enumerate(worlds)
        for p, part in enumerate(PARTS)
    )


def _matchings(cells: Floats, cells_without: Floats, factorial: Factorial) -> tuple[Matching, ...]:
    ways = list(permutations(factorial.matching.values()))
    registered = ways.index(tuple(factorial.matching[seat] for seat in factorial.seats))
    names = [", ".join(map(" ".join, zip(factorial.seats, way, strict=True))) for way in ways]
    worth = _worth(cells[None], ways, factorial)[0]
    worth_without = _worth(cells_without, ways, factorial)
    advantage = worth[:, registered] - worth.mean(axis=1)
    error = jackknife_error(worth_without[:, :, registered] - worth_without.mean(axis=2))
    margin = t_point(len(cells_without)) * error
    return tuple(
        Matching(
            world=world,
            rank=1 + int((worth[w] > worth[w, registered]).sum()),
            of=len(ways),
            registered=names[registered],
            best=names[int(worth[w].argmax())],
            advantage=float(advantage[w]),
            low=float(advantage[w] - margin[w]),
            high=float(advantage[w] + margin[w]),
        )
        for w, world in enumerate([*factorial.worlds, ALL_WORLDS])
    )


def _reversals(cells: Floats, cells_without: Floats, factorial: Factorial) -> tuple[Reversal, ...]:
    """Find the pairs of designs that change rank between worlds, each with the worlds where that is clearest."""
    names = factorial.designs
    by_design = cells.reshape(len(factorial.worlds), len(names))
    without = cells_without.reshape(len(cells_without), len(factorial.worlds), len(names))
    pairs = list(combinations(range(len(names)), 2))
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    difference = by_design[:, one] - by_design[:, other]
    error = jackknife_error(without[:, :, one] - without[:, :, other])
    seeds = len(cells_without)
    point = float(student.ppf(1.0 - 0.025 / (len(pairs) * len(factorial.worlds)), seeds - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        clear = np.where(error > 0.0, difference / error, 0.0)
    found = np.flatnonzero((clear.max(axis=0) > point) & (clear.min(axis=0) < -point))
    return tuple(
        Reversal(
            first=names[one[pair]],
            second=names[other[pair]],
            better_first=factorial.worlds[int(clear[:, pair].argmax())],
            better_second=factorial.worlds[int(clear[:, pair].argmin())],
        )
        for pair in found
    )


def _worth(cells: Floats, ways: Sequence[Sequence[str]], factorial: Factorial) -> Floats:
    """Return the mean cell of every matching, in each world and over all: (samples, worlds + 1, ways)."""
    rows = np.arange(len(factorial.seats))
    columns = np.array([[factorial.persons.index(person) for person in way] for way in ways])
    worth = cells[:, :, rows, columns].mean(axis=-1)
    return np.concatenate([worth, worth.mean(axis=1, keepdims=True)], axis=1)
