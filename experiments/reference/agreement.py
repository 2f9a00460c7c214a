"""Whether tables and agents that began alike are still alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from revorg.experiments.reference.desks import Decision
from revorg.experiments.reference.organization import PlainOrganization
from revorg.simulation.codes import AT_WORK, BEGUN, GAUGES, NOT_BEGUN, OPEN
from revorg.simulation.model import RevenueOrganization
from revorg.simulation.record import RECORD
from revorg.simulation.state import Columns, columns_of

TOLERANCE = 1e-9


def number(value: Any) -> Any:
    """Return the row of an agent, −1 for nobody, and anything else as it is."""
    return -1 if value is None else getattr(value, "row", value)


def agree(column: Any, values: Any) -> bool:
    """Tell whether whole numbers are equal, and others to a relative and absolute 1e-9."""
    column, values = np.asarray(column), np.asarray(values)
    if column.shape != values.shape:
        return False
    if np.issubdtype(column.dtype, np.integer):
        return bool(np.array_equal(column, values))
    return bool(np.allclose(column, values, rtol=TOLERANCE, atol=TOLERANCE))


def unequal_columns(name: str, table: Columns, agents: Sequence[Any]) -> set[str]:
    """Name the columns of a table in which it differs from agents."""
    return {
        f"{name}.{title}"
        for title, column in columns_of(table).items()
        if not agree(column, [number(getattr(agent, title)) for agent in agents])
    }


def open_decisions_of_tables(model: RevenueOrganization) -> dict[tuple[int, ...], list[float]]:
    """Describe every open decision of the tables, by what its draws are keyed with."""
    table = model.decisions
    found = {}
    for i in np.flatnonzero(table.state == OPEN):
        key = tuple(int(column[i]) for column in (table.week, table.kind, table.row, table.probe))
        consults = [w if w >= 0.0 else -1.0 for w in table.work[i, 1:].tolist()]
        numbers = [table.raised[i], table.scope[i], table.asked[i], table.owner[i], table.serving[i], table.reworked[i]]
        found[key] = [*map(float, numbers), table.arrives[i, 0], table.work[i, 0], table.reply[i], *consults]
    return found


def stage_of(decision: Decision) -> int:
    """Return how far its owner is with a decision."""
    return AT_WORK if decision.is_served else BEGUN if decision.begun else NOT_BEGUN


def open_decisions_of_agents(organization: PlainOrganization) -> dict[tuple[int, ...], list[float]]:
    """Describe every open decision of the agents likewise."""
    found: dict[tuple[int, ...], list[float]] = {}
    for one in organization.desks.open:
        scope, asked = (sum(1 << f for f in functions) for functions in (one.scope, one.asked))
        consults = [one.consults[f].work if f in one.consults else -1.0 for f in range(4)]
        numbers = [one.raised, scope, asked, one.owner.row, stage_of(one), one.reworked]
        described = [*map(float, numbers), one.task.arrives, one.task.work, one.reply, *consults]
        found[one.week, one.kind, one.row, one.probe] = described
    return found


def disagreements(model: RevenueOrganization, organization: PlainOrganization, back: int = 0) -> set[str]:
    """Name all columns, gauges and decisions that differ; of the record, its last weeks or all."""
    firm = organization.firm
    found = unequal_columns("accounts", model.accounts, organization.accounts)
    found |= unequal_columns("reps", model.rep_slots, organization.reps)
    found |= unequal_columns("fronts", model.fronts, organization.fronts)
    found |= unequal_columns("people", model.people, organization.leaders)
    for gauge, value in zip(GAUGES, model.firm.gauges.tolist(), strict=True):
        found |= set() if agree(value, getattr(firm, gauge)) else {f"firm.{gauge}"}
    for name in ("lift", "contribution", "alignment", "shortfall"):
        found |= set() if agree(getattr(model.firm, name), getattr(firm, name)) else {f"firm.{name}"}
    found |= set() if agree(model.decisions.mix, organization.desks.mix) else {"decisions.mix"}
    todo = model.initiatives
    rows = sorted(np.flatnonzero(todo.kind >= 0).tolist(), key=lambda row: todo.order[row])
    columns = (todo.order, todo.kind, todo.hours, todo.row)
    if not agree([[column[row] for column in columns] for row in rows], sorted(firm.initiatives)):
        found.add("initiatives")
    mine, theirs = open_decisions_of_tables(model), open_decisions_of_agents(organization)
    found |= {f"decision {key}" for key in mine.keys() ^ theirs.keys()}
    found |= {f"decision {key}" for key in mine.keys() & theirs.keys() if not agree(mine[key], theirs[key])}
    lived = model.record[: model.warm_up_weeks + model.week][-back:]
    history = organization.history[-back:]
    past = np.array([[week[name] for name in RECORD] for week in history]).reshape(-1, len(RECORD))
    return found | {f"record.{name}" for c, name in enumerate(RECORD) if not agree(lived[:, c], past[:, c])}
