"""The verdicts as JSON: the contract with other programs."""

from typing import Any

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.claims.assessment import Answer, Assessment, Result
from revorg.experiments.reports.numbers import finite


def as_json(assessment: Assessment) -> dict[str, Any]:
    """Return the assessment under the published names; what cannot be measured is None."""
    return {
        "fingerprint": assessment.fingerprint,
        "calibrated": assessment.calibrated,
        "claims": [_claim_json(result) for result in assessment.results],
        "controls": [
            {"name": control.name, "passed": control.passed, "detail": control.detail}
            for control in assessment.controls
        ],
    }


def _claim_json(result: Result) -> dict[str, Any]:
    claim = result.claim
    return {
        "id": claim.id,
        "source": claim.source,
        "basis": claim.basis,
        "by_construction": claim.by_construction,
        "verdict": result.verdict,
        "contradicted": [
            {"metric": answer.outcome.metric, "contrast": answer.outcome.contrast, "window": answer.outcome.window}
            for answer in result.contradicted
        ],
        "outcomes": [_outcome_json(answer) for answer in result.answers],
        "robustness": None,
        "attribution": None,
    }


def _outcome_json(answer: Answer) -> dict[str, Any]:
    outcome = answer.outcome
    return {
        "metric": outcome.metric,
        "contrast": outcome.contrast,
        "window": outcome.window,
        "by_world": {world: _interval_json(effect) for world, effect in answer.by_world.items()},
        "predicts": outcome.predicts,
        "sesoi": outcome.sesoi,
        **_interval_json(answer.effect),
        "pairs": answer.effect.pairs,
        "pair_correlation": finite(answer.effect.pair_correlation),
        "verdict": answer.verdict,
    }


def _interval_json(effect: Effect) -> dict[str, float | None]:
    return {"effect": finite(effect.effect), "low": finite(effect.low), "high": finite(effect.high)}
