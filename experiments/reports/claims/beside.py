"""What stands beside the judged outcomes, in words: growth over time, efficient growth, the mechanism named."""

from dataclasses import dataclass

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.claims.assessment import Answer, Result
from revorg.experiments.claims.carriage import Without
from revorg.experiments.claims.over_time import SPANS, YEARS, OverTime
from revorg.experiments.reports.claims.words import interval
from revorg.experiments.reports.numbers import scale_of, written

CALLED = {
    **{window: f"year {year}" for year, window in enumerate(YEARS, 1)},
    **{window: f"{years} years" for years, window in SPANS.items()},
}


@dataclass(frozen=True)
class GrowthLine:
    """An effect on growth over time, written out.

    Attributes
    ----------
    metric, effect, unit : str
        The effect over the outcome's own window, with its interval.
    by_window : dict of str to str
        Effect with interval over each year and over several.
    turn : str
        A sentence where the sign turns over the years; otherwise empty.
    beside : bool
        Whether it stands beside the outcome, and is not what is judged.
    """

    metric: str
    effect: str
    unit: str
    by_window: dict[str, str]
    turn: str
    beside: bool


def growth_lines(answer: Answer) -> list[GrowthLine]:
    """Write out what is shown over time of an outcome of growth."""
    return [_growth_line(found, found.metric != answer.outcome.metric) for found in answer.over_time]


def _growth_line(found: OverTime, beside: bool) -> GrowthLine:
    by_window = {CALLED[window]: _sized(effect, found.metric) for window, effect in found.by_window.items()}
    unit = scale_of(found.metric).difference
    return GrowthLine(found.metric, _sized(found.effect, found.metric), unit, by_window, _turn(found), beside)


def _sized(effect: Effect, metric: str) -> str:
    factor = scale_of(metric).factor
    return f"{_size(effect, metric)} {interval(effect, factor)}"


def _size(effect: Effect, metric: str) -> str:
    return written(effect.effect * scale_of(metric).factor, sign=True)


def _turn(found: OverTime) -> str:
    if found.turn is None:
        return ""
    (one, first), (other, last) = ((year, _size(found.by_year[year - 1], found.metric)) for year in found.turn)
    unit = scale_of(found.metric).difference
    return f"The sign of {found.metric} turns: {first} {unit} in year {one}, {last} in year {other}."


def growth_texts(answer: Answer) -> list[str]:
    """Say in a line each what growth does over the years, without intervals, and where its sign turns."""
    texts = []
    for found, line in zip(answer.over_time, growth_lines(answer), strict=True):
        said = f"{line.metric} {line.effect} {line.unit}, not judged; " if line.beside else ""
        sizes = [f"{CALLED[window]} {_size(effect, found.metric)}" for window, effect in found.by_window.items()]
        texts += [f"{said}{', '.join(sizes)}".removesuffix("; "), line.turn]
    return [text for text in texts if text]


def mechanism_texts(result: Result) -> list[str]:
    """Say what is left of a claim without the mechanism that it names."""
    if result.carriage is None:
        return []
    named = f"Names {result.carriage.mechanism} as the reason"
    if not result.carriage.without:
        reason = "not tested in a quick look" if result.word == "supported" else "nothing that it could carry"
        return [f"{named}: {reason}."]
    return [f"{named}: {_left(one, result)}." for one in result.carriage.without]


def _left(one: Without, result: Result) -> str:
    on = next(answer.effect for answer in result.answers if answer.question is one.question)
    metric = one.question.outcome.metric
    came = {True: "carried by it", False: "not carried by it", None: "unclear"}[one.carried]
    unit = scale_of(metric).difference
    return f"{came}; without it {metric} is {_sized(one.effect, metric)} {unit} instead of {_size(on, metric)}"
