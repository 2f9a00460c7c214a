"""The state that a scenario gives for week 0, and what its warm-up has to begin with to arrive there.

A few runs of the warm-up tell. Customers at the end of it rise with those at its beginning by nearly a power, so a
secant in logarithms is there in three or four rounds. What was found is kept on disk: it depends on nothing but the
world's numbers and the source of the model.
"""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from math import exp, log, nan
from pathlib import Path
from typing import NamedTuple

import platformdirs

from revorg.simulation.codes import WEEKS_A_YEAR, Column
from revorg.simulation.compiling import SOURCE_HASH
from revorg.simulation.errors import BadInput
from revorg.simulation.record import record
from revorg.simulation.scenario import Scenario

FIRST_SEED, FEW, SEEDS, ROUNDS = 10_000, 8, 32, 6
NEAR = 0.01
"""How near, in logarithms, customers and contracts have to come over the solver's seeds."""
LEAST_SHARE, MOST_SHARE = 1e-5, 0.5


class StartState(NamedTuple):
    """What a firm is like in week 0: means over seeds.

    Attributes
    ----------
    customers, arr_usd, average_deal_usd, reps : float
        As in `[start]`.
    """

    customers: float
    arr_usd: float
    average_deal_usd: float
    reps: float


class Beginning(NamedTuple):
    """What a warm-up begins with, and where the firm arrives from there.

    Attributes
    ----------
    customers_share : float
        `market.initial_customers_share`.
    contract_usd : float
        `market.contract_usd`.
    reached : StartState
    """

    customers_share: float
    contract_usd: float
    reached: StartState


Arrives = Callable[[Scenario, Sequence[int]], StartState]
"""Where a warm-up arrives, as a mean over seeds."""


def begun(scenario: Scenario, arrives: Arrives) -> Scenario:
    """Return the scenario with the beginning of its warm-up filled in, where it stands open.

    Raises
    ------
    BadInput
        If the scenario gives neither what the warm-up begins with nor where it should arrive.
    """
    if scenario.market.initial_customers_share is not None:
        return scenario
    found = beginning_of(scenario, arrives)
    return _at(scenario, found.customers_share, found.contract_usd)


def wanted_state(scenario: Scenario) -> dict[str, float]:
    """Return what `[start]` gives, under the names of `StartState`."""
    start, market = scenario.start, scenario.market
    given = {name: getattr(start, name) for name in StartState._fields}
    if start.customers is None and start.arr_usd is None and start.customers_share is not None:
        at_home = 1.0 - market.abroad_channels / market.channels
        given["customers"] = start.customers_share * market.accounts * at_home
    return {name: float(value) for name, value in given.items() if value is not None}


def begun_alike(scenario: Scenario, other: Scenario) -> Scenario:
    """Return a scenario that takes over from another with that one's beginning, where its own stands open."""
    share = other.market.initial_customers_share
    if scenario.market.initial_customers_share is not None or share is None:
        return scenario
    return _at(scenario, share, other.market.contract_usd)


def beginning_of(scenario: Scenario, arrives: Arrives) -> Beginning:
    """Return what the warm-up begins with, and where it leads: from the cache, or found anew.

    Where a scenario gives the beginning, only where the firm arrives from there is found.
    """
    world, wanted = scenario.warm_up(), wanted_state(scenario)
    share = world.market.initial_customers_share
    if share is None and not {"customers", "arr_usd"} & set(wanted):
        raise BadInput(
            "[start] gives neither customers nor arr_usd, and market.initial_customers_share is absent: "
            "the warm-up would not know what to begin with"
        )
    key = sha256(f"{world.world_key()} {SOURCE_HASH}".encode()).hexdigest()[:24]
    found = _FOUND.get(key) or _kept(key)
    if found is None:
        found = solved(world, wanted, arrives) if share is None else _led_from(world, share, arrives)
    _keep(key, found)
    _FOUND[key] = found
    return found


def _led_from(world: Scenario, share: float, arrives: Arrives) -> Beginning:
    return Beginning(share, world.market.contract_usd, arrives(world, range(FIRST_SEED, FIRST_SEED + SEEDS)))


_FOUND: dict[str, Beginning] = {}


def _path(key: str) -> Path:
    return Path(platformdirs.user_cache_dir("revorg")) / "starts" / f"{key}.json"


def _kept(key: str) -> Beginning | None:
    try:
        told = json.loads(_path(key).read_text(encoding="utf-8"))
        return Beginning(float(told["customers_share"]), float(told["contract_usd"]), StartState(**told["reached"]))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None


def _keep(key: str, found: Beginning) -> None:
    """Write what was found, whole or not at all; without a place for it, it is found again next time."""
    try:
        path = _path(key)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix="unfinished-")
        with open(handle, "w", encoding="utf-8") as file:
            json.dump({**found._asdict(), "reached": found.reached._asdict()}, file)
        os.replace(unfinished, path)
    except (OSError, RuntimeError):
        return


def solved(world: Scenario, wanted: dict[str, float], arrives: Arrives) -> Beginning:
    """Find what a warm-up begins with, by a secant in logarithms.

    Parameters
    ----------
    world
        What the warm-up lives under.
    wanted
        What it should arrive at, under the names of `StartState`: customers or ARR, perhaps a deal's size.
    arrives
        Where a warm-up arrives.

    Returns
    -------
    Beginning
        The nearest that was found.
    """
    share, contract, slope = _guess(world, wanted), world.market.contract_usd, 0.8
    if not world.run.warm_up_weeks:
        return _at_once(world, wanted, share)
    tried: list[tuple[float, Beginning]] = []
    before: tuple[float, float] | None = None
    for step in range(ROUNDS):
        seeds = range(FIRST_SEED, FIRST_SEED + (FEW if step == 0 else SEEDS))
        reached = arrives(_at(world, share, contract), seeds)
        size, deal = _misses(reached, wanted)
        if step:
            tried.append((max(abs(size), abs(deal)), Beginning(share, contract, reached)))
            if tried[-1][0] < NEAR:
                break
        if before is not None and abs(log(share) - before[0]) > 1e-6:
            slope = min(max((size - before[1]) / (log(share) - before[0]), 0.3), 1.5)
        before = (log(share), size)
        contract *= exp(-deal)
        share = min(max(share * exp(-size / slope), LEAST_SHARE), MOST_SHARE)
    return min(tried)[1]


def _at_once(world: Scenario, wanted: dict[str, float], share: float) -> Beginning:
    """Begin with what is wanted, where nothing is lived before."""
    market = world.market
    customers = share * market.accounts * (1.0 - market.abroad_channels / market.channels)
    contract = wanted.get("average_deal_usd", wanted.get("arr_usd", 0.0) / customers if customers else 0.0)
    contract = contract or market.contract_usd
    return Beginning(share, contract, StartState(customers, customers * contract, contract, nan))


def _guess(world: Scenario, wanted: dict[str, float]) -> float:
    """Return a first share of customers: those wanted, less some years of the growth that is planned."""
    market = world.market
    at_home = market.accounts * (1.0 - market.abroad_channels / market.channels)
    contract = wanted.get("average_deal_usd", market.contract_usd)
    customers = wanted.get("customers", wanted.get("arr_usd", 0.0) / contract)
    years = world.run.warm_up_weeks / WEEKS_A_YEAR
    share = customers / at_home * (1.0 + max(world.finance.growth_plan, 0.0)) ** -years
    return min(max(share, LEAST_SHARE), MOST_SHARE)


def _misses(reached: StartState, wanted: dict[str, float]) -> tuple[float, float]:
    """Return by how much the size of the firm and that of its contracts miss, as logs."""
    of_customers = _log_ratio(reached.customers, wanted.get("customers"))
    of_arr = _log_ratio(reached.arr_usd, wanted.get("arr_usd"))
    deal = _log_ratio(reached.average_deal_usd, wanted.get("average_deal_usd"))
    if of_customers is not None and of_arr is not None and deal is None:
        deal = of_arr - of_customers
    size = of_customers if of_customers is not None else of_arr
    return size or 0.0, deal or 0.0


def _log_ratio(reached: float, wanted: float | None) -> float | None:
    return None if wanted is None else log(max(reached, 1e-9) / max(wanted, 1e-9))


def _at(world: Scenario, share: float, contract_usd: float) -> Scenario:
    market = world.market.model_copy(update={"initial_customers_share": share, "contract_usd": contract_usd})
    return world.model_copy(update={"market": market})


def state_of(lived: Column) -> StartState:
    """Return the state at the end of a record of shape (weeks, columns); deals are those of its last year."""
    if not len(lived):
        return StartState(nan, nan, nan, nan)
    last, year = lived[-1], lived[-WEEKS_A_YEAR:].sum(axis=0)
    deal = year[record.NEW_ARR] / year[record.NEW_CUSTOMERS] if year[record.NEW_CUSTOMERS] else 0.0
    return StartState(*map(float, (last[record.CUSTOMERS], last[record.ARR], deal, last[record.REPS])))
