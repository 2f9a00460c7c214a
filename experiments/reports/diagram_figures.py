"""How the four diagrams of the model look."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from revorg.experiments.reports.style import BAND, BLUE, GREEN, GREY, INK, ORANGE, SOFT, STYLE, VERMILION
from revorg.experiments.validation.watching import Call, Move
from revorg.simulation.codes import CUSTOMER, LEAD, LOST, OPPORTUNITY, PROSPECT

if TYPE_CHECKING:
    from revorg.experiments.reports.diagrams import SeatBox

matplotlib.use("Agg")
Look = dict[str, Any]
SCOPES = 15
STAGES = {PROSPECT: "prospect", LEAD: "lead", OPPORTUNITY: "opportunity", CUSTOMER: "customer", LOST: "lost"}
PLACES = {PROSPECT: (0.0, 2.4), LEAD: (3.0, 2.4), OPPORTUNITY: (6.0, 2.4), CUSTOMER: (9.0, 2.4), LOST: (4.5, 0.0)}
"""Where a stage stands; whatever moves there are, they are drawn between these."""
FIELDS = (
    ("the market", GREY, ("market",)),
    ("leaders and what they decide", VERMILION, ("leadership", "strategy", "decisions")),
    ("from prospect to customer", BLUE, ("demand", "reps", "deals", "customers")),
    ("the firm behind it", GREEN, ("operations", "alignment", "finance", "staffing")),
)
"""Files of steps by what they are about, with the colour they are drawn in."""


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(width, height))
    axes.set_axis_off()
    return figure, axes


def _field_of(module: str) -> tuple[str, str]:
    return next(((name, colour) for name, colour, files in FIELDS if module in files), ("other", INK))


def week_figure(calls: Sequence[Call]) -> Figure:
    """Draw the calls of a week from top to bottom, each with what it says of itself."""
    with plt.rc_context(STYLE):
        figure, axes = _canvas(11, 0.42 * len(calls) + 1.1)
        axes.set_xlim(-0.1, 11)
        axes.set_ylim(len(calls) + 0.3, -1.4)
        for row, call in enumerate(calls):
            colour = _field_of(call.module)[1]
            if row:
                axes.plot([0.25, 0.25], [row - 1, row], color=SOFT, lw=1)
            axes.scatter(
                [0.25], [row], s=330, facecolor="white" if call.sometimes else colour, edgecolor=colour, zorder=3
            )
            number: Look = {"ha": "center", "va": "center", "color": colour if call.sometimes else "white", "zorder": 4}
            axes.text(0.25, row, str(row + 1), **number)
            axes.text(0.75, row, f"{call.module}.{call.name}", va="center", weight="bold", color=colour)
            axes.text(3.35, row, call.does, va="center", fontsize=8.5)
        _legend(axes, {name: colour for name, colour, _ in FIELDS}, -1.1)
        axes.text(0, len(calls) - 0.1, "A ring is a call that not every week makes. Every few weeks, leaders set their "
                  "policy after the market has drifted.", color=SOFT, va="center", fontsize=8.5)  # fmt: skip
    return figure


def _legend(axes: Axes, colours: Mapping[str, str], row: float) -> None:
    """Write a line of names with their colours."""
    left = 0.0
    for name, colour in colours.items():
        axes.scatter([left + 0.1], [row], s=60, color=colour)
        axes.text(left + 0.3, row, name, va="center", color=SOFT)
        left += 0.75 + 0.085 * len(name)


def tree_figure(trees: Mapping[str, "Sequence[SeatBox]"]) -> Figure:
    """Draw organizations beside one another: solid lines for reports, dashed ones for decisions that climb."""
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(1, len(trees), figsize=(7.2 * len(trees), 4.6), squeeze=False)
        figure.subplots_adjust(wspace=0.04)
        for axes, (title, boxes) in zip(grid[0], trees.items(), strict=True):
            _draw_tree(axes, title, boxes)
        told = (
            "A seat, the functions in its line, and of how many of the fifteen sets of functions that a decision may "
            "concern it is the lowest seat\nover all. Solid: reports to. Dashed: decisions with large stakes are "
            "settled one step up."
        )
        figure.text(0.5, 0.01, told, ha="center", color=SOFT, fontsize=8.5)
    return figure


def _draw_tree(axes: Axes, title: str, boxes: "Sequence[SeatBox]") -> None:
    across = _places_across(boxes)
    depth = max(box.depth for box in boxes)
    axes.set_axis_off()
    axes.set_title(title, fontsize=11, weight="bold")
    axes.set_xlim(-0.6, max(across) + 0.6)
    axes.set_ylim(-depth - 0.45, 0.45)
    for row, box in enumerate(boxes):
        here = (across[row], -box.depth)
        if box.parent >= 0:
            _draw_way_up(axes, here, (across[box.parent], -boxes[box.parent].depth), climbs=box.scopes > 0)
        _draw_seat(axes, here, box)


def _draw_way_up(axes: Axes, here: tuple[float, float], above: tuple[float, float], *, climbs: bool) -> None:
    """Draw the line from a seat to the one it reports to, and beside it what climbs."""
    start, end = (here[0], here[1] + 0.24), (above[0] + 0.25 * (here[0] - above[0]), above[1] - 0.24)
    axes.plot([start[0], end[0]], [start[1], end[1]], color=SOFT, lw=1.2, zorder=1)
    if climbs:
        beside = -0.13 if here[0] <= above[0] else 0.13
        ends = (start[0] + beside, start[1]), (end[0] + beside, end[1])
        look: Look = {"arrowstyle": "-|>", "mutation_scale": 11, "linestyle": "--", "color": ORANGE}
        axes.add_patch(FancyArrowPatch(*ends, shrinkA=0, shrinkB=0, **look))


def _draw_seat(axes: Axes, here: tuple[float, float], box: "SeatBox") -> None:
    """Draw a seat with its functions and what it settles."""
    colour = BLUE if box.scopes else SOFT
    shape = FancyBboxPatch((here[0] - 0.44, here[1] - 0.2), 0.88, 0.4, boxstyle="round,pad=0.02", zorder=2)
    shape.set(facecolor=BAND if box.leads else "white", edgecolor=colour)
    axes.add_patch(shape)
    leads = "everything" if box.parent < 0 else ", ".join(box.leads) or "leads nothing"
    middle: Look = {"ha": "center", "va": "center", "zorder": 3}
    axes.text(here[0], here[1] + 0.11, box.name.replace("_", " "), weight="bold", fontsize=7.5, **middle)
    axes.text(here[0], here[1] - 0.01, leads, fontsize=6.5, **middle)
    axes.text(here[0], here[1] - 0.13, f"settles {box.scopes} of {SCOPES}", fontsize=6.5, color=colour, **middle)


def _places_across(boxes: "Sequence[SeatBox]") -> list[float]:
    """Place of every seat from left to right: those without anybody below side by side, the others above their own."""
    below = defaultdict(list)
    for row, box in enumerate(boxes):
        below[box.parent].append(row)
    places, left = [0.0] * len(boxes), 0

    def put(row: int) -> None:
        nonlocal left
        for child in below[row]:
            put(child)
        if below[row]:
            places[row] = (places[below[row][0]] + places[below[row][-1]]) / 2
        else:
            places[row], left = float(left), left + 1

    put(0)
    return places


def life_figure(moves: Mapping[Move, int], accounts: int) -> Figure:
    """Draw the stages of an account, and every move that was seen between them in a year with the step that made it."""
    steps: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for move, count in moves.items():
        steps[move.before, move.after][move.step] = count
    with plt.rc_context(STYLE):
        figure, axes = _canvas(11, 4.6)
        axes.set_xlim(-1.2, 10.2)
        axes.set_ylim(-0.9, 3.6)
        boxes = {stage: _draw_stage(axes, stage) for stage in PLACES}
        for (before, after), by in steps.items():
            lines = [f"{step}\n{count:,}" for step, count in sorted(by.items(), key=lambda each: -each[1])]
            _draw_move(axes, before, after, "\n".join(lines), boxes)
        told = (
            f"Accounts that a step moved in one year, of {accounts:,} (complex-multi, neutral organization, one seed)."
        )
        axes.text(-1.2, -0.8, told, color=SOFT, fontsize=8.5)
    return figure


def _draw_stage(axes: Axes, stage: int) -> FancyBboxPatch:
    x, y = PLACES[stage]
    box = FancyBboxPatch((x - 0.7, y - 0.2), 1.4, 0.4, boxstyle="round,pad=0.05", facecolor=BLUE, lw=0, zorder=3)
    axes.add_patch(box)
    axes.text(x, y, STAGES[stage], ha="center", va="center", color="white", weight="bold", zorder=4)
    return box


def _draw_move(axes: Axes, before: int, after: int, label: str, boxes: Mapping[int, FancyBboxPatch]) -> None:
    """Draw one arrow with its label at the middle of its arc."""
    (x, y), (to_x, to_y) = PLACES[before], PLACES[after]
    bend = -0.12 if y != to_y else -0.4
    look: Look = {"arrowstyle": "-|>", "mutation_scale": 13, "color": GREY, "lw": 1.2, "zorder": 1}
    look |= {"patchA": boxes[before], "patchB": boxes[after], "shrinkA": 2, "shrinkB": 2}
    axes.add_patch(FancyArrowPatch((x, y), (to_x, to_y), connectionstyle=f"arc3,rad={bend}", **look))
    # The middle of a quadratic curve lies half of its bend beside the middle of the chord.
    at = ((x + to_x) / 2 + bend * (to_y - y) / 2, (y + to_y) / 2 - bend * (to_x - x) / 2)
    about: Look = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    axes.text(*at, label, ha="center", va="center", fontsize=7.5, color=INK, bbox=about, zorder=2)


def wiring_figure(names: Sequence[str], reads: Mapping[int, frozenset[int]]) -> Figure:
    """Draw a table of steps against steps: what a row reads, of this week above itself, of last week below."""
    count = len(names)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.6, 6.6))
        for reader, sources in reads.items():
            for source in sources:
                early = source < reader
                axes.scatter([source], [reader], s=95, color=BLUE if early else ORANGE, zorder=3)
        axes.plot([0.5, count + 0.5], [0.5, count + 0.5], color=BAND, lw=6, zorder=1)
        labels = [f"{number}  {name}" for number, name in enumerate(names, start=1)]
        axes.set_yticks(range(1, count + 1), labels)
        axes.set_xticks(range(1, count + 1), labels, rotation=40, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        axes.set_xlim(0.5, count + 0.5)
        axes.set_ylim(count + 0.5, 0.5)
        axes.grid(color=BAND, lw=0.8, zorder=0)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_xlabel("A row reads what the columns left: blue earlier in the same week, orange in the week before.",
                        color=SOFT, labelpad=10)  # fmt: skip
    return figure
