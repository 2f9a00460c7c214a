"""People: executives look and decide in Python; customers and reps are thin views on their rows.

An `Executive` is an ordinary Mesa agent. To change how someone decides, override `look` or `set_policy` and hand the
class to the model: ``RevenueOrganization(scenario, seed=1, executives={"name of the seat": MyExecutive})``.
"""

from collections.abc import Iterable, Sequence
from itertools import count
from math import isnan
from operator import mul
from random import Random
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet

from revorg.simulation.organization import DOMAINS
from revorg.simulation.state import Columns, columns_of

if TYPE_CHECKING:
    from revorg.simulation.model import RevenueOrganization


def attention_between(demand: list[float], inclination: list[float], habit: float) -> list[float]:
    """Split attention over the domains: demand draws it, habit bends it to what the person is drawn to.

    Parameters
    ----------
    demand, inclination : four non-negative weights over the domains
    habit : how far inclination, not demand, decides [0..1]

    Returns
    -------
    list of four shares that sum to 1, even where nothing draws at all. Source: assumption L2 (Cobb–Douglas of the
    two, after the behavioural theory of the firm: problemistic search against habit, Cyert & March 1963).

    >>> attention_between([1.0, 3.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25], habit=0.0)
    [0.25, 0.75, 0.0, 0.0]
    """
    drawn = [
        wanted ** (1.0 - habit) * liked**habit if liked > 0.0 or habit == 0.0 else 0.0
        for wanted, liked in zip(demand, inclination, strict=True)
    ]
    total = sum(drawn)
    return [share / total for share in drawn] if total > 0.0 else [0.25] * 4


def demand_for(
    shortfalls: list[float], weights: list[float], calls: Sequence[tuple[float, ...]], floor: float, by_shortfall: float
) -> list[float]:
    """Demand for each domain: what the seat is measured on, how short that is, and what it calls for.

    Parameters
    ----------
    shortfalls, weights : one number a measure
    calls : four weights over the domains for each measure
    floor : demand of a measure on plan
    by_shortfall : demand that a full shortfall adds

    >>> demand_for([0.0], [1.0], [(0.5, 0.5, 0.0, 0.0)], floor=0.3, by_shortfall=2.0)
    [0.15, 0.15, 0.0, 0.0]
    """
    urgency = [
        weight * (floor + by_shortfall * max(0.0, short)) for weight, short in zip(weights, shortfalls, strict=True)
    ]
    return [sum(map(mul, urgency, called)) for called in zip(*calls, strict=True)]


class _Counts:
    """Numbers for the agents of every model, forgotten with the model.

    Mesa counts in a table of its own that keeps each model, with all its tables, for as long as the process lives.
    """

    def __init__(self) -> None:
        self._by_model: WeakKeyDictionary[mesa.Model, count[int]] = WeakKeyDictionary()

    def __getitem__(self, model: mesa.Model) -> "count[int]":
        return self._by_model.setdefault(model, count(1))


class Executive(mesa.Agent):
    """The holder of a seat, who sets a policy every few weeks and leaves it to the week's steps to carry it out.

    Attributes
    ----------
    row : int
        Row in the model's `people` table.
    measures, inclination : list of four weights
    collaboration, habit : float
    openness : float
        The collaboration with which the person consults others.
    in_tray_cap : float
        Most of a day that the in-tray may take; NaN where the world's own holds.
    """

    model: "RevenueOrganization"
    _ids = _Counts()

    def __init__(self, model: "RevenueOrganization", row: int) -> None:
        super().__init__(model)
        organization = model.organization
        self.row = row
        world = model.scenario
        rules, switches = world.leadership, world.mechanisms
        self.measures: list[float] = organization.measures[row].tolist()
        self.inclination: list[float] = organization.inclination[row].tolist() if switches.habit else [0.25] * 4
        self.collaboration = float(organization.collaboration[row])
        self.openness = self.collaboration if switches.consultation else world.neutral_organization.mean_collaboration
        self.calls = (rules.new_arr_calls, rules.retention_calls, rules.experience_calls, rules.cost_calls)
        self.habit = float(organization.habit[row])
        self.level = int(organization.level[row])
        self.in_tray_cap = float(organization.in_tray_cap[row])

    @property
    def seat(self) -> str:
        """Name of the seat, as the scenario has it."""
        return self.model.organization.names[self.row]

    @property
    def holder(self) -> str:
        """Name of the holder's profile, as the scenario has it."""
        return self.model.organization.holders[self.row]

    @property
    def is_present(self) -> bool:
        """Whether somebody holds the seat this week."""
        return bool(self.model.week >= self.model.people.vacant_until[self.row])

    @property
    def attention(self) -> dict[str, float]:
        """Shares of attention by domain, as last set."""
        return dict(zip(DOMAINS, self.model.people.attention[self.row].tolist(), strict=True))

    def look(self) -> list[float]:
        """Return the demand for each domain, as this person sees it from the seat."""
        rules = self.model.scenario.leadership
        shortfalls = self.model.firm.shortfall.tolist()
        return demand_for(shortfalls, self.measures, self.calls, rules.attention_floor, rules.shortfall_weight)

    def set_policy(self) -> None:
        """Fill the person's row of policy: attention, whom to consult, the in-tray's share of the day, meetings."""
        model, row = self.model, self.row
        people, decisions, rules = model.people, model.scenario.decisions, model.scenario.leadership
        people.attention[row] = attention_between(self.look(), self.inclination, self.habit)
        asks = decisions.consult_base + decisions.consult_collaboration * self.openness
        people.consult_scope[row] = min(asks, 1.0)
        people.consult_beyond[row] = min(decisions.consult_beyond * self.openness, 1.0)
        people.tray_share[row] = rules.in_tray_cap if isnan(self.in_tray_cap) else self.in_tray_cap
        free = people.week_hours.item(row) - rules.span_hours * people.span.item(row)
        people.meeting_hours[row] = max(0.0, min(rules.meeting_hours * self.level * self.collaboration, free))

    def __repr__(self) -> str:
        return f"<Executive {self.holder} as {self.seat}>"


class View(mesa.Agent):
    """An agent that holds only a row and reads and writes the columns of a table.

    Views are kept by the model but not registered with it: looking never changes a run.
    """

    def __init__(self, model: "RevenueOrganization", table: Columns, row: int) -> None:
        # Not Agent.__init__, which would register the view and number it in the order of looking.
        self.model = model
        self.unique_id = row
        self.pos = None
        object.__setattr__(self, "table", table)

    @property
    def row(self) -> int:
        """Row in the table."""
        return int(self.unique_id)

    def __getattr__(self, name: str) -> Any:
        table = self.__dict__.get("table")
        if table is None or name not in table._fields:
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return getattr(table, name)[self.row].item()

    def __setattr__(self, name: str, value: Any) -> None:
        table = self.__dict__.get("table")
        if table is not None and name in table._fields:
            getattr(table, name)[self.row] = value
        else:
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.table._fields]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.row}>"


class Customer(View):
    """An account that is a customer now; attributes are the columns of `state.Accounts`."""


class Deal(View):
    """An account that a rep is working on now; attributes are the columns of `state.Accounts`."""


class SalesRep(View):
    """The holder of an active rep slot; attributes are the columns of `state.Reps`."""


class Views(AgentSet):
    """Views on some rows of a table: a Mesa AgentSet that can be read as a table, too.

    Examples
    --------
    The ten largest customers of a model, as data::

        model.customers.sort("contract_usd").select(at_most=10).to_frame()
    """

    def __init__(self, views: Iterable[View], table: Columns, random: Random) -> None:
        super().__init__(views, random)
        self.table = table

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the rows, in the order of the set: the index is the row, one column an attribute."""
        rows = np.array([view.row for view in self], dtype=np.int64)
        columns = {name: column[rows] for name, column in columns_of(self.table).items()}
        return pd.DataFrame(columns, index=pd.Index(rows, name="row"))

    # Mesa returns plain agent sets from these three, and copies what it knows of.

    def select(self, *how: Any, **asked: Any) -> Self:
        """Return those that pass, as `AgentSet.select`."""
        return self._like(super().select(*how, **asked))

    def shuffle(self, inplace: bool = False) -> Self:
        """Return them in an order of chance, as `AgentSet.shuffle`."""
        return self._like(super().shuffle(inplace))

    def sort(self, *how: Any, **asked: Any) -> Self:
        """Return them in another order, as `AgentSet.sort`."""
        return self._like(super().sort(*how, **asked))

    def _like(self, found: AgentSet) -> Self:
        return self if found is self else type(self)(found, self.table, self.random)
