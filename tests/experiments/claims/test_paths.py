"""The page of paths is kept true: its claims are the registered ones, and its steps are those of the model."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from revorg.experiments import claims
from revorg.experiments.claims.claim import Claim, registry
from revorg.simulation.metrics import METRICS

PAGE = Path(claims.__file__).parent / "paths.md"
EVERY = "every outcome"
REGISTERED = "†"


class Row(NamedTuple):
    """A row of the page."""

    claim: str
    mark: str
    differs: str
    outcome: str
    path: tuple[str, ...]


def rows() -> list[Row]:
    """Read the tables of the page."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or cells[0] == "claim":
            continue
        claim, mark, differs, outcome, path = cells
        steps = () if path == "none" else tuple(step.strip(" `") for step in path.split("→"))
        found.append(Row(claim, mark, differs, outcome.strip("`"), steps))
    return found


def strangers(path: Sequence[str]) -> list[str]:
    """Return the steps of a path that the model does not have, or only borrows from another file."""
    lost = []
    for step in path:
        file, _, name = step.partition(".")
        try:
            function = getattr(import_module(f"revorg.simulation.submodels.{file}"), name, None)
        except ModuleNotFoundError:
            function = None
        if getattr(function, "__module__", "").rpartition(".")[2] != file:
            lost.append(step)
    return lost


def test_every_claim_has_one_mark_and_known_outcomes() -> None:
    """Those of the pre-registration, each under its five sections once, with outcomes that are measured."""
    marks: dict[str, set[str]] = {}
    for row in rows():
        marks.setdefault(row.claim, set()).add(row.mark)
        assert row.differs
        assert row.outcome in METRICS or row.outcome == EVERY
    assert len(marks) >= 89
    assert all(len(found) == 1 for found in marks.values())
    assert {mark.removesuffix(f" {REGISTERED}") for found in marks.values() for mark in found} == {
        "no", "in part", "yes"
    }  # fmt: skip


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.claim}-{row.outcome}")
def test_every_step_is_one_of_the_model(row: Row) -> None:
    """A rule, or a part of a step, in the file where the page says it is."""
    assert not strangers(row.path)
    assert row.path or row.outcome == EVERY


def test_a_renamed_rule_is_found() -> None:
    """A name that is no longer there, a file that is not, and what a file only takes from another."""
    path = ("leadership.lift_of", "leadership.lift", "leaders.lift_of", "leadership.held_or")
    assert strangers(path) == ["leadership.lift", "leaders.lift_of", "leadership.held_or"]


def test_a_path_of_one_rule_is_marked() -> None:
    """And a mark without one stands only where the row was registered with it."""
    for claim in {row.claim for row in rows()}:
        own = [row for row in rows() if row.claim == claim]
        short = [len(row.path) < 2 for row in own]
        mark = own[0].mark
        if mark == "no":
            assert not any(short), claim
        elif not mark.endswith(REGISTERED):
            assert any(short), claim
            assert mark == "in part" or all(short), claim


@pytest.mark.parametrize("claim", registry().claims, ids=lambda claim: claim.id)
def test_the_registry_has_the_same_marks(claim: Claim) -> None:
    """A claim that can be run says of itself what the page says, and has a path to each of its outcomes."""
    own = [row for row in rows() if row.claim == claim.id]
    assert {row.mark.removesuffix(f" {REGISTERED}") for row in own} == {claim.by_construction}
    assert {outcome.metric for outcome in claim.outcomes} <= {row.outcome for row in own}
