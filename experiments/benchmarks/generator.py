"""Try the model's generator of chance hard, and write what came of it.

Every draw of the model is a pure function of seed, purpose, entity and week, so that four walks through these keys are
tried like four generators, and draws of neighbouring keys for their independence. Some minutes; not part of the tests:

    python -m revorg.experiments.benchmarks.generator

Sources: Knuth (1997), The Art of Computer Programming 2, 3.3 (chi-square, Kolmogorov–Smirnov, serial test); Marsaglia &
Tsang (2002), "Some difficult-to-pass tests of randomness" (birthday spacings).
"""

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from revorg.experiments.reports.generated import parser_of
from revorg.simulation.chance import exponential, normal, stream, uniform
from revorg.simulation.compiling import loop
from revorg.simulation.fingerprint import fingerprint

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
REPORT = "experiments/benchmarks/results/generator.md"
Key = tuple[int, int, int, int]
"""Seed, purpose, entity, week."""

SEED, PURPOSE, ENTITY, WEEK = range(4)
KEYS = ("seed", "purpose", "entity", "week")
START: Key = (7, 3, 0, 0)
"""Where every walk begins: seed, purpose, entity, week."""
LENGTH = 1 << 24
"""Draws of one walk."""
BINS = 1 << 12
SIDE = 64
LAGS = 32
PAIR_LENGTH = 1 << 20
BIRTHDAYS, YEAR_BITS, ROUNDS = 1 << 12, 32, 2000
LONG_BIRTHDAYS, LONG_YEAR_BITS, LONG_ROUNDS = 1 << 20, 52, 8
FLIPS = 20_000
KEY_BITS = (31, 6, 51, 16)
"""Bits of each part of a key that the model can ask for (entities of probes are beyond 2^50)."""
GOLDEN = 0x9E3779B97F4A7C15
"""Step from one entity to the next, before the bits are scrambled."""
STREAM_SEEDS, STREAM_PURPOSES, STREAM_WEEKS, STREAM_BITS = 300, 42, 416, 24
SUSPICIOUS = 1e-3
"""The script fails when the smallest p-value, times the number of tests, is below this."""


@dataclass(frozen=True)
class Trial:
    """One test of a hypothesis that holds for perfect chance."""

    test: str
    of: str
    draws: int
    statistic: str
    p: float


@loop
def walk(values: Numbers, seed: int, purpose: int, entity: int, week: int, along: int, step: int) -> None:
    """Fill an array with the draws met on a walk along one part of the key."""
    for i in range(values.shape[0]):
        s, p, e, w = seed, purpose, entity, week
        if along == 0:
            s += step * i
        elif along == 1:
            p += step * i
        elif along == 2:
            e += step * i
        else:
            w += step * i
        values[i] = uniform(stream(s, p, w), e)


@loop
def count_cells(counts: Counts, values: Numbers, shift: float) -> None:
    """Count draws in equal cells, after the first bits have been taken off by `shift` (a power of two)."""
    cells = counts.shape[0]
    for i in range(values.shape[0]):
        rest = values[i] * shift
        counts[int((rest - math.floor(rest)) * cells)] += 1


@loop
def count_pairs(counts: Counts, first: Numbers, second: Numbers) -> None:
    """Count pairs of draws in the cells of a square."""
    side = counts.shape[0]
    for i in range(first.shape[0]):
        counts[int(first[i] * side), int(second[i] * side)] += 1


@loop
def correlations(sums: Numbers, values: Numbers) -> None:
    """Fill the correlations of a walk with itself at lags 1, 2, …, as standard normal figures."""
    for lag in range(1, sums.shape[0] + 1):
        total = 0.0
        for i in range(values.shape[0] - lag):
            total += (values[i] - 0.5) * (values[i + lag] - 0.5)
        sums[lag - 1] = 12.0 * total / math.sqrt(values.shape[0] - lag)


@loop
def repeated_spacings(values: Numbers, birthdays: int, year: float, shift: float) -> int:
    """Count spacings between sorted birthdays that occur more than once, over all rounds."""
    repeated = 0
    for start in range(0, values.shape[0] - birthdays + 1, birthdays):
        days = np.empty(birthdays, np.int64)
        for i in range(birthdays):
            rest = values[start + i] * shift
            days[i] = int((rest - math.floor(rest)) * year)
        days.sort()
        spacings = np.empty(birthdays, np.int64)
        spacings[0] = days[0]
        for i in range(1, birthdays):
            spacings[i] = days[i] - days[i - 1]
        spacings.sort()
        for i in range(1, birthdays):
            repeated += spacings[i] == spacings[i - 1]
    return repeated


@loop
def flipped_bits(counts: Counts, trials: int, along: int, bits: int) -> None:
    """Count, for every bit of one part of the key and every one of the first 32 bits of a draw, how often it flips."""
    key = np.empty(4, np.int64)
    limits = (31, 6, 22, 9)
    for trial in range(trials):
        for part in range(4):
            key[part] = int(uniform(stream(99, 2000 + part, 0), trial) * (1 << limits[part]))
        before = int(uniform(stream(key[0], key[1], key[3]), key[2]) * 4294967296.0)
        for bit in range(bits):
            other = key.copy()
            other[along] ^= 1 << bit
            after = int(uniform(stream(other[0], other[1], other[3]), other[2]) * 4294967296.0)
            for place in range(32):
                counts[bit, place] += ((before ^ after) >> place) & 1


@loop
def fill_places(places: NDArray[np.uint64], seeds: int, purposes: int, weeks: int, inverse: np.uint64) -> None:
    """Fill an array with the places of streams on the circle of 2^64 counters that all entities walk along."""
    i = 0
    for seed in range(seeds):
        for purpose in range(purposes):
            for week in range(weeks):
                places[i] = stream(seed, purpose + 1, week - 104) * inverse
                i += 1


@loop
def fill_shapes(normals: Numbers, exponentials: Numbers, seed: int) -> None:
    """Fill arrays with normal and exponential draws."""
    first, second = stream(seed, 3001, 0), stream(seed, 3002, 0)
    for i in range(normals.shape[0]):
        normals[i], exponentials[i] = normal(first, i), exponential(second, i)


def walked(along: int, length: int = LENGTH, start: Key = START, step: int = 1) -> Numbers:
    """Return the draws of a walk."""
    values = np.empty(length)
    walk(values, *start, along, step)
    return values


def chi_square(counts: Counts) -> tuple[str, float]:
    """Return the statistic, standardized, and the p-value of equal cells (two-sided: too even is wrong as well)."""
    found = stats.chisquare(counts.ravel())
    freedom = counts.size - 1
    p = 2.0 * min(found.pvalue, 1.0 - found.pvalue)
    return f"χ² = {found.statistic:,.0f} on {freedom:,}", float(p)


def poisson(count: int, mean: float) -> tuple[str, float]:
    """Return the statistic and the two-sided p-value of a Poisson count."""
    low, high = stats.poisson.cdf(count, mean), stats.poisson.sf(count - 1, mean)
    return f"{count:,} against {mean:,.0f}", float(min(1.0, 2.0 * min(low, high)))


def uniformity(values: Numbers, name: str) -> Iterator[Trial]:
    """Try whether draws are spread evenly, as numbers, in their first and in their later bits."""
    found = stats.kstest(values, "uniform", method="asymp")
    yield Trial("Kolmogorov–Smirnov", name, len(values), f"D = {found.statistic:.2e}", float(found.pvalue))
    for label, shift in (("bits 1–12", 0), ("bits 13–24", 12), ("bits 25–36", 24), ("bits 37–48", 36)):
        counts = np.zeros(BINS, np.int64)
        count_cells(counts, values, 2.0**shift)
        yield Trial(f"chi-square, {label}", name, len(values), *chi_square(counts))


def serial(values: Numbers, name: str) -> Iterator[Trial]:
    """Try whether neighbours of a walk know of each other."""
    sums = np.empty(LAGS)
    correlations(sums, values)
    worst = int(np.argmax(np.abs(sums)))
    p = float(stats.chi2.sf(np.sum(sums**2), LAGS))
    text = f"largest z = {sums[worst]:+.2f} (lag {worst + 1})"
    yield Trial(f"serial correlation, lags 1–{LAGS}", name, len(values), text, p)
    for lag in (1, 2):
        counts = np.zeros((SIDE, SIDE), np.int64)
        # Pairs that do not overlap, so that cells are independent.
        usable = len(values) - len(values) % (2 * lag)
        blocks = values[:usable].reshape(-1, 2, lag)
        count_pairs(counts, blocks[:, 0].ravel(), blocks[:, 1].ravel())
        yield Trial(f"serial pairs at lag {lag}", name, len(values), *chi_square(counts))


def birthdays(values: Numbers, name: str) -> Iterator[Trial]:
    """Try birthday spacings in the first bits and, with a longer year, in nearly all bits."""
    for label, shift in (("bits 1–32", 0), ("bits 21–52", 20)):
        used = values[: BIRTHDAYS * ROUNDS]
        count = repeated_spacings(used, BIRTHDAYS, 2.0**YEAR_BITS, 2.0**shift)
        mean = ROUNDS * BIRTHDAYS**3 / 2.0 ** (YEAR_BITS + 2)
        yield Trial(f"birthday spacings, {label}", name, len(used), *poisson(count, mean))
    used = values[: LONG_BIRTHDAYS * LONG_ROUNDS]
    count = repeated_spacings(used, LONG_BIRTHDAYS, 2.0**LONG_YEAR_BITS, 1.0)
    mean = LONG_ROUNDS * LONG_BIRTHDAYS**3 / 2.0 ** (LONG_YEAR_BITS + 2)
    yield Trial(f"birthday spacings, {LONG_YEAR_BITS} bits", name, len(used), *poisson(count, mean))


def neighbours() -> Iterator[tuple[str, Key, Key]]:
    """Yield pairs of keys whose streams have to be independent: one step along every part, and two at once."""
    for shift in range(8):
        here = (START[SEED] + 11 * shift, 1 + shift, 0, 13 * shift)
        yield "neighbouring seeds", here, _moved(here, SEED)
        yield "neighbouring purposes", here, _moved(here, PURPOSE)
        yield "neighbouring weeks", here, _moved(here, WEEK)
        yield "neighbouring entities", here, _moved(here, ENTITY, 1 << 21)
        yield "seed + 1, purpose − 1", here, _moved(_moved(here, SEED), PURPOSE, -1)
        yield "purpose + 1, week − 1", here, _moved(_moved(here, PURPOSE), WEEK, -1)
        yield "week + 1, entity − 1", _moved(here, ENTITY), _moved(here, WEEK)
        yield "weeks before and after 0", _moved(here, WEEK, -1 - 14 * shift), here
        yield "entity beyond 2^40", here, _moved(here, ENTITY, 1 << 40)
        yield "entity beyond 2^50", here, _moved(here, ENTITY, 1 << 50)


def _moved(key: Key, along: int, step: int = 1) -> Key:
    moved = list(key)
    moved[along] += step
    return moved[SEED], moved[PURPOSE], moved[ENTITY], moved[WEEK]


def independence() -> Iterator[Trial]:
    """Try streams of neighbouring keys against each other, entity by entity."""
    scores: dict[str, list[float]] = {}
    cells: dict[str, Counts] = {}
    for name, one, other in neighbours():
        first, second = (walked(ENTITY, PAIR_LENGTH, key) for key in (one, other))
        score = 12.0 * float(np.dot(first - 0.5, second - 0.5)) / math.sqrt(PAIR_LENGTH)
        scores.setdefault(name, []).append(score)
        count_pairs(cells.setdefault(name, np.zeros((SIDE, SIDE), np.int64)), first, second)
    for name, found in scores.items():
        draws = 2 * PAIR_LENGTH * len(found)
        p = float(stats.chi2.sf(np.sum(np.square(found)), len(found)))
        worst = max(found, key=abs)
        yield Trial("correlation", name, draws, f"largest z = {worst:+.2f} of {len(found)}", p)
        yield Trial("pairs", name, draws, *chi_square(cells[name]))


def overlaps() -> Iterator[Trial]:
    """Try whether streams begin where others pass oftener than places thrown at random would.

    A stream is a walk in equal steps from its key, so that two keys a few steps apart would share draws.
    """
    places = np.empty(STREAM_SEEDS * STREAM_PURPOSES * STREAM_WEEKS, np.uint64)
    inverse = np.uint64(pow(GOLDEN, -1, 1 << 64))
    fill_places(places, STREAM_SEEDS, STREAM_PURPOSES, STREAM_WEEKS, inverse)
    places.sort()
    near = int(np.count_nonzero(np.diff(places) < np.uint64(1 << STREAM_BITS)))
    mean = len(places) ** 2 * 2.0 ** (STREAM_BITS - 64)
    name = f"streams of {STREAM_SEEDS} seeds within 2^{STREAM_BITS} entities"
    yield Trial("overlaps", name, 0, *poisson(near, mean))


def avalanche() -> Iterator[Trial]:
    """Flip one bit of a key and see whether every bit of the draw flips in half of the cases."""
    for part, bits in enumerate(KEY_BITS):
        counts = np.zeros((bits, 32), np.int64)
        flipped_bits(counts, FLIPS, part, bits)
        scores = (counts - 0.5 * FLIPS) / math.sqrt(0.25 * FLIPS)
        worst = float(np.abs(scores).max())
        # The largest of so many standard normal scores.
        p = float(-np.expm1(counts.size * np.log1p(-2.0 * stats.norm.sf(worst))))
        text = f"worst share {0.5 + worst * 0.5 / math.sqrt(FLIPS):.4f} of {counts.size:,} (z = {worst:.2f})"
        yield Trial("avalanche", f"each bit of the {KEYS[part]}", FLIPS * (bits + 1), text, p)


def shapes() -> Iterator[Trial]:
    """Try the normal and exponential draws against their distributions."""
    normals, exponentials = np.empty(LENGTH // 2), np.empty(LENGTH // 2)
    fill_shapes(normals, exponentials, START[SEED])
    for name, values, law in (("normal", normals, "norm"), ("exponential", exponentials, "expon")):
        found = stats.kstest(values, law, method="asymp")
        yield Trial(
            "Kolmogorov–Smirnov", f"{name} draws", len(values), f"D = {found.statistic:.2e}", float(found.pvalue)
        )
    for power, mean, variance in ((1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)):
        score = float(np.mean(normals**power) - mean) / math.sqrt(variance / len(normals))
        p = float(2.0 * stats.norm.sf(abs(score)))
        yield Trial(f"moment {power}", "normal draws", len(normals), f"z = {score:+.2f}", p)


def all_trials() -> Iterator[Trial]:
    """Yield every test."""
    for along, key in enumerate(KEYS):
        values, name = walked(along), f"walk along {key}"
        yield from uniformity(values, name)
        yield from serial(values, name)
        yield from birthdays(values, name)
    # Decisions of neighbouring accounts are 32 entities from each other.
    values = walked(ENTITY, step=32)
    yield from uniformity(values, "every 32nd entity")
    yield from serial(values, "every 32nd entity")
    yield from independence()
    yield from overlaps()
    yield from avalanche()
    yield from shapes()


def draws_made() -> int:
    """Count the draws, each once however many tests it met."""
    pairs = 2 * PAIR_LENGTH * sum(1 for _ in neighbours())
    flips = sum(FLIPS * (bits + 1) for bits in KEY_BITS)
    return 5 * LENGTH + pairs + flips + LENGTH


def report(trials: list[Trial], seconds: float) -> str:
    """Write the report in Markdown."""
    smallest = min(trial.p for trial in trials)
    bound = min(1.0, smallest * len(trials))
    spread = stats.kstest([trial.p for trial in trials], "uniform")
    lines = [
        "# The generator of chance, tried",
        "",
        "Written by `python -m revorg.experiments.benchmarks.generator`; the draws are those of",
        "`revorg.simulation.chance.uniform`, a pure function of seed, purpose, entity and week.",
        "",
        f"- Version of the model: `{fingerprint()}`. Draws made: {draws_made():,}; time: {seconds:.0f} s.",
        f"- Tests: {len(trials)}. Smallest p-value: {smallest:.2g}, times the number of tests: {bound:.2g}",
        f"  (below {SUSPICIOUS:g} the script fails).",
        f"- p-values below .05: {sum(trial.p < 0.05 for trial in trials)}, expected {0.05 * len(trials):.1f};"
        f" below .01: {sum(trial.p < 0.01 for trial in trials)}, expected {0.01 * len(trials):.1f}.",
        f"- All p-values against a uniform distribution: D = {spread.statistic:.3f}, p = {spread.pvalue:.2f}"
        " (tests of one walk share draws, so this is a rough guide).",
        "",
        "A walk along one part of the key holds the other three still; neighbouring keys differ by one step, their",
        "streams are compared entity by entity. χ² and Poisson p-values are two-sided: too even is wrong as well.",
        "",
        "| test | of | draws | statistic | p |",
        "|---|---|---:|---|---:|",
    ]
    lines += [
        f"| {trial.test} | {trial.of} | {trial.draws:,} | {trial.statistic} | {trial.p:.3f} |" for trial in trials
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run every test and write the report; return 1 when the generator looks worse than chance."""
    purpose = "Try the generator of chance by statistical tests, and write what came of it."
    file = parser_of("revorg.experiments.benchmarks.generator", purpose, REPORT).parse_args().file
    began = time.monotonic()
    trials = []
    for trial in all_trials():
        trials.append(trial)
        print(f"{trial.p:8.4f}  {trial.test}, {trial.of}: {trial.statistic}", flush=True)
    file.write_text(report(trials, time.monotonic() - began), encoding="utf-8")
    print(f"Written: {file}", file=sys.stderr)
    return int(min(trial.p for trial in trials) * len(trials) < SUSPICIOUS)


if __name__ == "__main__":
    sys.exit(main())
