"""The main job: the registry's claims, from runs to verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from experiments.claims import Claim, Outcome, registry
from experiments.contrasts import Effect
from experiments.controls import Control
from experiments.decomposition import Decomposition, take_apart
from experiments.fingerprint import fingerprint
from experiments.gathering import Question, estimate, gather, questions_of
from experiments.listening import Listener, Silence
from experiments.measurements import Arm, Measurements
from experiments.repeated_controls import run_controls
from experiments.runs import make_ready
from experiments.sampling import BATCH, FULL, QUICK, STANDARD, Precision, pairs_needed
from experiments.tasks import Tally, Workers
from experiments.verdicts import combine, false_support_bound, is_precise, judge
from scenarios import load
from simulation.errors import BadInput
from simulation.parameters import Rivals

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
    """

    question: Question
    effect: Effect
    by_world: Mapping[str, Effect]
    cells: Mapping[Arm, Effect]
    target: float

    @property
    def outcome(self) -> Outcome:
        """The registered outcome."""
        return self.question.outcome

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
    """A claim and what became of it."""

    claim: Claim
    answers: tuple[Answer, ...]

    @property
    def verdict(self) -> str:
        """The verdict of the claim from those of its outcomes."""
        return combine([answer.verdict for answer in self.answers])


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
        The same claims under each rival mechanism; empty unless asked for.
    """

    fingerprint: str
    calibrated: bool
    results: tuple[Result, ...]
    controls: tuple[Control, ...]
    decompositions: Mapping[str, Decomposition]
    runs: int
    rivals: Mapping[str, tuple[Result, ...]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    @property
    def sound(self) -> bool:
        """Whether every control passed."""
        return all(control.passed for control in self.controls)

    @property
    def answers(self) -> list[Answer]:
        """The answers of all claims, in order."""
        return [answer for result in self.results for answer in result.answers]


def assess(
    ids: Sequence[str] = (), *, quick: bool = False, full: bool = False, workers: int = 1, fresh: bool = False
) -> pd.DataFrame:
    """Test claims of the registry and return their verdicts.

    Parameters
    ----------
    ids : sequence of str
        Claims to test; all when empty.
    quick : bool
        Run 32 pairs and no more.
    full : bool
        Ask for intervals half as wide.
    workers : int
        Processes to use; the result is the same bit for bit.
    fresh : bool
        Make every run anew instead of taking from the user's cache what earlier commands ran.

    Returns
    -------
    DataFrame
        One row an outcome: the claim, its contrast and prediction, the effect with its 95 % interval (in the
        metric's unit), pairs, verdicts, and the effect within each world. Verdicts are provisional where
        ``calibrated`` is False.

    Raises
    ------
    BadInput
        When a claim is unknown.
    """
    from experiments.report import verdict_table

    return verdict_table(assess_claims(ids, quick=quick, full=full, workers=workers, fresh=fresh))


def assess_claims(
    ids: Sequence[str] = (),
    *,
    quick: bool = False,
    full: bool = False,
    rivals: bool = False,
    workers: int = 1,
    fresh: bool = False,
    listener: Listener | None = None,
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
    listener = listener or Silence()
    make_ready(listener)
    controls = run_controls(quick=quick, listener=listener)
    precision = QUICK if quick else FULL if full else STANDARD
    everything = set() if ids else {(w, d) for w in book.factorial.worlds for d in book.factorial.designs}
    with Workers(workers, fresh=fresh) as pool:
        measurements, effects, runs = gather(questions, everything, precision, pool, listener)
        results = _results(questions, effects, measurements, precision)
        others = {}
        for rival in Rivals.model_fields if rivals else ():
            found, answered, more = gather(questions, set(), precision, pool, listener, rival)
            others[rival] = _results(questions, answered, found, precision)
            runs += more
    taken_apart = {name: take_apart(measurements, book.factorial, name) for name in (HEADLINE,)}
    kept = {name: parts for name, parts in taken_apart.items() if parts is not None}
    calibrated = all(load(world).is_calibrated for world in book.factorial.worlds)
    return Assessment(fingerprint(), calibrated, results, controls, kept, runs, others, pool.tally)


def _results(
    questions: Sequence[Question],
    effects: Mapping[Question, Effect],
    measurements: Measurements,
    precision: Precision,
) -> tuple[Result, ...]:
    answers = [_answer(question, effects[question], measurements, precision) for question in questions]
    claims = dict.fromkeys(question.claim.id for question in questions)
    by_claim = {name: [answer for answer in answers if answer.question.claim.id == name] for name in claims}
    return tuple(Result(found[0].question.claim, tuple(found)) for found in by_claim.values())


def _answer(question: Question, effect: Effect, measurements: Measurements, precision: Precision) -> Answer:
    metric, seeds = question.outcome.metric, effect.seeds
    by_world = {w: estimate(measurements, metric, terms, seeds) for w, terms in question.by_world.items()}
    cells = {(c.world, c.design): estimate(measurements, metric, [c], BATCH) for c in question.cells}
    return Answer(question, effect, by_world, cells, precision.target(question.outcome.sesoi))
