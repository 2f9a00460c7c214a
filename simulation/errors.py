"""The one error that a user's input can raise, and how it words what is wrong, where, and what was meant."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError


Place = tuple[str, ...]
"""Where a value stands: the keys that lead to it, outermost first."""

FEW = 16
"""Names that a message can list."""

MOST_TOLD = 10
"""Faults that are told one by one; of the others it is said how many there are."""

LONGEST_NAME = 100
"""Characters of a name by which a near miss is looked for."""

LONGEST_LINE = 600
"""Characters of a line of a message: a name of thousands of letters hides what is said of it."""

LONGEST_VALUE = 1000
"""Characters of a value that are looked at before it is cut short."""

FOLLOWS = "follows_from_another"
"""Type of a fault that would not be there without another one, and is not reported."""

KINDS = {
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "bool_type": "true or false",
}
"""What pydantic wanted, in plain words."""

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal instead of standing for something; tabs and ends of lines are none."""


class BadInput(ValueError):  # noqa: N818  (it names what was given, not what broke)
    """Something a user gave is wrong; the message says where, what, what is allowed and the near miss."""

    def __init__(self, message: str) -> None:
        lines = [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in message.split("\n")]
        super().__init__(printable("\n".join(lines)))


def printable(text: str) -> str:
    r"""Return a text without control characters: what a user's file says must not steer the terminal.

    >>> printable("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    return CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def few(messages: Sequence[str]) -> str:
    r"""Return the first messages, one a line, and how many more there are.

    >>> few(["one", "two"])
    'one\ntwo'
    >>> few([str(n) for n in range(30)]).splitlines()[-1]
    '… and 20 more'
    """
    more = len(messages) - MOST_TOLD
    return "\n".join([*messages[:MOST_TOLD], *([f"… and {more:,} more"] if more > 0 else [])])


def near_miss(name: str, known: Iterable[str]) -> str:
    """Return the hint that follows "unknown": what was probably meant, or what there is.

    >>> near_miss("base_chrun", ["base_churn", "term_weeks"])
    '; did you mean base_churn?'
    >>> near_miss("colour", ["base_churn", "term_weeks"])
    '; known: base_churn, term_weeks'
    """
    names, meant = list(known), str(name)[:LONGEST_NAME]
    if likely := get_close_matches(meant, names, n=1):
        return f"; did you mean {likely[0]}?"
    if len(names) <= FEW:
        return f"; known: {', '.join(names)}" if names else ""
    return f"; the nearest known is {get_close_matches(meant, names, n=1, cutoff=0)[0]}"


def shown(value: Any) -> str:
    """Write a value about as a scenario file would, on one line and cut short.

    >>> shown(True), shown("two"), shown(2.0), shown([1, 2])
    ('true', '"two"', '2.0', '[1, 2]')
    """
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except ValueError:
        return "a number of thousands of digits"
    except RecursionError:
        return "a table within tables"
    text = " ".join(text[:LONGEST_VALUE].split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def problems(error: "ValidationError") -> list[tuple[Place, str]]:
    """Turn a validation error into places and one-line messages, in the words of a scenario file.

    At most ten of them; one more then says how many are not told.
    """
    faults = [fault for fault in error.errors(include_url=False) if fault["type"] != FOLLOWS]
    told = [_problem(dict(fault)) for fault in faults[:MOST_TOLD]]
    more = len(faults) - MOST_TOLD
    return [*told, ((), f"… and {more:,} more")] if more > 0 else told


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
