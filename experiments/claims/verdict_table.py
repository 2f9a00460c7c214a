"""The public verb: test claims, and get their verdicts as a table, one row an outcome."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from revorg.experiments.claims.assessment import Answer, Assessment, Result, assess_claims
from revorg.experiments.claims.claim import registry
from revorg.experiments.claims.over_time import YEARS


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
        Ask for intervals half as wide, and for growth over eight years.
    workers : int
        Processes to use; the result is the same bit for bit.
    fresh : bool
        Make every run anew instead of taking from the user's cache what earlier commands ran.

    Returns
    -------
    DataFrame
        One row an outcome: the claim, its contrast and prediction, the effect with its 95 % interval (in the
        metric's unit), pairs, verdicts, and the effect within each world; for growth the effect in each year, and on
        efficient growth. Verdicts are provisional where
        ``calibrated`` is False. ``contradicted`` names the claim's outcomes that came out against it,
        ``controls_failed`` and ``controls_not_run`` the controls; several are parted by semicolons.

    Raises
    ------
    BadInput
        When a claim is unknown.
    """
    from revorg.experiments.claims.verdict_table import verdict_table

    return verdict_table(assess_claims(ids, quick=quick, full=full, workers=workers, fresh=fresh))


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
        "contradicted": "; ".join(_named(answer) for answer in result.contradicted),
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
        "controls_failed": _controls(assessment, False),
        "controls_not_run": _controls(assessment, None),
    }
    for world in registry().factorial.worlds:
        within = answer.by_world.get(world)
        for name in ("effect", "low", "high"):
            row[f"{name}_in_{world.replace('-', '_')}"] = getattr(within, name) if within else float("nan")
    by_year = answer.growth.by_year if answer.growth else ()
    for year in range(len(YEARS)):
        row[f"effect_in_year_{year + 1}"] = by_year[year].effect if by_year else float("nan")
    for name in ("effect", "low", "high"):
        row[f"efficient_growth_{name}"] = getattr(answer.beside.effect, name) if answer.beside else float("nan")
    return row


def _named(answer: Answer) -> str:
    outcome = answer.outcome
    return f"{outcome.metric}: {outcome.contrast}, weeks {outcome.window}"


def _controls(assessment: Assessment, passed: bool | None) -> str:
    return "; ".join(control.name for control in assessment.controls if control.passed is passed)
