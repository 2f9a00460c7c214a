"""Findings in words, the same at the terminal and in the report."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, isfinite
from statistics import median

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.claims.assessment import Answer, Assessment, Result
from revorg.experiments.claims.controls import Control
from revorg.experiments.claims.decomposition import Decomposition
from revorg.experiments.reports.numbers import scale_of, written
from revorg.experiments.reports.pay import unequal_pay
from revorg.experiments.reports.start import start_line
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.record import window_weeks


@dataclass(frozen=True)
class OutcomeLine:
    """One outcome of a claim, written out.

    Attributes
    ----------
    metric, contrast, window, predicts, verdict : str
    sesoi, effect, interval, unit : str
        In the unit in which differences of the metric are written.
    by_world : dict of str to str
        The effect within each world, with its interval.
    pairs, needed : str
        Pairs it rests on, and how many would make it precise (empty when it is).
    pairing : str
        Correlation of the pairs, and how many times fewer runs pairing needed.
    """

    metric: str
    contrast: str
    window: str
    predicts: str
    sesoi: str
    effect: str
    interval: str
    unit: str
    by_world: dict[str, str]
    pairs: str
    pairing: str
    needed: str
    verdict: str


def line_of(answer: Answer) -> OutcomeLine:
    """Write an answer out."""
    outcome, effect = answer.outcome, answer.effect
    scale = scale_of(outcome.metric)
    first, last = window_weeks(outcome.window)
    return OutcomeLine(
        metric=outcome.metric,
        contrast=outcome.contrast,
        window=f"weeks {first}–{last}",
        predicts=outcome.predicts,
        sesoi=f"{outcome.sesoi * scale.factor:g}",
        effect=written(effect.effect * scale.factor, sign=True),
        interval=interval(effect, scale.factor),
        unit=scale.difference,
        by_world={
            world: f"{written(within.effect * scale.factor, sign=True)} {interval(within, scale.factor)}"
            for world, within in answer.by_world.items()
        },
        pairs=f"{effect.pairs}" + (f" ({effect.empty} seeds with nothing to measure)" if effect.empty else ""),
        pairing=f"{written(effect.pair_correlation)}; {written(effect.saving)} ×",
        needed="no number" if answer.needed is None else "" if answer.precise else f"{answer.needed}",
        verdict=answer.verdict,
    )


def interval(effect: Effect, factor: float, *, sign: bool = True) -> str:
    """Write an interval: ``[−0.20, +0.82]``."""
    low, high = (written(bound * factor, sign=sign) for bound in (effect.low, effect.high))
    return f"[{low}, {high}]"


def short(world: str) -> str:
    """Abbreviate a world's name to its initials.

    Examples
    --------
    >>> short("complex-multi")
    'cm'
    """
    return "".join(word[0] for word in world.split("-"))


def stamped(verdict: str, calibrated: bool) -> str:
    """Add to a verdict that it is provisional, unless the model is calibrated."""
    return verdict if calibrated else f"{verdict} (provisional)"


def contradicted_part(result: Result) -> str:
    """Name what is contradicted of a claim that is otherwise supported; empty when there is nothing to tell apart."""
    if result.verdict != "partly" or not result.contradicted:
        return ""
    lines = [line_of(answer) for answer in result.contradicted]
    return f"contradicted: {'; '.join(f'{line.metric}, {line.contrast}, {line.window}' for line in lines)}"


def came_out(control: Control) -> str:
    """Say what became of a control.

    Examples
    --------
    >>> came_out(Control("a control", None, "takes too long"))
    'not run'
    """
    return {True: "passed", False: "FAILED", None: "not run"}[control.passed]


def cells_of(answer: Answer) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the plain outcomes beside an effect, world by world: design → value with interval."""
    scale = scale_of(answer.outcome.metric)
    for world in answer.by_world:
        cells = {
            Design.parse(
                design
            ).name: f"{written(level.effect * scale.factor)} {interval(level, scale.factor, sign=False)}"
            for (where, design), level in answer.cells.items()
            if where == world
        }
        if cells:
            yield f"{answer.outcome.metric} in {world}, {scale.level}", cells


def decomposition_lines(parts: Decomposition) -> list[str]:
    """Say how much of the differences between cells seat, person and fit make up, world by world."""
    scale = scale_of(parts.metric)
    longest = max(map(len, parts.factorial.worlds))
    lines = []
    for world, cells in zip(parts.factorial.worlds, parts.cells, strict=True):
        shares = [
            f"{share.part} {_percent(share.share)} % [{_percent(share.low)}, {_percent(share.high)}]"
            for share in parts.shares
            if share.world == world
        ]
        spread = f"{written(scale.factor * float(cells.max() - cells.min()))} {scale.difference}"
        lines.append(f"{world:<{longest}}  {' · '.join(shares)}, range {spread}")
    return lines


def _percent(share: float) -> str:
    """Write a share, kept to what a share can be."""
    return f"{100 * min(1.0, max(0.0, share)):.0f}"


def reversal_lines(parts: Decomposition, most: int = 6) -> list[str]:
    """Say which designs change rank between worlds, or that none does."""
    if not parts.reversals:
        return ["Ranks: no two designs change rank between the worlds beyond chance."]
    said = [f"{r.first} beats {r.second} in {r.better_first}, not in {r.better_second}" for r in parts.reversals[:most]]
    more = f" … and {len(parts.reversals) - most} more" if len(parts.reversals) > most else ""
    count = "one pair" if len(parts.reversals) == 1 else f"{len(parts.reversals)} pairs"
    return [f"Ranks between worlds change in {count} of designs: {'; '.join(said)}{more}."]


def rival_lines(assessment: Assessment) -> list[str]:
    """Set the verdicts under each other reading beside ours; a mark stands where they differ."""
    lines = []
    for place, ours in enumerate(assessment.results):
        others = [(name, results[place].word) for name, results in assessment.rivals.items()]
        said = ", ".join(f"{name} {verdict}{'' if verdict == ours.word else ' ≠'}" for name, verdict in others)
        lines.append(f"{ours.claim.id}: {ours.word}; {said}")
    return lines


def matching_lines(parts: Decomposition) -> list[str]:
    """Say how the registered matching of persons to seats ranks among all."""
    scale = scale_of(parts.metric)
    *by_world, overall = parts.matchings
    ranks = ", ".join(f"{matching.rank} in {matching.world}" for matching in by_world)
    advantage, low, high = (
        written(scale.factor * value, sign=True) for value in (overall.advantage, overall.low, overall.high)
    )
    lines = [
        f"Registered matching ({overall.registered}): rank {overall.rank} of {overall.of} over all worlds; {ranks}.",
        f"It exceeds the average matching by {advantage} [{low}, {high}] {scale.difference} a cell.",
    ]
    if overall.rank > 1:
        lines.append(f"Best in this sample: {overall.best}.")
    return lines


def bound_lines(assessment: Assessment) -> list[str]:
    """Say how often a true zero would have been called supported, given the precision reached."""
    precise = [answer for answer in assessment.answers if answer.precise]
    others = [answer for answer in assessment.answers if not answer.precise]
    lines = []
    if precise:
        bound = max(answer.false_support for answer in precise)
        lines.append(
            f"{len(precise)} of {len(assessment.answers)} outcomes are precise: an effect of exactly zero "
            f"would be called supported {_chances(bound)} each."
        )
    if others:
        bound = max(answer.false_support for answer in others)
        which = f"{len(others)} {'is' if len(others) == 1 else 'are'} not: there the chance"
        if not precise:
            which = "No outcome is precise: the chance that an effect of exactly zero is called supported"
        chances = _chances(bound).removeprefix("at most ")
        lines.append(f"{which} is up to {chances} each, and `undecided` means more pairs are needed.")
    return lines


def _chances(bound: float) -> str:
    if bound < 1e-4:
        return "less than once in 10,000"
    if bound < 1e-2:
        return f"at most {ceil(1e4 * bound - 1e-6)} times in 10,000"
    return f"at most {ceil(1e3 * bound - 1e-6)} times in 1,000"


def start_lines(assessment: Assessment) -> list[str]:
    """Say where the firm of each world stands in week 0."""
    return [f"{world}: {start_line(load(world), reached)}." for world, reached in assessment.starts.items()]


def pay_lines(assessment: Assessment) -> list[str]:
    """Say which designs pay more or less for their leaders than the warm-up, and what became of the difference."""
    found = sorted({arm for answer in assessment.answers for arm in answer.question.arms})
    arms = [(world, Design.parse(text)) for world, text in found]
    return list(unequal_pay((f"{design.name} in {world}", design.apply(load(world))) for world, design in arms))


def pairing_lines(assessment: Assessment) -> list[str]:
    """Say what running both arms on the same seeds was worth."""
    savings = [answer.effect.saving for answer in assessment.answers if isfinite(answer.effect.saving)]
    correlations = [answer.effect.pair_correlation for answer in assessment.answers]
    correlations = [correlation for correlation in correlations if isfinite(correlation)]
    if not savings or not correlations:
        return []
    return [
        f"Pairing on common seeds: correlation {written(median(correlations))} and {written(median(savings))} times "
        f"fewer runs at the median outcome ({written(min(savings))} to {written(max(savings))} times)."
    ]


def provisional_line(assessment: Assessment) -> str:
    """Say what the stamp means."""
    if assessment.calibrated:
        return ""
    return "Every verdict is provisional: the model's parameters are not calibrated on published figures yet."
