"""The model as users meet it: wherever it takes a scenario, the name or the file of one will do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from revorg.scenarios.loading import load
from revorg.simulation import model
from revorg.simulation.people import Executive
from revorg.simulation.scenario import Scenario


class RevenueOrganization(model.RevenueOrganization):
    """A revenue organization that takes office in week 0, after a warm-up under the neutral organization.

    The simulation itself knows no files: here names are looked up, and everything else is as there.

    Parameters
    ----------
    scenario
        World, people and organization: a scenario, its name, or the path of its TOML file.
    seed
        All draws are pure functions of it, so that designs on the same seed meet the same chance. Without one a seed
        is drawn, and stands in `seed`.
    executives
        Classes for some seats, by seat name, in place of `Executive`.

    Attributes
    ----------
    weekly, warm_up : DataFrame
        What was recorded, one row a week.
    outcomes : Series
        One number a metric.
    executives, customers, deals, reps : AgentSet
        Mesa's agents; the last three have `to_frame()`.

    Examples
    --------
    >>> model = RevenueOrganization("simple-single", seed=7)
    >>> model.seed, model.week, model.organization.names[0]
    (7, 0, 'ceo')

    Raises
    ------
    BadInput
        If there is no such scenario, or `executives` names a seat that is not in force.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path,
        seed: int | None = None,
        executives: Mapping[str, type[Executive]] | None = None,
    ) -> None:
        super().__init__(load(scenario), seed, executives)

    def take_over(self, scenario: Scenario | str | Path) -> None:
        """Let a design take over from here, as in the model itself."""
        super().take_over(load(scenario))

    def fork(self, scenario: Scenario | str | Path | None = None) -> Self:
        """Return a twin with the same past, as in the model itself."""
        return super().fork(None if scenario is None else load(scenario))
