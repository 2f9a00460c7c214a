"""Which side, which world, which seat: what is planted in one place is found there and nowhere else."""

from collections.abc import Sequence
from math import nan
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import stats

from revorg.experiments.analysis.contrasts import jackknife_error
from revorg.experiments.claims.claim import Claim, Factorial, Outcome, Term, read_registry, registry
from revorg.experiments.claims.decomposition import (
    ALL_WORLDS,
    Decomposition,
    _matchings,
    _reversals,
    shares_of,
    sums_of_squares,
    take_apart,
    without_each_seed,
    without_noise,
)
from revorg.experiments.claims.verdicts import combine, false_support_bound, finding, judge
from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.experiments.runs.pairs import Measurements, Task, TaskResult
from revorg.simulation.errors import BadInput
from revorg.simulation.metrics import METRICS

WORLDS = ("w", "v")
SMALL = Factorial(seats=("s", "t"), persons=("a", "b", "c"), worlds=WORLDS, matching={"s": "b", "t": "c"})

# Claims


def outcome(**given: object) -> Outcome:
    """Return an outcome."""
    return Outcome.model_validate({"metric": "arr_growth", "contrast": "c", "predicts": "+", "sesoi": 0.01, **given})


def term(weight: float | str, world: str, design: str = "a:b") -> Term:
    """Return a term."""
    return Term.model_validate({"weight": weight, "world": world, "design": design})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "an outcome needs designs or terms"),
        ({"designs": {"a:b": 1, "c:d": -0.9}}, "weights of designs sum to 0.1, a contrast needs 0"),
        ({"designs": {"a:b": -1, "c:d": 0.9}}, "weights of designs sum to -0.1, a contrast needs 0"),
        ({"terms": [term(1, "w"), term(-0.9, "v")]}, "weights of terms sum to 0.1, a contrast needs 0"),
        ({"designs": {"a:b": 1, "c:d": -1}, "terms": [term(1, "w")]}, "weights of terms sum to 1"),
        ({"designs": {"a:b": 1, "c:d": -1.00000001}}, "a contrast needs 0"),
        ({"designs": {"a:b": True, "c:d": -1}}, r"a weight is a number in −1000\.\.1000 or a fraction such as '1/12'"),
        ({"designs": {"a:b": 1, "c:d": -1}, "sesoi": nan}, "sesoi"),
        ({"designs": {"a:b": 1, "c:d": -1}, "sesoi": -0.001}, "sesoi"),
        ({"designs": {"a:b": 1, "c:d": -1}, "window": "0_52"}, "expected first-last weeks"),
    ],
)
def test_what_is_no_contrast_is_refused(given: dict[str, object], message: str) -> None:
    """Weights of designs and of terms alike sum to zero, up to rounding."""
    with pytest.raises(ValidationError, match=message):
        outcome(**given)


def test_weights_stay_as_they_are_written() -> None:
    """Neither scaled nor rounded; thirds that sum to zero but for rounding are accepted; a SESOI may be zero."""
    found = outcome(designs={"a:b": "2/3", "c:d": "-1/3", "e:f": "-1/3"}, sesoi=0)
    assert found.designs == {"a:b": 2 / 3, "c:d": -1 / 3, "e:f": -1 / 3}
    big = outcome(terms=[term(3, "w"), term(-2, "v"), term(-1, "v", "c:d")], window="0-52")
    assert [one.weight for one in big.summands(WORLDS)] == [3, -2, -1]
    doubled = outcome(designs={"a:b": 2, "c:d": -2}, worlds={"w": 3, "v": -1}, window="52-104")
    assert {one.window for one in doubled.summands(("x",))} == {"52-104"}
    assert [(one.world, one.design, one.weight) for one in doubled.summands(("x",))] == [
        ("w", "a:b", 6), ("w", "c:d", -6), ("v", "a:b", -2), ("v", "c:d", 2),
    ]  # fmt: skip


def test_terms_and_products_by_world() -> None:
    """Each world has the designs' contrast, unweighed, and its own terms; a term's world is a world."""
    terms = [term(1, "w"), term(-1, "u", "c:d")]
    found = outcome(designs={"a:b": 1, "c:d": -1}, terms=terms, window="52-104")
    by_world = found.summands_by_world(WORLDS)
    assert list(by_world) == ["w", "v", "u"]
    weights = {world: [(one.design, one.weight, one.window) for one in some] for world, some in by_world.items()}
    product = [("a:b", 1, "52-104"), ("c:d", -1, "52-104")]
    assert weights["w"] == [*product, ("a:b", 1, FOUR_YEARS)]
    assert weights["v"] == product
    assert weights["u"] == [*product, ("c:d", -1, FOUR_YEARS)]
    assert all(one.world == world for world, some in by_world.items() for one in some)
    assert [one.weight for one in found.summands(WORLDS)] == [0.5, -0.5, 0.5, -0.5, 1, -1]
    assert outcome(terms=terms).summands_by_world(WORLDS).keys() == {"w", "u"}
    assert term(1, "w").place == ("w", "a:b", FOUR_YEARS)


# Verdicts


def test_most_is_not_all() -> None:
    """Two of three supported are partly supported, in whatever order; all are needed."""
    for rest in ("undecided", "small", "contradicted", "no material difference", "answered +"):
        assert combine(["supported", "supported", rest]) == combine([rest, "supported", "supported"]) == "partly"
    assert combine(["supported"] * 3) == "supported"
    assert combine(["undecided", "undecided", "contradicted"]) == "contradicted"
    assert combine(["answered +", "answered −"]) == "answered"


def test_smallest_effect_and_target_have_their_own_places() -> None:
    """An effect between the two is no support, and an interval between the two is not precise."""
    assert judge(0.75, 0.74, 0.76, sesoi=1, target=0.5, predicts="+") == "small"
    assert finding(0.75, -0.05, 1.55, sesoi=1, target=0.5) == "undecided"
    assert finding(0.75, -0.05, 1.55, sesoi=1, target=0.8) == "borderline"
    assert judge(-0.75, -0.76, -0.74, sesoi=0.5, target=1, predicts="−") == "supported"


def test_bound_on_false_support_by_hand() -> None:
    """The tail beyond the SESOI or the end of the interval, whichever is farther; edges by hand."""
    point = stats.t.ppf(0.975, 31)
    assert false_support_bound(0.5, 1, 32) == pytest.approx(stats.t.sf(2 * point, 31))
    assert false_support_bound(2.0, 1, 32) == pytest.approx(0.025)
    assert false_support_bound(0.0, 1, 32) == 0.0
    assert false_support_bound(0.0, 0, 32) == false_support_bound(nan, 1, 32) == false_support_bound(0.5, 1, 1) == 0.025
    assert false_support_bound(0.0, 1, 1) == 0.0
    assert false_support_bound(0.5, 1, 2) == pytest.approx(stats.t.sf(2 * stats.t.ppf(0.975, 1), 1))


# Decompositions


def small(cells: NDArray[np.float64], noise: NDArray[np.float64]) -> Decomposition:
    """Take cells apart whose seeds differ by noise, of shape (worlds, seats, persons, seeds)."""
    measurements = Measurements()
    seeds = noise.shape[-1]
    metric = list(METRICS).index("arr_growth")
    for w, world in enumerate(WORLDS):
        for seed in range(seeds):
            parts = np.ones((len(SMALL.designs), 1, len(METRICS), 2))
            parts[:, 0, metric, 0] = (cells[w] + noise[w, ..., seed]).ravel()
            measurements.add(TaskResult(Task(world, seed, tuple(SMALL.designs), (FOUR_YEARS,)), parts))
    found = take_apart(measurements, SMALL, "arr_growth")
    assert found is not None
    return found


CELLS = np.array([[[1.0, 2.0, 4.0], [7.0, 5.0, 6.0]], [[9.0, 8.0, 3.0], [2.0, 1.0, 0.0]]])


def ripple(seeds: int, size: float) -> NDArray[np.float64]:
    """Return noise of every cell that adds up to nothing over seeds."""
    drawn = np.random.default_rng(3).normal(0, size, (*CELLS.shape, seeds))
    return np.asarray(drawn - drawn.mean(axis=-1, keepdims=True))


def test_cells_are_where_they_were_put() -> None:
    """World, seat and person each on its own axis; pairs are counted."""
    found = small(CELLS, ripple(5, 0.1))
    assert found.cells == pytest.approx(CELLS)
    assert (found.metric, found.pairs) == ("arr_growth", 5)
    assert [(share.world, share.part) for share in found.shares] == [
        (world, part) for world in WORLDS for part in ("seat", "person", "fit")
    ]


def test_shares_by_hand() -> None:
    """Cells 1 2 4 / 7 5 6: squares of seat, person and fit, their shares, and nothing of noise where there is none."""
    found = small(CELLS, np.zeros((*CELLS.shape, 4))).shares
    grand, seats, persons = CELLS[0].mean(), CELLS[0].mean(axis=1), CELLS[0].mean(axis=0)
    seat, person = 3 * ((seats - grand) ** 2).sum(), 2 * ((persons - grand) ** 2).sum()
    fit = ((CELLS[0] - seats[:, None] - persons + grand) ** 2).sum()
    assert [share.sum_of_squares for share in found[:3]] == pytest.approx([seat, person, fit])
    whole = seat + person + fit
    for share, part in zip(found[:3], (seat, person, fit), strict=True):
        assert (share.share, share.low, share.high) == pytest.approx((part / whole,) * 3)


def test_intervals_of_shares_are_those_of_the_jackknife() -> None:
    """Share ± t · error, the error from leaving out each seed in turn and taking the rest apart anew."""
    noise = ripple(6, 0.3)
    seen = CELLS[..., None] + noise
    found = small(CELLS, noise).shares

    def shares(kept: Sequence[int]) -> NDArray[np.float64]:
        each = np.moveaxis(seen[..., kept], -1, 0)
        squares = without_noise(each.sum(axis=0), sums_of_squares(each).sum(axis=0), len(kept))
        return np.asarray(squares / squares.sum(axis=-1, keepdims=True))

    left_out = np.array([shares([seed for seed in range(6) if seed != out]) for out in range(6)])
    margins = stats.t.ppf(0.975, 5) * jackknife_error(left_out)
    for share, expected, margin in zip(found, shares(range(6)).ravel(), margins.ravel(), strict=True):
        assert (share.share, share.low, share.high) == pytest.approx((expected, expected - margin, expected + margin))


def test_noise_is_taken_off_by_products_of_different_seeds() -> None:
    """Two seeds: of the squares only twice the product of the two is left."""
    one, other = CELLS[0], CELLS[1]
    own = sums_of_squares(one) + sums_of_squares(other)
    products = (sums_of_squares(one + other) - own) / 2
    assert without_noise(one + other, own, 2) == pytest.approx(products)
    assert shares_of(CELLS[:1], np.stack([CELLS[:1]] * 3), ("w",))[0].world == "w"


def test_matchings_by_hand() -> None:
    """Two seats, two registered persons: b, c against c, b; their mean cells, ranks and advantage."""
    found = small(CELLS, np.zeros((*CELLS.shape, 3))).matchings
    worths = [((2 + 6) / 2, (4 + 5) / 2), ((8 + 0) / 2, (3 + 1) / 2)]
    means = [*worths, tuple(np.mean(worths, axis=0))]
    assert [one.world for one in found] == [*WORLDS, ALL_WORLDS]
    for one, (ours, others) in zip(found, means, strict=True):
        assert (one.of, one.registered) == (2, "s b, t c")
        assert one.rank == 1 + (others > ours)
        assert one.best == ("s c, t b" if others > ours else "s b, t c")
        assert (one.advantage, one.low, one.high) == pytest.approx(((ours - others) / 2,) * 3)
    assert [one.rank for one in found] == [2, 1, 1]


def test_interval_of_the_advantage() -> None:
    """The mean over seeds of the registered matching less the average one, with its t interval."""
    noise = ripple(8, 0.5)
    found = small(CELLS, noise).matchings
    seen = CELLS[..., None] + noise
    registered, other = (seen[:, 0, 1] + seen[:, 1, 2]) / 2, (seen[:, 0, 2] + seen[:, 1, 1]) / 2
    advantage = registered - (registered + other) / 2
    for one, sample in zip(found, [*advantage, advantage.mean(axis=0)], strict=True):
        margin = stats.t.ppf(0.975, 7) * sample.std(ddof=1) / np.sqrt(8)
        assert (one.low, one.high) == pytest.approx((sample.mean() - margin, sample.mean() + margin))


def reversed_by(share: float, seeds: int = 16, in_both: float = 1) -> tuple[list[tuple[str, str, str, str]], float]:
    """Plant a reversal, s:a against s:b, so many times what Bonferroni asks for, in both worlds alike or not."""
    pairs = 6 * 5 / 2
    point = float(stats.t.ppf(1 - 0.025 / (pairs * len(WORLDS)), seeds - 1))
    wave = np.where(np.arange(seeds) % 2, 1.0, -1.0)
    error = wave.std(ddof=1) / np.sqrt(seeds)
    cells = np.zeros(CELLS.shape)
    cells[0, 0, 0], cells[1, 0, 0] = share * point * error, -in_both * share * point * error
    noise = np.zeros((*CELLS.shape, seeds))
    noise[:, 0, 0] = wave
    noise[:, 1:] = noise[:, :, 1:] = np.random.default_rng(1).normal(0, 50, seeds)
    noise[:, 0, 1] = 0
    found = small(cells, noise).reversals
    return [(one.first, one.second, one.better_first, one.better_second) for one in found], point


def test_a_reversal_has_its_sides() -> None:
    """The first is better in the world named first, and only beyond what all pairs and worlds together ask for."""
    found, point = reversed_by(1.01)
    assert found == [("s:a", "s:b", "w", "v")]
    assert point > 1.3 * stats.t.ppf(0.975, 15)
    assert reversed_by(0.99)[0] == []
    assert reversed_by(-1.01)[0] == [("s:a", "s:b", "v", "w")]
    assert reversed_by(1.01, in_both=0.98)[0] == reversed_by(-1.01, in_both=0.98)[0] == []
    assert reversed_by(1.01, in_both=-1)[0] == []


def test_two_equal_designs_change_no_rank() -> None:
    """No noise and no difference are nothing beyond chance; neither is a difference without noise, by rule."""
    nothing = np.zeros(CELLS.shape)
    assert _reversals(nothing, np.stack([nothing] * 4), SMALL) == ()
    cells_without = np.stack([CELLS] * 4)
    assert _reversals(CELLS, cells_without, SMALL) == ()
    assert len(_matchings(CELLS, cells_without, SMALL)) == 3


def test_too_few_seeds_or_empty_cells_are_not_taken_apart() -> None:
    """Three seeds at least; a cell that measures nothing ends it; a ratio may have an empty run among others."""
    metrics = {name: list(METRICS).index(name) for name in ("arr_growth", "win_rate")}

    def measured(seeds: int, empty: tuple[int, ...] = (), design: int = 2) -> Measurements:
        found = Measurements()
        for world in WORLDS:
            for seed in range(seeds):
                parts = np.ones((len(SMALL.designs), 1, len(METRICS), 2))
                parts[..., 0] = 1 + 0.1 * np.arange(len(SMALL.designs))[:, None, None] + 0.01 * seed
                parts[design, :, :, :] *= seed not in empty
                found.add(TaskResult(Task(world, seed, tuple(SMALL.designs), (FOUR_YEARS,)), parts))
        return found

    assert all(take_apart(measured(2), SMALL, metric) is None for metric in metrics)
    assert all(take_apart(measured(3), SMALL, metric) is not None for metric in metrics)
    assert take_apart(measured(5, empty=(1,)), SMALL, "arr_growth") is None
    assert take_apart(measured(5, empty=(1,)), SMALL, "win_rate") is not None
    assert all(take_apart(measured(4, empty=(0, 1, 2, 3)), SMALL, metric) is None for metric in metrics)


def test_ratios_in_cells_are_pooled() -> None:
    """A seed three times as large counts three times; the mean of ratios does not."""
    tops, bottoms = np.array([[3.0, 0.2, 0.2]]), np.array([[3.0, 1.0, 1.0]])
    assert without_each_seed(tops, bottoms, ratio=True)[0] == pytest.approx([3.4 / 5])
    assert without_each_seed(tops, bottoms, ratio=False)[0] == pytest.approx([1.4 / 3])


def test_registered_matching_is_a_matching() -> None:
    """Every seat has its own person, both of the factorial; designs run with persons fastest."""
    factorial = registry().factorial
    assert tuple(factorial.matching) == factorial.seats
    assert len(set(factorial.matching.values())) == len(factorial.seats)
    assert SMALL.designs == ["s:a", "s:b", "s:c", "t:a", "t:b", "t:c"]


SOURCE = '[source]\nid = "{0}"\ntitle = "t"\n'
FACTORIAL = '[factorial]\nseats = ["s"]\npersons = ["p"]\nworlds = ["w"]\nmatching = { s = "p" }\n'
CLAIM = """
[[claims]]
id = "claim-{0}"
text = "t"
basis = "stated"
by_construction = "no"
outcomes = [{ metric = "arr_growth", contrast = "c", predicts = "+", sesoi = 0, designs = { "a:b" = 1, "c:d" = -1 } }]
"""


def files(folder: Path, *texts: str) -> Path:
    """Write files of a registry, the last name first."""
    for place, text in enumerate(texts):
        (folder / f"{9 - place}.toml").write_text(text.replace("{0}", str(9 - place)), encoding="utf-8")
    return folder


def test_registry_of_several_files(tmp_path: Path) -> None:
    """In the order of their names, each claim with its file's source, one factorial for all; other files are left."""
    (tmp_path / "0.md").write_text("no TOML")
    book = read_registry(files(tmp_path, SOURCE + FACTORIAL + CLAIM, SOURCE + CLAIM))
    assert [source.id for source in book.sources] == ["8", "9"]
    assert [(claim.id, claim.source) for claim in book.claims] == [("claim-8", "8"), ("claim-9", "9")]
    assert book.factorial.worlds == ("w",)
    assert [claim.id for claim in book.select(["claim-9"])] == ["claim-9"]
    assert book.select() == book.claims


@pytest.mark.parametrize(("texts", "count"), [((SOURCE,), 0), ((SOURCE + FACTORIAL, SOURCE + FACTORIAL), 2)])
def test_registry_has_one_factorial(texts: tuple[str, ...], count: int, tmp_path: Path) -> None:
    """Neither none nor two."""
    folder = files(tmp_path, *("claims = []\n" + text for text in texts))
    with pytest.raises(BadInput, match=rf"registry: {count} files hold a \[factorial\], expected one"):
        read_registry(folder)


def test_registry_without_a_source_is_told(tmp_path: Path) -> None:
    """Claims of nobody's are refused by the file's name."""
    with pytest.raises(BadInput, match=r"9\.toml \[source\]"):
        read_registry(files(tmp_path, FACTORIAL + CLAIM))


def test_forced_sign_goes_with_its_mark() -> None:
    """A rule is named when the outcome is by construction, wholly or in part, and only then."""
    row = {
        "id": "c", "source": "1", "text": "t", "basis": "stated", "outcomes": [outcome(designs={"a:b": 1, "c:d": -1})],
    }  # fmt: skip
    for mark, sign, sound in (("no", "", 1), ("no", "r", 0), ("yes", "", 0), ("yes", "r", 1), ("in part", "r", 1)):
        given = {**row, "by_construction": mark, "forced_sign": sign}
        if sound:
            assert Claim.model_validate(given).forced_sign == sign
        else:
            with pytest.raises(ValidationError, match="forced_sign goes with by_construction 'in part' or 'yes'"):
                Claim.model_validate(given)
    with pytest.raises(ValidationError, match="outcomes"):
        Claim.model_validate({**row, "by_construction": "no", "outcomes": []})
    with pytest.raises(ValidationError, match="frozen"):
        Claim.model_validate({**row, "by_construction": "no"}).text = "u"
