"""The one error that a user's input can raise, and how it words what is wrong, where, and what was meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError


Place = tuple[str, ...]
"""Where a value stands: the keys that lead to it, outermost first."""

FEW = 16
"""Names that a message can list."""

FOLLOWS = "follows_from_another"
"""Type of a fault that would not be there without another one, and is not reported."""

KINDS = {
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
"""What pydantic wanted, in plain words."""


class BadInput(ValueError):  # noqa: N818  (it names what was given, not what broke)
    """Something a user gave is wrong; the message says where, what, what is allowed and the near miss."""


def near_miss(name: str, known: Iterable[str]) -> str:
    """Return the hint that follows "unknown": what was probably meant, or what there is.

    >>> near_miss("base_chrun", ["base_churn", "term_weeks"])
    '; did you mean base_churn?'
    >>> near_miss("colour", ["base_churn", "term_weeks"])
    '; known: base_churn, term_weeks'
    """
    names = list(known)
    likely, nearest = (get_close_matches(str(name), names, n=1, cutoff=cutoff) for cutoff in (0.6, 0))
    if likely:
        return f"; did you mean {likely[0]}?"
    if len(names) <= FEW:
        return f"; known: {', '.join(names)}" if names else ""
    return f"; the nearest known is {nearest[0]}"


def shown(value: Any) -> str:
    """Write a value about as a scenario file would, on one line and cut short.

    >>> shown(True), shown("two"), shown(2.0), shown([1, 2])
    ('true', '"two"', '2.0', '[1, 2]')
    """
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join((f'"{value}"' if isinstance(value, str) else str(value)).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def problems(error: "ValidationError") -> list[tuple[Place, str]]:
    """Turn a validation error into places and one-line messages, in the words of a scenario file."""
    faults = error.errors(include_url=False)
    return [_problem(dict(fault)) for fault in faults if fault["type"] != FOLLOWS]


def _problem(fault: dict[str, Any]) -> tuple[Place, str]:
    place: Place = tuple(str(key) for key in fault["loc"])
    path, given = ".".join(place), fault["input"]
    match fault["type"]:
        case "unknown_key" | "missing":
            said = "missing" if fault["type"] == "missing" else fault["msg"]
            return place, f"{_in_table(place, given)}: {said}"
        case "value_error":
            said = str(fault["ctx"]["error"])
            # A message that goes on from the value begins with a verb; any other stands for itself.
            return place, f"{path} = {shown(given)} {said}" if said.startswith(("is ", "does ")) else said
        case "literal_error":
            known = re.findall("'([^']*)'", fault["ctx"]["expected"])
            return place, f"{path} = {shown(given)} is unknown{near_miss(str(given), known)}"
    wanted = KINDS.get(fault["type"], f"allowed ({fault['msg']})")
    return place, f"{path} = {shown(given)} is not {wanted}"


def _in_table(place: Place, value: Any) -> str:
    """Write a place as its table and key."""
    *tables, key = place
    if tables:
        return f"[{'.'.join(tables)}] {key}"
    return f"[{key}]" if isinstance(value, dict) else key


def known_name(name: str, known: Iterable[str], kind: str, where: str) -> str:
    """Return the name when it is known.

    Parameters
    ----------
    name : str
        What was given.
    known : iterable of str
        What is allowed.
    kind : str
        What the name names, for the message: ``"claim"``.
    where : str
        The command that lists what is allowed, for the message.

    Raises
    ------
    BadInput
        When it is not, with the nearest known name and where to find the others.
    """
    candidates = list(known)
    if name not in candidates:
        raise BadInput(f"{kind} {name}: unknown{near_miss(name, candidates)} ({where} shows all)")
    return name
