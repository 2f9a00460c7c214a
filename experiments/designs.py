"""A design: who sits in the chief's place, written ``seat:person``."""

from dataclasses import dataclass
from typing import Self

from simulation.errors import BadInput
from simulation.parameters import Scenario


@dataclass(frozen=True)
class Design:
    """One arm of a contrast: a seat of the catalogue and the person who holds it.

    Attributes
    ----------
    seat, person : str
        Names in the catalogues of the scenario that the design is applied to.

    Examples
    --------
    >>> Design.parse("cro:strategist")
    Design(seat='cro', person='strategist')
    >>> print(Design.parse("cso:executor"))
    cso:executor
    """

    seat: str
    person: str

    def __str__(self) -> str:
        return f"{self.seat}:{self.person}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``seat:person``.

        Raises
        ------
        BadInput
            When the text is not two names with a colon between them.
        """
        seat, colon, person = text.partition(":")
        if not (seat and colon and person) or ":" in person:
            raise BadInput(f"design {text!r}: expected seat:person, for example cro:strategist")
        return cls(seat, person)

    @property
    def settings(self) -> dict[str, dict[str, str]]:
        """What it sets, by dotted path."""
        return {"organization.chief": {"seat": self.seat, "holder": self.person}}

    def apply(self, scenario: Scenario) -> Scenario:
        """Return a copy of the scenario with this design's seat and person in the chief's place.

        Raises
        ------
        BadInput
            When the scenario's catalogues lack the seat or the person.
        """
        return scenario.with_leader(seat=self.seat, profile=self.person)
