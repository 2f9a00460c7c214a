"""What is told while claims are tested, and which controls are run on what."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_runs import MadeUpRuns, noisy

from revorg.experiments.analysis.precision import QUICK, STANDARD, Precision
from revorg.experiments.claims import assessment, controls, statistical_controls, stopping
from revorg.experiments.claims.claim import registry
from revorg.experiments.claims.controls import Control
from revorg.experiments.claims.questions import Question, questions_of
from revorg.experiments.claims.stopping import run_until_precise
from revorg.experiments.runs.pairs import Task
from revorg.scenarios.designs import Design
from revorg.simulation.errors import BadInput
from revorg.simulation.metrics import METRICS
from revorg.simulation.scenario import Scenario

BOOK = registry()
WORLDS = BOOK.factorial.worlds


class Counter:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def advance(self, more: int = 1) -> None:
        """Count one more."""
        self.count += more


class Notes:
    """Keeps what is said, counted and waited for."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.counted: list[tuple[str, int, Counter]] = []
        self.waited: list[str] = []

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Counter]:
        """Keep what is counted."""
        self.counted.append((what, total, Counter()))
        yield self.counted[-1][2]

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Keep what is waited for."""
        self.waited.append(what)
        yield


def asked(*ids: str) -> list[Question]:
    """Return the questions of some claims."""
    return questions_of(BOOK.select(ids), BOOK)


class Kept(MadeUpRuns):
    """Runs of which so many are kept."""

    count = 4
    kept = 0

    def missing(self, tasks: Any) -> int:
        """Return what is not kept."""
        return super().missing(tasks) - self.kept


def told(precision: Precision, runs: MadeUpRuns, monkeypatch: pytest.MonkeyPatch, *ids: str, rival: str = "") -> Notes:
    """Run until precise with a clock of 2 s a run, and return what was said."""
    clock = iter(range(0, 10_000, 16))
    monkeypatch.setattr("revorg.experiments.claims.stopping.time.perf_counter", lambda: next(clock))
    tried: list[Task] = []
    monkeypatch.setattr(stopping, "outcomes_of", tried.append)
    notes = Notes()
    run_until_precise(asked(*ids), set(), precision, runs, notes, rival)  # type: ignore[arg-type]
    return notes


def test_start_is_announced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arms, pairs, milliseconds and seconds, from one task of eight seconds a run."""
    notes = told(STANDARD, Kept(noisy({}, own=0.02)), monkeypatch, "misfit-hurts-both-seats")
    starts = [line for line in notes.said if "arms ×" in line]
    assert starts == [
        "16 arms × 32 pairs × 4000 ms a run, 4 at a time: about 9 minutes; then up to 512 pairs where needed"
    ]
    assert len([line for line in notes.said if line.startswith("After 32 pairs: ")]) == 1
    assert len(notes.counted) > 1
    assert [what for what, _, _ in notes.counted[:2]] == ["Pairs 1–32", "Pairs 33–64"]
    assert [(total, counter.count) for _, total, counter in notes.counted[:2]] == [(4 * 32, 4 * 32)] * 2


def test_kept_runs_are_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some kept, all kept; --quick goes no further."""
    runs = Kept(noisy({}))
    runs.kept = 500
    notes = told(QUICK, runs, monkeypatch, "misfit-hurts-both-seats")
    assert notes.said[0] == "16 arms × 32 pairs, 500 of them kept from before × 4000 ms a run, 4 at a time: about 12 s"
    runs.kept = 512
    notes = told(QUICK, runs, monkeypatch, "misfit-hurts-both-seats")
    assert notes.said[0] == "16 arms × 32 pairs, 512 of them kept from before × 0 ms a run, 4 at a time: about 1 s"


def test_rivals_are_counted_by_name_and_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told twice what a run takes."""
    notes = told(QUICK, Kept(noisy({})), monkeypatch, "misfit-hurts-both-seats", rival="exits=random")
    assert notes.said == []
    assert [what for what, _, _ in notes.counted] == ["exits=random 1–32"]


def test_what_the_rest_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pairs it takes, whether that is out of reach, and what no number of pairs helps."""
    ids = ("misfit-hurts-both-seats",)
    notes = told(QUICK, Kept(noisy({}, own=0.02)), monkeypatch, *ids)
    after = notes.said[1:]
    assert after[0] == "After 32 pairs: 0 of 2 outcomes precise"
    assert after[1].startswith("  misfit-hurts-both-seats, arr_growth of cro:executor − cro:strategist: about ")
    assert after[1].endswith(" pairs")
    assert 0 < int(after[1].split()[-2]) <= 512
    far = told(QUICK, Kept(noisy({}, own=0.5)), monkeypatch, *ids).said[2]
    assert far.endswith(" pairs, out of reach within 512")
    assert int(far.split(" pairs")[0].split()[-1]) > 512
    empty = told(QUICK, Kept(lambda world, design, seed: float("nan")), monkeypatch, *ids).said[2]
    assert empty.endswith(": no number of pairs helps, out of reach within 512")
    precise = told(QUICK, Kept(noisy({}, own=0.001)), monkeypatch, *ids).said[1:]
    assert precise == ["After 32 pairs: 2 of 2 outcomes precise"]


def test_what_stands_beside_runs_in_the_first_batch_alone() -> None:
    """The factorial's other cells and printed cells take 32 pairs; runs are all that were asked for."""
    runs = MadeUpRuns(noisy({}, own=0.02))
    others = {("complex-multi", "coo:operator")}
    (question,) = asked("cso-suits-simple-single")
    measurements, effects, count = run_until_precise([question], others, STANDARD, runs, Notes())  # type: ignore[arg-type]
    pairs = effects[question].pairs
    assert pairs > 32
    assert count == sum(len(task.designs) for task in runs.tasks) == 5 * 32 + 2 * (pairs - 32)
    assert measurements.seeds([("complex-multi", "coo:operator", "0-208")]) == list(range(32))
    assert {task.windows for task in runs.tasks} == {("0-104", "0-208", "0-52", "104-156", "156-208", "52-104")}


def test_no_more_pairs_than_the_most() -> None:
    """Whatever the width."""
    runs = MadeUpRuns(noisy({}, own=5.0))
    (effect,) = run_until_precise(asked("seat-person-fit"), set(), Precision(most_pairs=64), runs, Notes())[1].values()  # type: ignore[arg-type]
    assert effect.pairs == 64


def test_questions_are_checked_and_know_their_arms() -> None:
    """An unknown metric has its near miss; arms and cells are those of the claim."""
    (claim,) = BOOK.select(["cso-suits-simple-single"])
    (question,) = questions_of([claim], BOOK)
    assert question.arms == {("simple-single", "cso:executor"), ("simple-single", "cro:strategist")}
    assert [(cell.world, cell.design, cell.weight) for cell in question.cells] == [
        ("simple-single", design, 1) for design in claim.cells
    ]
    wrong = claim.outcomes[0].model_copy(update={"metric": "arr_growht"})
    with pytest.raises(BadInput, match="claim cso-suits-simple-single: metric arr_growht: unknown; did you mean arr_g"):
        questions_of([claim.model_copy(update={"outcomes": (wrong,)})], BOOK)


# Which controls are run


def test_every_quick_control_is_run_on_its_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels in the richest world with all registered persons; the lever idle in the first and busy in the last."""
    calls: dict[str, tuple[Any, ...]] = {}

    def recorded(name: str) -> Callable[..., Control]:
        def control(*given: Any) -> Control:
            calls[name] = given
            return Control(name, True, "")

        return control

    names = (
        "labels_permuted", "identical_people", "inert_labels", "inert_lever", "equal_skill_and_pay", "planted_exactly",
    )  # fmt: skip
    for name in names:
        monkeypatch.setattr(controls, name, recorded(name))
    found = controls.quick_controls()
    assert [control.name for control in found] == list(names)
    matching = [Design.parse(f"{seat}:{person}") for seat, person in BOOK.factorial.matching.items()]
    assert calls["labels_permuted"][1] == matching
    assert [str(design) for design in calls["equal_skill_and_pay"][1]] == BOOK.factorial.designs
    worlds = {name: [one.name for one in given if isinstance(one, Scenario)] for name, given in calls.items()}
    assert worlds.pop("inert_lever") == [WORLDS[0], WORLDS[-1]]
    assert set(map(tuple, worlds.values())) == {(WORLDS[-1],)}
    assert {calls[name][-1] for name in ("identical_people", "inert_labels", "inert_lever", "planted_exactly")} == {
        matching[0]
    }


def test_both_kinds_of_control_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick ones always, the repeated ones from kept runs alone where it has to be quick."""
    asked_for: list[bool] = []

    def repeated(*, only_kept: bool, progress: Any) -> tuple[Control, ...]:
        asked_for.append(only_kept)
        return (Control("repeated", True, progress),)

    monkeypatch.setattr(assessment, "quick_controls", lambda: (Control("quick", True, ""),))
    monkeypatch.setattr(assessment, "repeated_controls", repeated)
    for quick in (True, False):
        found = assessment.run_controls(quick=quick, progress="p")  # type: ignore[arg-type]
        assert [(control.name, control.detail) for control in found] == [("quick", ""), ("repeated", "p")]
    assert asked_for == [True, False]


def test_repeated_runs_have_seeds_of_their_own_and_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No seed twice; equal arms are one world, planted ones differ by the rate alone; kept, they are not run again."""
    made: list[tuple[Any, int, tuple[str, ...]]] = []

    def run(scenario: Any, seed: int, metrics: Any) -> list[tuple[float, float]]:
        made.append((scenario, seed, tuple(metrics)))
        return [(float(seed), 1.0 + len(metrics)) for _ in metrics]

    monkeypatch.setattr(statistical_controls, "_run", run)
    monkeypatch.setattr(statistical_controls, "cache_folder", lambda: tmp_path / "new")
    monkeypatch.setattr(statistical_controls, "CONTRASTS", 3)
    monkeypatch.setattr(statistical_controls, "PLANTS", 2)
    notes = Notes()
    found = statistical_controls.repeated_controls(progress=notes)  # type: ignore[arg-type]
    assert [control.name for control in found] == ["A/A contrasts", "planted effect, amid noise"]
    assert notes.waited == ["Running 200 A/A contrasts, once for this version of the model"]
    alike, planted = made[: 3 * 2 * 6], made[3 * 2 * 6 :]
    assert len(planted) == 2 * 2 * 24
    assert [seed for _, seed, _ in made] == list(range(1_000_000, 1_000_000 + len(made)))
    assert {metrics for _, _, metrics in alike} == {("arr_growth", "decision_latency")}
    assert {metrics for _, _, metrics in planted} == {("rep_turnover",)}
    worlds = [scenario for scenario, _, _ in alike]
    assert all(world == worlds[0] for world in worlds)
    assert (worlds[0].market.accounts, worlds[0].run.weeks, worlds[0].run.warm_up_weeks) == (600, 52, 26)
    more, steady = planted[0][0], planted[24][0]
    assert more == steady.changed({"finance.quits_per_year": steady.finance.quits_per_year + 1.0})
    assert (steady.finance.quits_per_miss, steady.market.accounts) == (0.0, 2400)
    kept = statistical_controls._kept_runs()
    assert kept is not None
    assert [part.shape for part in kept] == [(3, 2, 6, 2, 2), (2, 2, 24, 1, 2)]
    assert kept[0][0, 0, :, 0, 0].tolist() == [1_000_000 + k for k in range(6)]
    assert statistical_controls.repeated_controls(only_kept=True) == found
    assert statistical_controls.repeated_controls() == found
    assert len(made) == len(alike) + len(planted)
    assert len(list((tmp_path / "new" / "controls").iterdir())) == 1


def test_a_run_of_the_repeated_controls_is_a_run() -> None:
    """Parts of the metrics asked for, in that order."""
    world = statistical_controls._small_world().changed({"run.weeks": 8, "run.warm_up_weeks": 4})
    found = statistical_controls._run(world, 5, ("decision_latency", "arr_growth"))
    turned = statistical_controls._run(world, 5, ("arr_growth", "decision_latency"))
    assert np.shape(found) == (2, 2)
    assert found == turned[::-1]
    assert "rep_turnover" in METRICS
