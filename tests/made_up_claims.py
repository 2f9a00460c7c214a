"""Claims that nobody made, and their assessment on made-up runs."""

from typing import Any

import pytest
from made_up_runs import MadeUpRuns

from revorg.experiments.claims import assessment as assessing
from revorg.experiments.claims import verdict_table as table_room
from revorg.experiments.claims.assessment import Assessment, assess_claims
from revorg.experiments.claims.claim import Claim, Outcome, Registry, registry
from revorg.experiments.claims.controls import Control
from revorg.experiments.reports.claims import console as console_room

ONE, OTHER = "cro:strategist", "cso:executor"


def claim(carried_by: str | None = None, **given: Any) -> Claim:
    """Return a claim that ONE is better than OTHER."""
    outcome = {"metric": "arr_growth", "contrast": "one − other", "predicts": "+", "sesoi": 0.01, **given}
    if not {"designs", "terms"} & given.keys():
        outcome["designs"] = {ONE: 1, OTHER: -1}
    said: dict[str, Any] = {"id": "planted", "source": "002", "text": "t", "basis": "stated", "by_construction": "no"}
    return Claim(**said, carried_by=carried_by, outcomes=(Outcome(**outcome),))


def assessed_on(monkeypatch: pytest.MonkeyPatch, runs: MadeUpRuns, *claims: Claim, **settings: Any) -> Assessment:
    """Assess claims on made-up runs, 32 pairs unless told otherwise."""
    book = Registry(registry().sources, registry().factorial, claims)
    for room in (assessing, table_room, console_room):
        monkeypatch.setattr(room, "registry", lambda: book)
    monkeypatch.setattr(assessing, "PairedRuns", runs)
    monkeypatch.setattr(assessing, "make_ready", lambda progress: None)
    monkeypatch.setattr(assessing, "run_controls", lambda **_: (Control("a control", True, "of nothing"),))
    return assess_claims([claim.id for claim in claims], **{"quick": True, **settings})
