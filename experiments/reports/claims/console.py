"""The verdicts at the terminal: one section a claim, one row an outcome, 80 to 100 columns wide."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from revorg.experiments.claims.assessment import Answer, Assessment, Result
from revorg.experiments.claims.claim import registry
from revorg.experiments.reports.claims import beside, words
from revorg.experiments.reports.console import WIDEST, console
from revorg.experiments.reports.numbers import scale_of, written

STYLES = {"supported": "bold blue", "contradicted": "bold red", "partly": "bold magenta"}


def print_assessment(assessment: Assessment) -> None:
    """Print the verdicts, what is behind them and how far to trust them."""
    out = console()
    _print_verdicts(out, assessment)
    for answer in assessment.answers:
        for title, cells in words.cells_of(answer):
            width = max(map(len, cells))
            levels = [f"{design:<{width}}  {level}" for design, level in cells.items()]
            _print_block(out, f"{answer.question.claim.id}: {title}", levels)
    for parts in assessment.decompositions.values():
        heading = f"Share of seat, person and fit in the differences of {parts.metric} [95 % interval]"
        ranks = [*words.matching_lines(parts), *words.reversal_lines(parts)]
        _print_block(out, heading, [*words.decomposition_lines(parts), *ranks])
    if assessment.rivals:
        _print_block(out, "Under other readings, each in place of the fitted one", words.rival_lines(assessment))
    if unequal := words.pay_lines(assessment):
        _print_block(out, "Designs whose leaders cost more or less: the difference goes to or from selling", unequal)
    if starts := words.start_lines(assessment):
        _print_block(out, "Where the firms stand in week 0, on the mean of 32 seeds", starts)
    controls = [
        f"Control {control.name} {words.came_out(control)}: {control.detail}." for control in assessment.controls
    ]
    stamp = [] if assessment.calibrated else [words.provisional_line(assessment)]
    _print_block(
        out,
        "How far to trust this",
        [*words.bound_lines(assessment), *words.pairing_lines(assessment), *controls, *stamp],
    )


def _print_block(out: Console, heading: str, lines: Sequence[str]) -> None:
    out.print()
    out.print(Text(heading, style="bold"))
    for line in lines:
        out.print(Padding(Text(line), (0, 0, 0, 2)))


def _print_verdicts(out: Console, assessment: Assessment) -> None:
    """Print one section a claim, one row an outcome, all on the same columns."""
    heads = ("outcome: contrast", "says", "effect [95 % interval]", "SESOI", "verdict")
    out.print(_row(out.width, *(Text(head, style="italic dim") for head in heads)))
    for result in assessment.results:
        out.print(Rule(style="dim", characters="─"))
        name = Text(result.claim.id, style="bold", overflow="fold")
        name.append(_by_construction(result), style="dim")
        stamp = words.stamped(result.verdict, assessment.calibrated)
        section = Table.grid(expand=True)
        section.add_column(ratio=1)
        section.add_column(justify="right")
        section.add_row(name, Text(stamp, style=STYLES.get(result.verdict, "bold")))
        out.print(section)
        if against := words.contradicted_part(result):
            out.print(Text(against, style=STYLES["contradicted"].removeprefix("bold "), justify="right"))
        for answer in result.answers:
            out.print(_row(out.width, *_cells(answer)))
            _print_beside(out, beside.growth_texts(answer))
        _print_beside(out, beside.mechanism_texts(result))
    out.print(Rule(style="dim", characters="─"))
    worlds = [f"{words.short(world)} {world}" for world in registry().factorial.worlds]
    out.print(Text(f"SESOI: smallest effect that would matter. Within each world: {', '.join(worlds)}.", style="dim"))


def _print_beside(out: Console, lines: Sequence[str]) -> None:
    for line in lines:
        out.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))


def _by_construction(result: Result) -> str:
    found = {"no": "", "in part": "  in part by construction", "yes": "  by construction"}
    return found[result.claim.by_construction]


def _row(width: int, name: Text, says: Text, effect: Text, sesoi: Text, verdict: Text) -> Table:
    fixed = {"says": 5, "effect": 23, "sesoi": 9, "verdict": 22 if width >= WIDEST else 14}
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=width - sum(fixed.values()) - len(fixed))
    grid.add_column(width=fixed["says"], justify="center")
    grid.add_column(width=fixed["effect"], justify="right")
    grid.add_column(width=fixed["sesoi"], justify="right")
    grid.add_column(width=fixed["verdict"], justify="right")
    grid.add_row(name, says, effect, sesoi, verdict)
    return grid


def _cells(answer: Answer) -> tuple[Text, Text, Text, Text, Text]:
    line = words.line_of(answer)
    name = Text(f"{line.metric}: ").append(line.contrast, style="dim")
    effect = Text(f"{line.effect} {line.interval}")
    if len(answer.by_world) > 1:
        effect.append(_within(answer), style="dim")
    verdict = Text(line.verdict, style=STYLES.get(line.verdict, "").removeprefix("bold "))
    if line.needed:
        verdict.append(f"\nneeds {line.needed} pairs", style="dim")
    return name, Text(line.predicts), effect, Text(f"{line.sesoi} {line.unit}"), verdict


def _within(answer: Answer) -> str:
    """Write the effect within each world, two worlds a line."""
    factor = scale_of(answer.outcome.metric).factor
    worlds = [
        f"{words.short(world)} {written(factor * within.effect, sign=True):>6}"
        for world, within in answer.by_world.items()
    ]
    return "".join(f"\n{'  '.join(worlds[first : first + 2])}" for first in range(0, len(worlds), 2))
