"""What keeps a study from going on in a folder, in words: a study may gain, and may not change.

Studies are compared by what their folders say about themselves, as a sweep writes it into ``study.json``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from revorg.simulation.errors import shown
from revorg.simulation.scenario import leaves

Asked = Mapping[str, Any]

ROWS = ("uncertainties", "levers")
"""Varied columns: with the outcomes they make the rows of a table."""
POINTS = ("uncertainties", "levers", "sampling", "points", "matrix", "seeds")
"""Keys of a study that decide which points are run, on which seeds."""
OWN = "own"
"""Name of a scenario's own organization, where no designs are given."""


def differences(there: Asked, asked: Asked) -> Iterator[str]:
    """Yield what a study changes of another one, whatever it gains: place, value there, value asked."""
    if there.get("executives", "") != asked["executives"]:
        yield "executives: other classes, or another version of them"
    for key in ROWS:
        yield from _unequal(key, there.get(key), asked[key])
    for key in ("outcomes", "weekly"):
        yield from _unequal(key, there["study"].get(key), asked["study"][key])
    yield from _of_named("scenario", there.get("scenarios", {}), asked["scenarios"])
    yield from _of_named("design", _designs(there), _designs(asked))


def lost_points(there: Asked, asked: Asked) -> Iterator[str]:
    """Yield what may have taken points or seeds from a study."""
    for key in POINTS:
        yield from _changed(key, there["study"].get(key), asked["study"][key])


def _designs(asked: Asked) -> dict[str, Any]:
    return {design["name"]: design for design in asked["study"].get("designs", ())} or {OWN: {}}


def _of_named(kind: str, there: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[str]:
    """Compare scenarios or designs by name; new ones are a gain."""
    for name, tables in there.items():
        if name in asked:
            yield from _changed(f"{kind} {name}", tables, asked[name])
        else:
            yield f"{kind} {name}: there, not asked"


def _changed(key: str, there: Any, asked: Any) -> Iterator[str]:
    """Compare two values, tables leaf by leaf; a list may have gained."""
    if isinstance(there, Mapping) and isinstance(asked, Mapping):
        before, now = dict(leaves(there)), dict(leaves(asked))
        for path in dict.fromkeys([*before, *now]):
            yield from _changed(f"{key} {path}" if " " in key else f"{key}.{path}", before.get(path), now.get(path))
    elif isinstance(there, list) and isinstance(asked, list):
        known = set(map(repr, asked))
        lost = [value for value in there if repr(value) not in known]
        if lost:
            yield f"{key}: {shown(lost)} there, not asked"
    else:
        yield from _unequal(key, there, asked)


def _unequal(key: str, there: Any, asked: Any) -> Iterator[str]:
    if there != asked:
        yield f"{key}: {_said(there)} there, {_said(asked)} asked"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "nothing" if value is None else shown(value)
