"""The answers as JSON, as a table and as a report that stands alone."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from experiments import wording
from experiments.assessment import Answer, Assessment, Result
from experiments.claims import registry
from experiments.contrasts import Effect
from experiments.units import finite
from simulation.metrics import METRICS


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


def verdict_table(assessment: Assessment) -> pd.DataFrame:
    """Return one row an outcome, in the metric's own unit, with the effect within each world beside it."""
    return pd.DataFrame(
        [_row(assessment, result, answer) for result in assessment.results for answer in result.answers]
    )


def _row(assessment: Assessment, result: Result, answer: Answer) -> dict[str, Any]:
    claim, outcome, effect = result.claim, answer.outcome, answer.effect
    row: dict[str, Any] = {
        "claim": claim.id,
        "claim_verdict": result.verdict,
        "source": claim.source,
        "basis": claim.basis,
        "by_construction": claim.by_construction,
        "metric": outcome.metric,
        "contrast": outcome.contrast,
        "window": outcome.window,
        "predicts": outcome.predicts,
        "sesoi": outcome.sesoi,
        "effect": effect.effect,
        "low": effect.low,
        "high": effect.high,
        "pairs": effect.pairs,
        "empty_seeds": effect.empty,
        "pair_correlation": effect.pair_correlation,
        "pairing_saves": effect.saving,
        "precise": answer.precise,
        "pairs_needed": float("nan") if answer.needed is None else float(answer.needed),
        "verdict": answer.verdict,
        "calibrated": assessment.calibrated,
        "fingerprint": assessment.fingerprint,
    }
    for world in registry().factorial.worlds:
        within = answer.by_world.get(world)
        for name in ("effect", "low", "high"):
            row[f"{name}_in_{world.replace('-', '_')}"] = getattr(within, name) if within else float("nan")
    return row


def write_report(assessment: Assessment, figures: Mapping[str, Path], folder: Path) -> Path:
    """Write ``verdicts.parquet`` and ``report.html`` into a folder.

    Parameters
    ----------
    assessment : Assessment
    figures : mapping of str to Path
        Caption and PNG file of each figure; they are written into the page itself.
    folder : Path
        Made when missing.

    Returns
    -------
    Path
        The report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    verdict_table(assessment).to_parquet(folder / "verdicts.parquet", index=False)
    report = folder / "report.html"
    report.write_text(report_html(assessment, figures), encoding="utf-8")
    return report


def report_html(assessment: Assessment, figures: Mapping[str, Path]) -> str:
    """Return the report as one page that needs no other file."""
    environment = Environment(
        loader=PackageLoader("experiments", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        assessment=assessment,
        metrics=METRICS,
        figures={caption: base64.b64encode(path.read_bytes()).decode() for caption, path in figures.items()},
        sources=registry().sources,
        wording=wording,
    )
