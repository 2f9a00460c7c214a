"""What there is, and what a name means: behind ``revorg list`` and ``revorg show``."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, get_args

from rich import box
from rich.table import Table
from rich.text import Text

from revorg.experiments.claims.claim import Claim, registry
from revorg.experiments.reports.console import console
from revorg.experiments.reports.numbers import written
from revorg.experiments.runs.machine import cache_folder
from revorg.scenarios import loading
from revorg.simulation.errors import known_name
from revorg.simulation.metrics import METRICS
from revorg.simulation.parameters.mechanisms import Levers, Mechanisms
from revorg.simulation.record import NOTED


@dataclass(frozen=True)
class Listing:
    """A table of names and what is known about them, the name first.

    ``narrow`` says how many columns, from the left, should not be broken into lines. ``records`` has the rows as
    other programs take them: numbers as numbers, under keys of one word.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    records: tuple[dict[str, Any], ...]
    narrow: int = 1

    @classmethod
    def of(cls, title: str, columns: Sequence[str], keys: Sequence[str], values: Iterable[Sequence[Any]]) -> Self:
        """Make one whose records are the rows, with keys for their columns."""
        values = tuple(values)
        rows = tuple(tuple(_text(value) for value in row) for row in values)
        return cls(title, tuple(columns), rows, tuple(dict(zip(keys, row, strict=True)) for row in values))

    def having(self, word: str) -> Self:
        """Return the part that has a word somewhere in it, in whatever case."""
        kept = [
            place
            for place, record in enumerate(self.records)
            if any(word.lower() in str(value).lower() for value in record.values())
        ]
        rows, records = (self.rows[place] for place in kept), (self.records[place] for place in kept)
        return replace(self, rows=tuple(rows), records=tuple(records))


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


Entry = tuple[str, str]  # a label and its text


def listing(kind: str) -> Listing:
    """List everything of a kind.

    Raises
    ------
    BadInput
        When there is no such kind.
    """
    return LISTS[known_name(kind, LISTS, "kind of thing", "revorg list --help")]()


def _scenarios() -> Listing:
    rows = [(name, loading.load(name).description) for name in loading.names()]
    return Listing.of("scenarios", ("scenario", "what it stands for"), ("scenario", "description"), rows)


def _profiles() -> Listing:
    columns = ("profile", "strategy", "execution", "operations", "customer", "collaboration", "habit")
    rows = [
        (name, *(float(getattr(profile, column)) for column in columns[1:]))
        for name, profile in loading.profiles().items()
    ]
    return Listing.of("profiles (skills from 0 to 1)", columns, columns, rows)


def _seats() -> Listing:
    rows = [
        (name, ", ".join(seat.leads) or "nothing", _weights(seat.measures), seat.level, float(seat.say))
        for name, seat in loading.seats().items()
    ]
    keys = ("seat", "leads", "measures", "level", "say")
    return Listing.of("seats", ("seat", "leads", "measured on", "level", "say"), keys, rows)


def _weights(measures: Any) -> str:
    return ", ".join(f"{name} {weight:g}" for name, weight in dict(measures).items() if weight)


def _claims() -> Listing:
    rows = [(claim.id, _predictions(claim), claim.text) for claim in registry().claims]
    return Listing.of("claims", ("claim", "predicts", "what it says"), ("claim", "predicts", "text"), rows)


def _predictions(claim: Claim) -> str:
    return "; ".join(f"{outcome.metric} {outcome.predicts}" for outcome in claim.outcomes)


def _metrics() -> Listing:
    columns = ("metric", "unit", "better", "definition")
    rows = [(metric.name, metric.unit, metric.better, metric.definition) for metric in METRICS.values()]
    return Listing.of("metrics", columns, columns, rows)


def _columns() -> Listing:
    rows = [(name, noted.unit, noted.meaning) for name, noted in NOTED.items()]
    columns = ("column", "unit", "meaning")
    return Listing.of("columns of the weekly record", columns, columns, rows)


def _parameters() -> Listing:
    known = tuple(loading.load(registry().factorial.worlds[0]).parameters())
    rows = tuple(
        (parameter.path, _default(parameter), parameter.unit, _range(parameter), parameter.source)
        for parameter in known
    )
    columns = ("parameter", "default", "unit", "allowed (plausible)", "source")
    return Listing("parameters", columns, rows, tuple(map(_parameter_record, known)))


def _parameter_record(parameter: Any) -> dict[str, Any]:
    low, high = parameter.plausible or (None, None)
    return {
        "parameter": parameter.path,
        "default": parameter.value,
        "unit": parameter.unit,
        "low": parameter.low,
        "high": parameter.high,
        "plausible_low": low,
        "plausible_high": high,
        "uncertain": parameter.uncertain,
        "source": parameter.source,
        "description": parameter.description,
    }


def _default(parameter: Any) -> str:
    """Write a parameter's value; one that may be absent is derived from others or has no effect then."""
    if parameter.value is None and parameter.source == "derived":
        return "derived"
    return _value(parameter.value)


def _value(value: Any) -> str:
    if value is None:
        return "absent"
    return ", ".join(f"{part:g}" for part in value) if isinstance(value, tuple) else f"{value:g}"


def _range(parameter: Any) -> str:
    plausible = f" ({parameter.plausible[0]:g}..{parameter.plausible[1]:g})" if parameter.plausible else ""
    return f"{parameter.low:g}..{parameter.high:g}{plausible}"


def _mechanisms() -> Listing:
    rows = [(name, field.description or "") for name, field in Mechanisms.model_fields.items()]
    title, keys = "mechanisms that can be switched off", ("mechanism", "description")
    return Listing.of(title, ("mechanism", "what it does"), keys, rows)


def _levers() -> Listing:
    numbers = {row.path: row for row in loading.load(registry().factorial.worlds[0]).parameters()}
    rows = [
        (name, _choices(field, numbers.get(f"levers.{name}")), _written(field.default), field.description or "")
        for name, field in Levers.model_fields.items()
    ]
    keys = ("lever", "choices", "default", "description")
    return Listing.of("levers of a design", ("lever", "choices", "default", "what it does"), keys, rows)


def _choices(field: Any, number_of_it: Any) -> str:
    if number_of_it is not None:
        return f"{number_of_it.low:g}..{number_of_it.high:g} {number_of_it.unit}"
    return "true, false" if field.annotation is bool else ", ".join(get_args(field.annotation))


def _written(value: Any) -> str:
    return "absent" if value is None else str(value).lower()


def _cache() -> Listing:
    folder = cache_folder()
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
    rows, records = [], []
    for group, count, size in _groups(folder, files):
        held = _held(group)
        rows.append((group, f"{count}", written(size / 1e6), held))
        records.append({"folder": group, "files": count, "bytes": size, "holds": held})
    return Listing(f"{folder}", ("folder", "files", "MB", "holds"), tuple(rows), tuple(records))


def _held(group: str) -> str:
    """Say what a folder of the cache is for."""
    from revorg.experiments.runs.cache import RunCache

    told = {
        "compiled": "machine code of the model",
        "figures": "figures of claims without --out",
        "runs": f"{len(RunCache()):,} runs of this version of the model, lent to claims and sweeps",
    }
    return told.get(group, "")


def _groups(folder: Path, files: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    by_group: dict[str, list[int]] = {}
    for path in files:
        by_group.setdefault(path.relative_to(folder).parts[0], []).append(path.stat().st_size)
    for group, sizes in by_group.items():
        yield group, len(sizes), sum(sizes)


LISTS: dict[str, Callable[[], Listing]] = {
    "scenarios": _scenarios,
    "profiles": _profiles,
    "seats": _seats,
    "claims": _claims,
    "metrics": _metrics,
    "columns": _columns,
    "parameters": _parameters,
    "mechanisms": _mechanisms,
    "levers": _levers,
    "cache": _cache,
}


_LISTS_OF_NAMES = "|".join(kind for kind in LISTS if kind != "cache")


def meaning(name: str) -> list[tuple[str, list[Entry]]]:
    """Say what a name means: a heading and what is known, for every kind of thing that has the name.

    Raises
    ------
    BadInput
        When nothing has the name, with the nearest that something has.
    """
    if name.endswith(".toml"):
        return [(f"scenario {name}", _scenario_entries(name))]
    named: dict[str, dict[str, Callable[[], list[Entry]]]] = {}
    for kind, known, describe in _kinds():
        for known_thing in known:
            named.setdefault(known_thing, {})[kind] = lambda thing=known_thing, tell=describe: tell(thing)  # type: ignore[misc]
    known_name(name, named, "name", f"revorg list {_LISTS_OF_NAMES}")
    return [(f"{kind} {name}", tell()) for kind, tell in named[name].items()]


def _kinds() -> Iterator[tuple[str, Iterable[str], Callable[[str], list[Entry]]]]:
    world = loading.load(registry().factorial.worlds[0])
    parameters = {parameter.path: parameter for parameter in world.parameters()}
    yield "scenario", loading.names(), _scenario_entries
    yield "seat", loading.seats(), lambda name: _row_entries(_seats(), name)
    yield "profile", loading.profiles(), lambda name: _row_entries(_profiles(), name)
    yield "claim", registry().ids, _claim_entries
    yield "metric", METRICS, _metric_entries
    yield "column", NOTED, lambda name: _row_entries(_columns(), name)
    yield "parameter", parameters, lambda path: _parameter_entries(parameters[path])
    yield "mechanism", Mechanisms.model_fields, lambda name: _row_entries(_mechanisms(), name)
    yield "lever", Levers.model_fields, lambda name: _row_entries(_levers(), name)


def _row_entries(table: Listing, name: str) -> list[Entry]:
    row = next(row for row in table.rows if row[0] == name)
    return list(zip(table.columns[1:], row[1:], strict=True))


def _scenario_entries(name: str) -> list[Entry]:
    scenario = loading.load(name)
    plain = {parameter.path: parameter for parameter in loading.load(registry().factorial.worlds[0]).parameters()}
    differing = [
        (
            parameter.path,
            f"{_value(parameter.value)} {parameter.unit} (default {_value(plain[parameter.path].value)})",
        )
        for parameter in scenario.parameters()
        if parameter.value != plain[parameter.path].value
    ]
    organization = scenario.organization
    seated = ", ".join(
        f"{seat}:{holder}" for seat, holder in zip(organization.names, organization.holders, strict=True)
    )
    return [("stands for", scenario.description), ("organization", seated), *differing]


def _claim_entries(name: str) -> list[Entry]:
    claim = next(claim for claim in registry().claims if claim.id == name)
    entries = [
        ("says", claim.text),
        ("source", f"{claim.source}, {claim.basis}"),
        ("by construction", claim.by_construction),
    ]
    if claim.forced_sign:
        entries.append(("forced sign", claim.forced_sign))
    if claim.carried_by:
        entries.append(("carried by", claim.carried_by))
    entries += [("note", note) for note in claim.notes]
    for outcome in claim.outcomes:
        entries.append((f"{outcome.metric} {outcome.predicts}", f"{outcome.contrast}, weeks {outcome.window}"))
        entries.append(("smallest of interest", f"{outcome.sesoi:g} {METRICS[outcome.metric].unit}"))
    return entries


def _metric_entries(name: str) -> list[Entry]:
    metric = METRICS[name]
    pooled = "ratio of sums over seeds" if metric.ratio else "mean over seeds"
    return [
        ("is", metric.definition),
        ("unit", metric.unit),
        ("range", f"{metric.low:g}..{metric.high:g}"),
        ("better", metric.better),
        ("pooled as", pooled),
    ]


def _parameter_entries(parameter: Any) -> list[Entry]:
    return [
        ("is", parameter.description),
        ("default", _default(parameter) if parameter.value is None else f"{_value(parameter.value)} {parameter.unit}"),
        ("allowed (plausible)", _range(parameter)),
        ("source", parameter.source),
        ("uncertain", "yes" if parameter.uncertain else "no"),
    ]


def print_listing(listing: Listing) -> None:
    """Print a table of names."""
    out = console()
    out.print(Text(listing.title, style="bold"))
    if not listing.rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, column in enumerate(listing.columns):
        table.add_column(column, overflow="fold", no_wrap=place < listing.narrow)
    for row in listing.rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)


def print_meaning(meanings: Sequence[tuple[str, Sequence[Entry]]]) -> None:
    """Print what a name means."""
    out = console()
    for heading, entries in meanings:
        out.print(Text(heading, style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in entries:
            table.add_row(label, Text(text))
        out.print(table)
