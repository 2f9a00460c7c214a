"""The main job: the registry's claims, from runs to verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.analysis.precision import BATCH, FULL, QUICK, STANDARD, Precision, is_precise, pairs_needed
from revorg.experiments.claims.carriage import Carriage, can_be_carried, without_mechanism
from revorg.experiments.claims.claim import Claim, Outcome, Registry, registry
from revorg.experiments.claims.controls import Control, quick_controls
from revorg.experiments.claims.decomposition import Decomposition, take_apart
from revorg.experiments.claims.over_time import LONG_PAIRS, LONG_WEEKS, SPANS, OverTime, is_long, over_time
from revorg.experiments.claims.questions import Question, estimate, questions_of
from revorg.experiments.claims.statistical_controls import repeated_controls
from revorg.experiments.claims.stopping import run_changed, run_until_precise, windows_of
from revorg.experiments.claims.verdicts import by_mechanism, combine, false_support_bound, judge
from revorg.experiments.runs.pairs import Cell, Measurements, PairedRuns, Tally
from revorg.experiments.runs.progress import NoProgress, Progress
from revorg.experiments.runs.worker import make_ready
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.model import arrives
from revorg.simulation.parameters.mechanisms import other_readings
from revorg.simulation.start import StartState, beginning_of

HEADLINE = "arr_growth"


@dataclass(frozen=True)
class Answer:
    """What the runs say of one outcome.

    Attributes
    ----------
    question : Question
    effect : Effect
    by_world : dict of str to Effect
        The contrast of designs within each world.
    cells : dict of (world, design) to Effect
        Plain outcomes beside it, with their intervals.
    target : float
        Half-width from which on the effect counts as precise.
    over_time : tuple of OverTime
        Of an outcome of growth, the effect over years and efficient growth beside it; neither is judged.
    """

    question: Question
    effect: Effect
    by_world: Mapping[str, Effect]
    cells: Mapping[Cell, Effect]
    target: float
    over_time: tuple[OverTime, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The registered outcome."""
        return self.question.outcome

    @property
    def growth(self) -> OverTime | None:
        """The judged outcome over time; None unless it is one of growth."""
        return next((found for found in self.over_time if found.metric == self.outcome.metric), None)

    @property
    def beside(self) -> OverTime | None:
        """What stands beside the judged outcome: efficient growth beside growth."""
        return next((found for found in self.over_time if found.metric != self.outcome.metric), None)

    @property
    def verdict(self) -> str:
        """The verdict by rule 3."""
        effect, outcome = self.effect, self.outcome
        return judge(effect.effect, effect.low, effect.high, outcome.sesoi, self.target, outcome.predicts)

    @property
    def precise(self) -> bool:
        """Whether the interval is as narrow as was asked for."""
        return is_precise(self.effect.low, self.effect.high, self.target)

    @property
    def needed(self) -> int | None:
        """Pairs that would make it precise, estimated; None when none would."""
        return pairs_needed(self.effect, self.target)

    @property
    def false_support(self) -> float:
        """Chance at most that a true zero is called supported."""
        return false_support_bound(self.effect.half_width, self.outcome.sesoi, self.effect.pairs)


@dataclass(frozen=True)
class Result:
    """A claim and what became of it, with and without the mechanism that it names (None where it names none)."""

    claim: Claim
    answers: tuple[Answer, ...]
    carriage: Carriage | None = None

    @property
    def word(self) -> str:
        """The verdict from those of its outcomes alone."""
        return combine([answer.verdict for answer in self.answers])

    @property
    def verdict(self) -> str:
        """The verdict of the claim from its outcomes and the mechanism that it names."""
        carriage = self.carriage or Carriage("")
        return by_mechanism(self.word, bool(carriage.without), carriage.carried)

    @property
    def contradicted(self) -> list[Answer]:
        """The outcomes that came out against the claim, whatever became of the others."""
        return [answer for answer in self.answers if answer.verdict == "contradicted"]


@dataclass(frozen=True)
class Assessment:
    """Everything that one command found.

    Attributes
    ----------
    fingerprint : str
        Version of the model.
    calibrated : bool
        Whether the worlds' parameters were fitted before; verdicts are provisional otherwise.
    results : tuple of Result
    controls : tuple of Control
    decompositions : dict of str to Decomposition
        By metric; empty unless the whole factorial was run.
    runs : int
        How many runs it rests on.
    tally : Tally
        How many of them were made just now.
    rivals : dict of str to tuple of Result
        The same claims under the other reading of each structural choice; empty unless asked for.
    starts : dict of str to StartState
        Where the firms of the worlds that were run stand in week 0, as a mean over seeds.
    """

    fingerprint: str
    calibrated: bool
    results: tuple[Result, ...]
    controls: tuple[Control, ...]
    decompositions: Mapping[str, Decomposition]
    runs: int
    rivals: Mapping[str, tuple[Result, ...]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    starts: Mapping[str, StartState] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether no control failed; one that was not run says nothing."""
        return not any(control.passed is False for control in self.controls)

    @property
    def answers(self) -> list[Answer]:
        """The answers of all claims, in order."""
        return [answer for result in self.results for answer in result.answers]


def assess_claims(
    ids: Sequence[str] = (),
    *,
    quick: bool = False,
    full: bool = False,
    rivals: bool = False,
    workers: int = 1,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Assessment:
    """Test claims of the registry; as :func:`assess`, with all that a report needs.

    Raises
    ------
    BadInput
        When a claim is unknown, or both ``quick`` and ``full`` are asked for.
    RunsFailed
        When a run fails.
    """
    if quick and full:
        raise BadInput("--quick and --full exclude each other: 32 pairs, or intervals half as wide")
    book = registry()
    questions = questions_of(book.select(ids), book)
    progress = progress or NoProgress()
    make_ready(progress)
    controls = run_controls(quick=quick, progress=progress)
    precision = QUICK if quick else FULL if full else STANDARD
    everything = set() if ids else {(w, d) for w in book.factorial.worlds for d in book.factorial.designs}
    with PairedRuns(workers, fresh=fresh) as pool:
        measurements, effects, runs = run_until_precise(questions, everything, precision, pool, progress)
        if full:
            runs += _run_longer(questions, effects, measurements, book, pool, progress)
        results = _results(questions, effects, measurements, precision)
        if not quick:
            results, more = _without_mechanisms(results, measurements, pool, progress)
            runs += more
        others = {}
        for rival in other_readings() if rivals else ():
            found, answered, more = run_until_precise(questions, set(), precision, pool, progress, rival)
            others[rival] = _results(questions, answered, found, precision)
            runs += more
    taken_apart = {name: take_apart(measurements, book.factorial, name) for name in (HEADLINE,)}
    kept = {name: parts for name, parts in taken_apart.items() if parts is not None}
    calibrated = all(load(world).is_calibrated for world in book.factorial.worlds)
    worlds = sorted({world for question in questions for world, _ in question.arms})
    starts = {world: beginning_of(load(world), arrives).reached for world in worlds}
    return Assessment(fingerprint(), calibrated, results, controls, kept, runs, others, pool.tally, starts)


def _results(
    questions: Sequence[Question],
    effects: Mapping[Question, Effect],
    measurements: Measurements,
    precision: Precision,
) -> tuple[Result, ...]:
    answers = [_answer(question, effects[question], measurements, precision) for question in questions]
    claims = dict.fromkeys(question.claim.id for question in questions)
    by_claim = {name: [answer for answer in answers if answer.question.claim.id == name] for name in claims}
    return tuple(_result(found[0].question.claim, found) for found in by_claim.values())


def _result(claim: Claim, answers: Sequence[Answer]) -> Result:
    return Result(claim, tuple(answers), Carriage(claim.carried_by) if claim.carried_by else None)


def _answer(question: Question, effect: Effect, measurements: Measurements, precision: Precision) -> Answer:
    metric, seeds = question.outcome.metric, effect.seeds
    by_world = {w: estimate(measurements, metric, terms, seeds) for w, terms in question.by_world.items()}
    cells = {(c.world, c.design): estimate(measurements, metric, [c], BATCH) for c in question.cells}
    target = precision.target(question.outcome.sesoi)
    return Answer(question, effect, by_world, cells, target, over_time(question, measurements, seeds))


def _run_longer(
    questions: Sequence[Question],
    effects: Mapping[Question, Effect],
    measurements: Measurements,
    book: Registry,
    pool: PairedRuns,
    progress: Progress,
) -> int:
    """Run eight years of what asks for them, and return how many runs that took."""
    pairs = {one: min(effects[one].seeds, LONG_PAIRS) for one in questions if is_long(one, book.factorial)}
    longer, runs = run_changed(pairs, {"run.weeks": LONG_WEEKS}, (SPANS[8],), pool, progress)
    measurements.include(longer)
    return runs


def _without_mechanisms(
    results: Sequence[Result], measurements: Measurements, pool: PairedRuns, progress: Progress
) -> tuple[tuple[Result, ...], int]:
    """Switch off the mechanisms that claims name, and return the claims with what is left of them, and the runs."""
    found, runs = list(results), 0
    for place, result in enumerate(results):
        if result.claim.carried_by is None:
            continue
        asked = can_be_carried([(answer.question, answer.verdict) for answer in result.answers])
        pairs = {answer.question: answer.effect.seeds for answer in result.answers if answer.question in asked}
        settings = {f"mechanisms.{result.claim.carried_by}": False}
        off, more = run_changed(pairs, settings, windows_of(asked), pool, progress)
        without = tuple(without_mechanism(one, measurements, off, pairs[one]) for one in asked)
        found[place] = replace(result, carriage=Carriage(result.claim.carried_by, without))
        runs += more
    return tuple(found), runs


def run_controls(*, quick: bool = False, progress: Progress | None = None) -> tuple[Control, ...]:
    """Run every control.

    Parameters
    ----------
    quick : bool
        Make no repeated runs; those of an earlier time count.
    progress : Progress, optional
        Told while the repeated runs are made.
    """
    return (*quick_controls(), *repeated_controls(only_kept=quick, progress=progress))
