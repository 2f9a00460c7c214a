"""The claims under test, read from ``registry/*.toml``: data that says how each claim could fail."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from revorg.experiments.runs.jobs import FOUR_YEARS
from revorg.scenarios.reading import LARGEST_FILE_BYTES, FileKind, parse_toml
from revorg.simulation.errors import BadInput, few, known_name, near_miss, shown
from revorg.simulation.metrics import METRICS
from revorg.simulation.parameters.mechanisms import Mechanisms
from revorg.simulation.parameters.ranges import is_number
from revorg.simulation.record import window_weeks

CLAIMS_FILE = FileKind("file of claims")
MOST_WEEKS = 2080
LONGEST_WINDOW = len("1000-2080")
HEAVIEST = 1000
FRACTION = re.compile(r"[-+]?\d{1,6}(/0*[1-9]\d{0,5})?")
Prediction = Literal["+", "−", "0", "not +", "±"]
Basis = Literal["stated", "implied", "inferred", "emended"]
ByConstruction = Literal["no", "in part", "yes"]


def _weight(value: Any) -> Any:
    """Read a weight, given as a number or as a fraction in quotes."""
    if isinstance(value, str) and FRACTION.fullmatch(value):
        return float(Fraction(value))
    if is_number(value) and abs(value) <= HEAVIEST:
        return float(value)
    raise ValueError(f"a weight is a number in −{HEAVIEST}..{HEAVIEST} or a fraction such as '1/12'")


def _window(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_WINDOW:
        raise ValueError(f"a window is first-last weeks in quotes, for example '{FOUR_YEARS}'")
    _, last = window_weeks(value)
    if last > MOST_WEEKS:
        raise ValueError(f"a window ends by week {MOST_WEEKS}")
    return value


def _known_metric(name: str) -> str:
    if name not in METRICS:
        raise ValueError(f"unknown{near_miss(name, METRICS)} (revorg list metrics shows all)")
    return name


def _known_mechanism(name: str) -> str:
    if name not in Mechanisms.model_fields:
        raise ValueError(f"unknown{near_miss(name, Mechanisms.model_fields)} (revorg list mechanisms shows all)")
    return name


def _some(values: Any) -> Any:
    if not values:
        raise ValueError("it is empty")
    return values


SomeNames = Annotated[tuple[str, ...], AfterValidator(_some)]
Weight = Annotated[float, BeforeValidator(_weight)]
Window = Annotated[str, BeforeValidator(_window)]
MetricName = Annotated[str, AfterValidator(_known_metric)]
MechanismName = Annotated[str, AfterValidator(_known_mechanism)]
Size = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
"""Of an effect, in the metric's own unit; true is no number."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Term(_Row):
    """One summand of an effect: weight × outcome(world, design, window)."""

    weight: Weight
    world: str
    design: str
    window: Window = FOUR_YEARS

    @property
    def place(self) -> tuple[str, str, str]:
        """World, design and window: where its outcome is measured."""
        return self.world, self.design, self.window


class Outcome(_Row):
    """One contrast on one metric, with its prediction and the smallest effect that would matter.

    Attributes
    ----------
    metric : str
        A name in ``revorg.simulation.metrics.METRICS``.
    contrast : str
        The contrast as a reader would write it.
    predicts : {"+", "−", "0", "not +", "±"}
        What the claim says of the sign.
    sesoi : float
        Smallest effect of interest, in the metric's own unit.
    designs, worlds : dict of str to float
        Weights whose product is meant; without worlds, the mean over the registry's core worlds.
    terms : tuple of Term
        Summands that are no product.
    """

    metric: MetricName
    contrast: str
    predicts: Prediction
    sesoi: Size
    window: Window = FOUR_YEARS
    designs: dict[str, Weight] = {}
    worlds: dict[str, Weight] = {}
    terms: tuple[Term, ...] = ()

    @model_validator(mode="after")
    def _is_a_contrast(self) -> Self:
        if not self.designs and not self.terms:
            raise ValueError("an outcome needs designs or terms")
        for label, weights in (
            ("designs", self.designs.values()),
            ("terms", [term.weight for term in self.terms]),
        ):
            if abs(sum(weights)) > 1e-12:
                raise ValueError(f"weights of {label} sum to {sum(weights):g}, a contrast needs 0")
        return self

    def world_weights(self, core_worlds: Sequence[str]) -> dict[str, float]:
        """Return the weight of each world; without worlds named, the mean over the core worlds."""
        return self.worlds or {world: 1 / len(core_worlds) for world in core_worlds}

    def summands(self, core_worlds: Sequence[str]) -> tuple[Term, ...]:
        """Return every term of the effect, products written out."""
        pairs = product(self.world_weights(core_worlds).items(), self.designs.items())
        written_out = tuple(
            Term(weight=world_weight * weight, world=world, design=design, window=self.window)
            for (world, world_weight), (design, weight) in pairs
        )
        return written_out + self.terms

    def summands_by_world(self, core_worlds: Sequence[str]) -> dict[str, tuple[Term, ...]]:
        """Return the contrast of designs within each world, before worlds are weighed."""
        worlds = dict.fromkeys(self.world_weights(core_worlds)) if self.designs else {}
        worlds |= dict.fromkeys(term.world for term in self.terms)
        within = {
            world: tuple(
                Term(weight=weight, world=world, design=design, window=self.window)
                for design, weight in self.designs.items()
            )
            for world in worlds
        }
        return {
            world: terms + tuple(term for term in self.terms if term.world == world) for world, terms in within.items()
        }


class Claim(_Row):
    """One row of the pre-registration.

    Attributes
    ----------
    id, text : str
        Its name, and what it says in plain words.
    source : str
        The document that says it.
    basis : {"stated", "implied", "inferred", "emended"}
        How the document says it.
    by_construction : {"no", "in part", "yes"}
        Whether a lever or a trait stands in the very rule that writes the outcome.
    forced_sign : str
        Which rule writes it; needed unless ``by_construction`` is "no".
    carried_by : str, optional
        The mechanism that the source names as the reason: without it, half of the effect or more has to go.
    cells : tuple of str
        Designs whose plain outcomes are printed beside the effect.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    source: str
    text: str
    basis: Basis
    by_construction: ByConstruction
    forced_sign: str = ""
    carried_by: MechanismName | None = None
    notes: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    outcomes: Annotated[tuple[Outcome, ...], AfterValidator(_some)]

    @model_validator(mode="after")
    def _says_what_forces_it(self) -> Self:
        if (self.by_construction == "no") == bool(self.forced_sign):
            raise ValueError("forced_sign goes with by_construction 'in part' or 'yes', and only with those")
        return self


class Factorial(_Row):
    """The common experiment: every seat × every person × every core world.

    ``matching`` is the registered person of each seat.
    """

    seats: SomeNames
    persons: SomeNames
    worlds: SomeNames
    matching: dict[str, str]

    @property
    def designs(self) -> list[str]:
        """Every ``seat:holder``, persons running fastest."""
        return [f"{seat}:{person}" for seat, person in product(self.seats, self.persons)]


class Source(_Row):
    """A source document: its number, what it is about, and notes on reading it."""

    id: str
    title: str
    notes: tuple[str, ...] = ()


class _Document(_Row):
    source: Source
    factorial: Factorial | None = None
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Registry:
    """All claims of all sources, and the factorial that they share."""

    sources: tuple[Source, ...]
    factorial: Factorial
    claims: tuple[Claim, ...]

    @property
    def ids(self) -> list[str]:
        """The names of the claims, in the order of the registry."""
        return [claim.id for claim in self.claims]

    def select(self, ids: Sequence[str] = ()) -> tuple[Claim, ...]:
        """Return the named claims in the order of the registry; all when none is named.

        Raises
        ------
        BadInput
            When a name is unknown, with the nearest known one.
        """
        wanted = {known_name(name, self.ids, "claim", "revorg list claims") for name in ids}
        return tuple(claim for claim in self.claims if not ids or claim.id in wanted)


def _fault_lines(name: str, fault: ValidationError) -> list[str]:
    return [
        f"{name} [{'.'.join(map(str, error['loc']))}] = {shown(error['input'])}: "
        f"{error['msg'].removeprefix('Value error, ')}"
        for error in fault.errors(include_url=False)
    ]


def _parse(name: str, content: bytes) -> _Document:
    if len(content) > LARGEST_FILE_BYTES:
        raise BadInput(f"{name}: over 1 MB, too large for a file of claims")
    raw = parse_toml(content, name, CLAIMS_FILE)
    source, claims = raw.get("source"), raw.get("claims")
    if isinstance(source, dict) and isinstance(claims, list):
        for claim in filter(lambda claim: isinstance(claim, dict), claims):
            claim.setdefault("source", source.get("id"))
    try:
        return _Document.model_validate(raw)
    except ValidationError as fault:
        raise BadInput(few(_fault_lines(name, fault))) from None


def read_registry(folder: Traversable) -> Registry:
    """Read every ``*.toml`` of a folder.

    Parameters
    ----------
    folder : Traversable
        A ``pathlib.Path`` or a package resource.

    Raises
    ------
    BadInput
        When a file is not sound, two claims have one name, or not exactly one file holds the factorial.
    """
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda p: p.name)
    documents = [_parse(path.name, path.read_bytes()) for path in paths]
    factorials = [document.factorial for document in documents if document.factorial is not None]
    claims = tuple(claim for document in documents for claim in document.claims)
    twice = sorted(name for name, count in Counter(claim.id for claim in claims).items() if count > 1)
    if twice:
        raise BadInput(few([f"registry: more than one claim is called {name}" for name in twice]))
    if len(factorials) != 1:
        raise BadInput(f"registry: {len(factorials)} files hold a [factorial], expected one")
    return Registry(tuple(document.source for document in documents), factorials[0], claims)


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return the registry that comes with the package."""
    return read_registry(files("revorg.experiments.claims") / "registry")
