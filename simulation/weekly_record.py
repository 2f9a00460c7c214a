"""The weekly record as Mesa's own tools ask for collected data."""

from typing import TYPE_CHECKING

import mesa
import pandas as pd

from revorg.simulation.errors import BadInput
from revorg.simulation.record import RECORD

if TYPE_CHECKING:
    from revorg.simulation.model import RevenueOrganization


class WeeklyRecord(mesa.DataCollector):
    """The weekly record in the form in which Mesa's `batch_run` and `SolaraViz` ask for collected data.

    Nothing is collected twice: the loops have filled the record already.
    """

    def __init__(self, model: "RevenueOrganization") -> None:
        # Not DataCollector.__init__, which would set up lists to be filled by Python reporters.
        self.model = model
        self.model_reporters = dict.fromkeys(RECORD)
        self.agent_reporters: dict[str, None] = {}
        self.agenttype_reporters: dict[type[mesa.Agent], dict[str, None]] = {}
        self._agent_records: dict[int, list[tuple[object, ...]]] = {}

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """One list a column, one entry a week since week 0; the seed beside them, as batches may leave it to chance."""
        weekly = self.model.weekly
        return {column: weekly[column].tolist() for column in RECORD} | {"seed": [self.model.seed] * len(weekly)}

    def collect(self, model: mesa.Model) -> None:
        """Do nothing: every week is recorded as it is lived."""

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """The weekly record, one row a week."""
        return self.model.weekly

    def get_agenttype_vars_dataframe(self, agent_type: type[mesa.Agent]) -> pd.DataFrame:
        """Refuse: weeks are recorded, agents are not."""
        raise BadInput(
            f"the weekly record keeps no {agent_type.__name__}: model.customers.to_frame() and its like show those of "
            "now; to follow them, give the model a mesa.DataCollector of your own with agenttype_reporters"
        )
