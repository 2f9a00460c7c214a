"""Write the tables of `simulation/ODD-tables.md`, which come from the code: parameters, outcomes, patterns and docks.

``python -m revorg.experiments.reports.odd`` writes them; with ``--check`` nothing is written and the exit code is 1
when the text is stale.
"""

import re
import sys

from revorg.experiments.reports.generated import parser_of
from revorg.experiments.reports.markdown import table
from revorg.experiments.validation.docks import DOCKS
from revorg.experiments.validation.patterns import PATTERNS
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS

FILE = "simulation/ODD-tables.md"
MODULE = "revorg.experiments.reports.odd"
WORLDS = ("simple-single", "complex-multi")


def _number(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(f"{part:g}" for part in value)
    return "derived" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


def parameters() -> str:
    """Every parameter, with its value in the simplest and the most complex core world."""
    simple, hard = ({row.path: row for row in load(world).parameters()} for world in WORLDS)
    rows = []
    for path, row in simple.items():
        values = _number(row.value)
        if hard[path].value != row.value:
            values += f" / {_number(hard[path].value)}"
        plausible = "" if row.plausible is None else f"{row.plausible[0]:g}–{row.plausible[1]:g}"
        mark = " (u)" if row.uncertain else ""
        allowed = f"{row.low:g}–{row.high:g}"
        rows.append((f"`{path}`{mark}", values, row.unit, allowed, plausible, row.source, row.description))
    heads = ("parameter", f"{WORLDS[0]} / {WORLDS[1]}", "unit", "allowed", "plausible", "source", "meaning")
    return table(heads, rows)


def outcomes() -> str:
    """Every outcome, with its definition."""
    return table(
        ("outcome", "unit", "better", "definition"),
        ((f"`{metric.name}`", metric.unit, metric.better, metric.definition) for metric in METRICS.values()),
    )


def patterns() -> str:
    """Every pattern, with its ranges."""
    rows = []
    for pattern in PATTERNS:
        ranges = "; ".join(
            f"{entry.label} {pattern.scale * entry.low:g}–{pattern.scale * entry.high:g}" for entry in pattern.entries
        )
        rows.append((str(pattern.number), pattern.name, pattern.unit, ranges, pattern.source))
    return table(("#", "pattern", "unit", "ranges", "source"), rows)


def docks() -> str:
    """Every submodel docked against theory."""
    return table(("row", "submodel", "how it is isolated"), ((row.name, row.submodel, row.isolated) for row in DOCKS))


TABLES = {"parameters": parameters, "outcomes": outcomes, "patterns": patterns, "docks": docks}


def renewed(text: str) -> str:
    """Return the text with every generated table as the code has it now.

    Raises
    ------
    ValueError
        If the text lacks the place of a table.
    """
    for name, write in TABLES.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        if begin not in text or end not in text:
            raise ValueError(f"no place for the table of {name}: {begin} … {end}")
        place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        made = f"{begin}\n{write()}\n{end}"
        text = place.sub(lambda _, made=made: made, text)  # type: ignore[misc]
    return text


def main() -> int:
    """Write the tables, or check them."""
    parser = parser_of(MODULE, "Write the tables of the model's description that come from the code.", FILE)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when the text is stale")
    given = parser.parse_args()
    text = given.file.read_text(encoding="utf-8")
    new = renewed(text)
    if given.check:
        if new != text:
            print(f"{given.file} is stale: run python -m {MODULE}", file=sys.stderr)
        return int(new != text)
    given.file.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
