"""The two figures of a report, and one run's course."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from revorg.experiments.analysis.contrasts import Floats
from revorg.experiments.claims.assessment import Answer, Assessment
from revorg.experiments.claims.decomposition import PARTS, Decomposition, Share
from revorg.experiments.reports.numbers import MINUS, scale_of, written
from revorg.experiments.reports.style import BAND, BLUE, GREEN, GREY, INK, ORANGE, SOFT, STYLE, VERMILION, _save

matplotlib.use("Agg")
COLOUR_OF_VERDICT = {"supported": BLUE, "contradicted": VERMILION}


def draw_figures(assessment: Assessment, folder: Path) -> dict[str, Path]:
    """Draw the figures of a report as PNG files.

    Parameters
    ----------
    assessment : Assessment
    folder : Path
        Made when missing.

    Returns
    -------
    dict of str to Path
        File by caption; without the second figure when the factorial was not run as a whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "Effects in units of the smallest effect that would matter, with 95 % intervals; the band is ±1. "
        "Small rings: the same contrast within each world. Beyond the band the axis is compressed.": (
            "effects.png",
            effects_figure(assessment),
        )
    }
    for metric, parts in assessment.decompositions.items():
        caption = (
            f"{metric} of every cell, and the share of the differences between cells that seat, person and "
            "fit make up, freed of sampling noise, with 95 % intervals. Framed: the registered person of "
            "each seat."
        )
        drawn[caption] = (f"{metric}-cells.png", cells_figure(parts))
    return {caption: _save(figure, folder / name) for caption, (name, figure) in drawn.items()}


def effects_figure(assessment: Assessment) -> Figure:
    """Draw one row an outcome: effect and interval in units of the SESOI, on the predicted side or not."""
    answers = assessment.answers
    with sns.axes_style("white"), plt.rc_context(STYLE):
        height = 0.42 * (len(answers) + 0.35)
        figure, axes = plt.subplots(figsize=(9, height + 0.8))
        figure.subplots_adjust(bottom=0.6 / (height + 0.8), top=1 - 0.2 / (height + 0.8))
        axes.axvspan(-1, 1, color=BAND, lw=0, zorder=0)
        axes.axvline(0, color=SOFT, lw=0.8, zorder=1)
        for row, answer in enumerate(answers):
            _draw_effect(axes, row, answer)
        _label_rows(axes, answers, calibrated=assessment.calibrated)
        _set_effect_axis(axes, answers)
        axes.set_ylim(len(answers) - 0.4, -0.75)
        sns.despine(ax=axes, left=True)
    return figure


def _draw_effect(axes: Axes, row: int, answer: Answer) -> None:
    sesoi, effect = answer.outcome.sesoi or 1.0, answer.effect
    colour = COLOUR_OF_VERDICT.get(answer.verdict, GREY)
    if len(answer.by_world) > 1:
        within = [world.effect / sesoi for world in answer.by_world.values()]
        axes.scatter(within, [row + 0.24] * len(within), s=12, facecolor="none", edgecolor=SOFT, lw=0.7, zorder=2)
    axes.plot([effect.low / sesoi, effect.high / sesoi], [row, row], color=colour, lw=2.2, zorder=3)
    fill = "white" if answer.verdict == "undecided" else colour
    axes.scatter([effect.effect / sesoi], [row], s=38, facecolor=fill, edgecolor=colour, lw=1.6, zorder=4)


def _label_rows(axes: Axes, answers: Sequence[Answer], *, calibrated: bool) -> None:
    """Write claim, outcome and contrast at the left, size and verdict at the right."""
    stamp = "verdict" if calibrated else "verdict (provisional)"
    _write(axes, -0.95, ("claim", "outcome, says", "effect", stamp), color=SOFT, style="italic")
    axes.set_yticks([])
    named = ""
    for row, answer in enumerate(answers):
        claim, outcome = answer.question.claim.id, answer.outcome
        if claim != named and row:
            beside = axes.get_yaxis_transform()
            axes.plot([-0.95, 1.43], [row - 0.5] * 2, transform=beside, color=BAND, lw=0.8, clip_on=False)
        _write(axes, row - 0.13, (claim if claim != named else "",), weight="bold")
        _write(axes, row - 0.13, ("", f"{outcome.metric}  {outcome.predicts}"))
        _write(axes, row + 0.22, ("", outcome.contrast), color=SOFT, fontsize=6.5)
        scale = scale_of(outcome.metric)
        size = f"{written(answer.effect.effect * scale.factor, sign=True)} {scale.difference}"
        _write(axes, row, ("", "", size), color=SOFT)
        _write(axes, row, ("", "", "", answer.verdict), color=COLOUR_OF_VERDICT.get(answer.verdict, INK))
        named = claim


def _write(axes: Axes, row: float, texts: Sequence[str], **style: Any) -> None:
    """Write claim and outcome at the left of the axes, effect and verdict at the right."""
    places = ((-0.93, "left"), (-0.02, "right"), (1.02, "left"), (1.2, "left"))
    for text, (place, side) in zip(texts, places, strict=False):
        axes.text(place, row, text, transform=axes.get_yaxis_transform(), ha=side, va="center", **style)


def _set_effect_axis(axes: Axes, answers: Sequence[Answer]) -> None:
    bounds = [
        abs(bound) / (answer.outcome.sesoi or 1.0)
        for answer in answers
        for bound in (
            answer.effect.low,
            answer.effect.high,
            *(world.effect for world in answer.by_world.values()),
        )
    ]
    limit = 1.15 * max([2.0, *(bound for bound in bounds if np.isfinite(bound))])
    axes.set_xscale("asinh", linear_width=1.0)
    axes.set_xlim(-limit, limit)
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500) if tick <= limit]
    axes.set_xticks([*(-tick for tick in reversed(ticks)), 0, *ticks])
    axes.set_xticklabels([*(f"{MINUS}{tick}" for tick in reversed(ticks)), "0", *(f"{tick}" for tick in ticks)])
    axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    axes.set_xlabel("effect ÷ smallest effect that would matter (shaded: too small to matter)")


def cells_figure(parts: Decomposition) -> Figure:
    """Draw each world's cells as a map with the means of seats and persons, and the shares below it."""
    worlds = parts.factorial.worlds
    scale = scale_of(parts.metric)
    cells = scale.factor * parts.cells
    deviations = cells - cells.mean(axis=(1, 2), keepdims=True)
    strongest = float(np.abs(deviations).max()) or 1.0
    with sns.axes_style("white"), plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            2,
            len(worlds),
            figsize=(3.3 * len(worlds) + 1.2, 5.6),
            height_ratios=(3, 1),
            squeeze=False,
            layout="constrained",
        )
        for column, world in enumerate(worlds):
            _draw_map(grid[0, column], parts, cells[column], strongest, first=column == 0)
            mean = written(float(cells[column].mean()))
            grid[0, column].set_title(f"{world}\nmean {mean} {scale.level}", fontsize=10)
            shares = [share for share in parts.shares if share.world == world]
            _draw_shares(grid[1, column], shares, first=column == 0)
        colours = matplotlib.cm.ScalarMappable(matplotlib.colors.Normalize(-strongest, strongest), "PuOr_r")
        bar = figure.colorbar(colours, ax=list(grid[0]), shrink=0.8, aspect=18, pad=0.01)
        bar.set_label(f"difference to the world's mean, {scale.difference}")
        bar.outline.set_visible(False)
    return figure


def _draw_map(axes: Axes, parts: Decomposition, cells: Floats, strongest: float, *, first: bool) -> None:
    """Draw cells, and the means of rows and columns set off beside them; colours are differences."""
    seats, persons = parts.factorial.seats, parts.factorial.persons
    mean, gap = cells.mean(), 0.25
    for row, seat in enumerate([*seats, "mean"]):
        for column, person in enumerate([*persons, "mean"]):
            value = cells[
                row if row < len(seats) else slice(None), column if column < len(persons) else slice(None)
            ].mean()
            left = column + gap * (column == len(persons))
            top = row + gap * (row == len(seats))
            share = (value - mean) / strongest
            axes.add_patch(Rectangle((left, top), 1, 1, color=plt.get_cmap("PuOr_r")(0.5 + share / 2), lw=0))
            ink = "white" if abs(share) > 0.62 else INK
            axes.text(left + 0.5, top + 0.5, f"{value:.1f}", ha="center", va="center", color=ink, fontsize=8.5)
            if parts.factorial.matching.get(seat) == person:
                axes.add_patch(Rectangle((left + 0.04, top + 0.04), 0.92, 0.92, fill=False, ec=INK, lw=1.6))
    axes.set_xlim(0, len(persons) + 1 + gap)
    axes.set_ylim(len(seats) + 1 + gap, 0)
    axes.set_xticks([*(np.arange(len(persons)) + 0.5), len(persons) + gap + 0.5], [*persons, "mean"], rotation=40)
    plt.setp(axes.get_xticklabels(), ha="right", rotation_mode="anchor")
    axes.set_yticks(
        [*(np.arange(len(seats)) + 0.5), len(seats) + gap + 0.5], [*seats, "mean"] if first else []
    ) if first else axes.set_yticks([])
    sns.despine(ax=axes, left=True, bottom=True)


def _draw_shares(axes: Axes, shares: Sequence[Share], *, first: bool) -> None:
    for row, found in enumerate(shares):
        share, low, high = np.clip((found.share, found.low, found.high), 0, 1)
        axes.barh(row, share, height=0.62, color=(BLUE, ORANGE, GREEN)[row], alpha=0.85, lw=0)
        axes.plot([low, high], [row, row], color=INK, lw=1.3)
        axes.text(max(share, high) + 0.03, row, f"{100 * share:.0f} %", va="center", fontsize=8.5)
    axes.set_yticks(range(len(PARTS)), PARTS if first else [""] * len(PARTS))
    axes.set_ylim(len(PARTS) - 0.5, -0.5)
    axes.set_xlim(0, 1.2)
    axes.set_xticks([0, 0.5, 1], ["0", "50", "100 %"])
    axes.set_xlabel("share of the differences" if first else "")
    sns.despine(ax=axes, left=True)
