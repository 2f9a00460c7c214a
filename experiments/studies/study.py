"""A study: which scenarios, designs, parameters and seeds are run, and what is kept of each run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from revorg.scenarios.designs import Design, Designs, DottedPaths, quoted_paths
from revorg.scenarios.reading import FileKind, read_toml
from revorg.simulation.errors import BadInput, near_miss, problems, shown
from revorg.simulation.metrics import METRICS
from revorg.simulation.parameters.ranges import Names, ParameterTable, _listed, parameter
from revorg.simulation.record import RECORD

STUDY_FILE = FileKind("study", " (a matrix of points is a file of its own)")
MOST_SEEDS = 1_000_000
MOST_POINTS = 1_000_000
"""Points of a study at most; a larger one is refused before its points are built."""
LARGEST_SEED = 2**31 - 1
PLAUSIBLE, GIVEN = "plausible", "given"
METHODS = ("latin hypercube", "sobol", "morris")


def _seeds(value: Any) -> Any:
    """Read seeds given as a number of them, as a list, or as the first and a number."""
    if isinstance(value, Mapping) and set(value) == {"first", "count"}:
        first, count = value["first"], value["count"]
    else:
        first, count = 0, value
    if type(first) is int and type(count) is int and 1 <= count <= MOST_SEEDS and first >= 0:
        value = range(first, first + count)
    if not isinstance(value, list | tuple | range):
        raise ValueError(f"is neither a number of seeds, 1..{MOST_SEEDS}, nor a list, nor {{first = 0, count = 10}}")
    return _different_seeds(tuple(value))


def _different_seeds(seeds: tuple[Any, ...]) -> tuple[int, ...]:
    if not seeds:
        raise ValueError("is an empty list: a study needs at least one seed")
    strangers = [seed for seed in seeds if not (type(seed) is int and 0 <= seed <= LARGEST_SEED)]
    if strangers:
        raise ValueError(f"is no list of seeds: {shown(strangers[0])} is not a whole number in 0..{LARGEST_SEED}")
    if len(set(seeds)) < len(seeds):
        raise ValueError("names a seed twice")
    return seeds


Seeds = Annotated[tuple[int, ...], BeforeValidator(_seeds)]


class Sampling(ParameterTable):
    """How points are drawn from ranges."""

    method: str
    """latin hypercube, sobol or morris."""
    points: int = parameter(64, low=1, high=1_000_000, unit="points")
    """Points of a Latin hypercube; base points of a Sobol sequence; trajectories of Morris."""
    seed: int = parameter(0, low=0, high=LARGEST_SEED, unit="seed")
    """Seed of the drawing, apart from the seeds of the runs."""
    levels: int = parameter(4, low=2, high=64, unit="levels")
    """Levels of Morris's grid."""

    @field_validator("method")
    @classmethod
    def _is_known(cls, method: str) -> str:
        if method not in METHODS:
            raise ValueError(f"is unknown{near_miss(method, METHODS)}")
        return method


class Range(ParameterTable):
    """A stretch of values that points are drawn from."""

    low: float
    high: float

    @model_validator(mode="after")
    def _is_a_stretch(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"is empty: low {self.low:g} is not below high {self.high:g}")
        return self


def _variation(value: Any) -> Any:
    """Read what a parameter varies over."""
    if isinstance(value, Mapping):
        return _range(value)
    if isinstance(value, list | tuple):
        return _values(tuple(value))
    if isinstance(value, Range) or (isinstance(value, str) and value in (PLAUSIBLE, GIVEN)):
        return value
    raise ValueError('is not a list, {low = …, high = …}, "plausible" or "given" (by points or a matrix)')


def _range(value: Mapping[str, Any]) -> Range:
    try:
        return Range.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"is not {{low = …, high = …}}: {'; '.join(said for _, said in problems(error))}") from None


def _values(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if any(isinstance(value, Mapping | list | tuple) for value in values):
        raise ValueError("does not list single values; make designs of its variants")
    if not values or len({(type(value), value) for value in values}) < len(values):
        raise ValueError("is not a list of different values")
    return values


Variations = Annotated[dict[str, Annotated[Any, BeforeValidator(_variation)]], BeforeValidator(quoted_paths)]


def _columns(value: Any) -> Any:
    """Read which weekly columns are kept."""
    named = isinstance(value, list | tuple) and all(isinstance(column, str) for column in value)
    if not (named or isinstance(value, bool)):
        raise ValueError('is neither true, false nor a list of columns of the weekly record, such as ["arr"]')
    return value if isinstance(value, bool) else tuple(value)


class Study(ParameterTable):
    """Everything that a sweep is asked to run; frozen, and complete in itself.

    Examples
    --------
    >>> study = Study(scenarios=["simple-single"], designs=["cro:strategist", "cso:executor"], seeds=10)
    >>> len(study.seeds), [design.name for design in study.designs]
    (10, ['cro:strategist', 'cso:executor'])

    Raises
    ------
    BadInput
        When anything is unknown, of the wrong type or outside its range.
    """

    description: str = ""
    """What it is for; no part of what is asked."""
    scenarios: Names
    """Base scenarios: names, or paths of TOML files."""
    designs: Designs = ()
    """Organizations to compare, as seat:holder, nobody or tables; the scenario's own when empty."""
    set: DottedPaths = Field(default_factory=dict)
    """What is set in every run, by dotted path."""
    uncertainties: Variations = Field(default_factory=dict)
    """What varies about the world: values, a range, "plausible" or "given", by dotted path."""
    levers: Variations = Field(default_factory=dict)
    """What varies of what a firm chooses; as uncertainties."""
    sampling: Sampling | None = None
    """How points are drawn where ranges are given."""
    points: Annotated[tuple[DottedPaths, ...], BeforeValidator(_listed)] = ()
    """Points that are listed one by one, each a table of dotted paths."""
    matrix: str | None = None
    """A CSV or Parquet file of points: one column a dotted path, one row a point."""
    seeds: Seeds = (0,)
    """Seeds on which every point and design is run."""
    outcomes: Names = tuple(METRICS)
    """Metrics to keep."""
    weekly: Annotated[bool | tuple[str, ...], BeforeValidator(_columns)] = False
    """Whether weekly series are kept, or which columns of them."""
    time_limit_seconds: float = parameter(600.0, low=0.01, high=1e6, unit="seconds")
    """How long one run may take before it counts as failed."""

    def __init__(self, /, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            messages = [message for _, message in problems(error)]
        else:
            return
        raise BadInput("\n".join(messages))

    @field_validator("scenarios")
    @classmethod
    def _has_scenarios(cls, scenarios: tuple[str, ...]) -> tuple[str, ...]:
        return _different(scenarios)

    @field_validator("designs")
    @classmethod
    def _designs_differ(cls, designs: tuple[Design, ...]) -> tuple[Design, ...]:
        names = [design.name for design in designs]
        if len(set(names)) < len(names):
            raise ValueError(f"names {max(names, key=names.count)} twice")
        return designs

    @field_validator("outcomes")
    @classmethod
    def _outcomes_are_known(cls, outcomes: tuple[str, ...]) -> tuple[str, ...]:
        return _known(_different(outcomes), METRICS, "revorg list metrics shows all")

    @field_validator("weekly")
    @classmethod
    def _columns_are_known(cls, weekly: bool | tuple[str, ...]) -> bool | tuple[str, ...]:
        if isinstance(weekly, bool):
            return weekly
        return _known(_different(weekly), RECORD, "columns of the weekly record")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        both = set(self.uncertainties) & set(self.levers)
        if both:
            raise ValueError(f"{min(both)} is both an uncertainty and a lever")
        if self.points and self.matrix:
            raise ValueError("points and a matrix exclude each other")
        drawn = self.ranged
        if drawn and self.sampling is None:
            raise ValueError(f'{drawn[0]} has a range: say how to draw from it, [sampling] method = "sobol"')
        if self.sampling and not drawn:
            raise ValueError("[sampling] draws from nothing: no parameter has a range")
        given = [path for path, value in self.varied.items() if value == GIVEN]
        if given and not (self.points or self.matrix):
            raise ValueError(f"{given[0]} is given by points or a matrix, and there are none")
        return self

    @property
    def varied(self) -> dict[str, Any]:
        """What every parameter varies over, uncertainties first."""
        return self.uncertainties | self.levers

    @property
    def ranged(self) -> list[str]:
        """Paths that points are drawn for."""
        return [path for path, value in self.varied.items() if isinstance(value, Range) or value == PLAUSIBLE]

    @property
    def kept_weekly(self) -> tuple[str, ...]:
        """Columns of the weekly record that are kept."""
        return self.weekly if isinstance(self.weekly, tuple) else RECORD if self.weekly else ()


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("is empty")
    if len(set(names)) < len(names):
        raise ValueError(f"names {max(names, key=names.count)} twice")
    return names


def _known(names: tuple[str, ...], known: Any, where: str) -> tuple[str, ...]:
    for name in names:
        if name not in known:
            raise ValueError(f"is not known in full: {name}: unknown{near_miss(name, known)} ({where})")
    return names


def read_study(path: str | Path) -> Study:
    """Return the study that a TOML file describes; paths in it start at the file's folder.

    Raises
    ------
    BadInput
        When there is no such file or it is not sound.
    """
    file = Path(path)
    data = read_toml(file, STUDY_FILE)
    scenarios = data.get("scenarios")
    if isinstance(scenarios, list):
        data["scenarios"] = [_from(file.parent, name) for name in scenarios]
    if isinstance(data.get("matrix"), str):
        data["matrix"] = str(file.parent / data["matrix"])
    try:
        return Study(**data)
    except BadInput as fault:
        raise BadInput("\n".join(f"{path} {line}" for line in str(fault).splitlines())) from None


def _from(folder: Path, scenario: Any) -> Any:
    is_path = isinstance(scenario, str) and (scenario.endswith(".toml") or {"/", "\\"} & {*scenario})
    return str(folder / scenario) if is_path else scenario
