"""Names that a user typed, and the nearest known ones."""

from collections.abc import Iterable

from simulation.errors import BadInput, near_miss


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
