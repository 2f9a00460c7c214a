"""The verdicts as JSON: the contract with other programs."""

from typing import Any

from revorg.experiments.analysis.contrasts import Effect
from revorg.experiments.claims.assessment import Answer, Assessment, Result
from revorg.experiments.claims.carriage import Carriage
from revorg.experiments.claims.over_time import OverTime
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
        "carried_by": _carried_json(result.carriage),
        "robustness": None,
        "attribution": None,
    }


def _carried_json(carriage: Carriage | None) -> dict[str, Any] | None:
    return None if carriage is None else {"mechanism": carriage.mechanism, "carried": carriage.carried}


def _outcome_json(answer: Answer) -> dict[str, Any]:
    outcome = answer.outcome
    efficient = answer.beside
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
        **_over_time_json(answer.growth),
        "efficient_growth": efficient and {**_interval_json(efficient.effect), **_over_time_json(efficient)},
    }


def _over_time_json(found: OverTime | None) -> dict[str, Any]:
    """Return the effect by year and over several years; nulls where there is nothing of the kind."""
    if found is None or not found.by_window:
        return {"by_year": None, "by_window": None}
    by_window = {window: _interval_json(effect) for window, effect in found.by_window.items()}
    return {"by_year": [finite(effect.effect) for effect in found.by_year], "by_window": by_window}


def _interval_json(effect: Effect) -> dict[str, float | None]:
    return {"effect": finite(effect.effect), "low": finite(effect.low), "high": finite(effect.high)}
