"""Scenario files: find them, lay one over the other along `extends`, check what comes out."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from revorg.scenarios.reading import FileKind, parse_toml, read_toml
from revorg.simulation.errors import BadInput, Place, near_miss, problems, shown
from revorg.simulation.organization import Profile, Seat
from revorg.simulation.scenario import CATALOGUES, Scenario

SCENARIO_FILE = FileKind("scenario file")
CATALOGUE = "catalogue"
"""The file of seats, persons and the neutral organization, over which every scenario is laid."""

Data = dict[str, Any]


class Source(NamedTuple):
    """One file: what messages call it, its path unless it comes with the package, and what it says."""

    label: str
    path: Path | None
    data: Data

    @property
    def folder(self) -> Path:
        """Where its relative paths start."""
        return self.path.parent if self.path else Path()

    @property
    def identity(self) -> Path | str:
        """Equal for two sources exactly when they are the same file."""
        return self.path.resolve() if self.path else self.label


def names() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the package, sorted."""
    paths = (Path(entry.name) for entry in files("revorg.scenarios").iterdir())
    return tuple(sorted(path.stem for path in paths if path.suffix == ".toml" and path.stem != CATALOGUE))


def seats() -> dict[str, Seat]:
    """Return the seats that come with the package, by name."""
    return dict(load(names()[0]).seats)


def profiles() -> dict[str, Profile]:
    """Return the persons that come with the package, by name."""
    return dict(load(names()[0]).profiles)


def schema() -> Data:
    """Return the JSON Schema of a scenario file, for editors."""
    described = Scenario.model_json_schema()
    described["title"] = "Scenario file"
    tables = described["$defs"]
    for table in (described, *tables.values()):
        table.pop("required", None)  # whatever is missing comes from what the file extends
    for table in (described, tables["Seat"], tables["Profile"]):
        table["properties"]["extends"] = {"type": "string", "description": "What this is laid over."}
    return described


def load(scenario: str | Path | Scenario) -> Scenario:
    """Return a scenario by its name, or from a TOML file.

    Parameters
    ----------
    scenario
        One of `names()`, or a path: anything that has a folder or ends in .toml. What is a scenario already stays
        as it is.

    Raises
    ------
    BadInput
        If there is no such scenario, or its file or one that it extends is not sound.
    """
    if isinstance(scenario, Scenario):
        return scenario
    chain = _chain(scenario)
    try:
        return Scenario.model_validate(_complete(chain))
    except ValidationError as error:
        messages = [_blamed(chain, place, message) for place, message in problems(error)]
    raise BadInput("\n".join(messages))


# Reading


def _chain(scenario: str | Path) -> list[Source]:
    """Read a scenario and all that it extends: itself first, the catalogue last."""
    chain = [_read(scenario, Path())]
    places = {chain[0].identity: 0}
    while "extends" in chain[-1].data:
        chain.append(_extended_source(chain[-1]))
        first = places.setdefault(chain[-1].identity, len(chain) - 1)
        if first < len(chain) - 1:
            circle = [source.label for source in chain[first:]]
            raise BadInput(f"{chain[0].label}: extends in a circle: {_circle(circle)}")
    return [*chain, Source(f"{CATALOGUE}.toml", None, _packaged(CATALOGUE))]


def _extended_source(source: Source) -> Source:
    reference = source.data["extends"]
    if not isinstance(reference, str):
        raise BadInput(f"{source.label}: extends = {shown(reference)} is not the name or path of a scenario")
    try:
        return _read(reference, source.folder)
    except BadInput as fault:
        raise BadInput(f"{source.label}: extends = {shown(reference)}: {fault}") from None


def _read(reference: str | Path, folder: Path) -> Source:
    """Read what a name or a path stands for."""
    if isinstance(reference, Path) or reference.endswith(".toml") or {"/", "\\"} & set(reference):
        path = folder / Path(reference).expanduser()
        return Source(str(path), path, _known_tables(read_toml(path, SCENARIO_FILE), str(path)))
    if reference not in names():
        raise BadInput(f"unknown scenario {shown(reference)}{near_miss(reference, names())}")
    return Source(f"{reference}.toml", None, _packaged(reference))


@cache
def _packaged(name: str) -> Data:
    label = f"{name}.toml"
    return parse_toml(files("revorg.scenarios").joinpath(label).read_bytes(), label, SCENARIO_FILE)


def _known_tables(data: Data, label: str) -> Data:
    """Refuse tables that no scenario has."""
    known = ("extends", *Scenario.model_fields)
    for key in data:
        if key not in known:
            raise BadInput(f"{label} [{key}]: unknown{near_miss(key, known)}")
    return data


# Laying files over one another


def _complete(chain: Sequence[Source]) -> Data:
    """Lay the files of a chain over one another and fill in what they leave open."""
    own = chain[0]
    data: Data = {}
    for source in reversed(chain):
        data = _laid_over(_begun_anew(data, source.data), source.data)
    data.pop("extends", None)
    data["name"] = own.data.get("name", Path(own.label).stem)
    data["description"] = own.data.get("description", "")
    data["organization"] = _merged(data["neutral_organization"], data.get("organization", {}), entries=True)
    data["present_organization"] = _merged(data["organization"], data.get("present_organization", {}), entries=True)
    for catalogue in ("seats", "profiles"):
        data[catalogue] = _resolved(data[catalogue], catalogue, chain)
    return data


def _begun_anew(base: Data, over: Data) -> Data:
    """Forget how an extended world begins where a file says anew where the firm should arrive."""
    market = base.get("market", {})
    if "start" not in over or not isinstance(market, Mapping):
        return base
    kept = {key: value for key, value in market.items() if key != "initial_customers_share"}
    return base | {"start": {}, "market": kept}


def _laid_over(base: Data, over: Data) -> Data:
    """Lay one file over another: tables key by key, entries of catalogues likewise."""
    return base | {key: _merged(base.get(key), value, entries=key in CATALOGUES) for key, value in over.items()}


def _merged(base: Any, over: Any, *, entries: bool = False) -> Any:
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    return {
        **base,
        **{key: _merged(base.get(key), value) if entries else value for key, value in over.items()},
    }


def _resolved(catalogue: Any, table: str, chain: Sequence[Source]) -> Any:
    """Lay every entry of a catalogue over the entry that it extends."""
    if not isinstance(catalogue, Mapping):
        return catalogue
    resolved: Data = {}
    for name in catalogue:
        try:
            for entry in reversed(_entries_below(catalogue, name, resolved)):
                resolved[entry] = _entry(catalogue[entry], resolved)
        except BadInput as fault:
            raise BadInput(_blamed(chain, (table, name), f"[{table}.{name}] {fault}")) from None
    return {name: resolved[name] for name in catalogue}


def _entries_below(catalogue: Mapping[str, Any], name: str, resolved: Data) -> list[str]:
    """Return an entry and those that it extends, down to the first that is resolved."""
    below: dict[str, None] = {}
    while name not in resolved:
        below[name] = None
        base = _base(catalogue[name])
        if base is None:
            break
        if not isinstance(base, str) or base not in catalogue:
            raise BadInput(f"extends = {shown(base)}: unknown{near_miss(str(base), catalogue)}")
        if base in below:
            raise BadInput(f"extends in a circle: {_circle([*below, base])}")
        name = base
    return list(below)


def _circle(chain: Sequence[str]) -> str:
    """Write a circle; of a long one, how it begins and how it ends."""
    shortened = [*chain[:5], "…", *chain[-5:]] if len(chain) > 12 else chain
    return " → ".join(shortened)


def _base(entry: Any) -> Any:
    """Return what an entry extends; None when it stands alone."""
    return entry.get("extends") if isinstance(entry, Mapping) else None


def _entry(own: Any, resolved: Data) -> Any:
    base = _base(own)
    if base is None:
        return own
    return _merged(resolved[base], {key: value for key, value in own.items() if key != "extends"})


# Saying which file is at fault


def _blamed(chain: Sequence[Source], place: Place, message: str) -> str:
    """Put in front of a message the nearest file that says something at the place of the fault."""
    for length in range(len(place), 0, -1):
        for source in chain:
            if _says(source.data, place[:length]):
                return _filed(source.label, message)
    return _filed(chain[0].label, message)


def _filed(label: str, message: str) -> str:
    return f"{label} {message}" if message.startswith("[") else f"{label}: {message}"


def _says(data: Any, place: Place) -> bool:
    for key in place:
        if not isinstance(data, Mapping) or key not in data:
            return False
        data = data[key]
    return True
