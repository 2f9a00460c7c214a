"""Rules of a customer's relations, health and decisions: numbers in, numbers out."""

from functools import lru_cache

import numpy as np
from scipy.special import betaincinv

from revorg.simulation.codes import Column
from revorg.simulation.compiling import rule
from revorg.simulation.submodels.rules import logistic


@rule
def health_after(health: float, delivered: float, pace: float, noise: float) -> float:
    """Health moves toward what was delivered this week. [0..1]  Source: assumption C3 (exponential smoothing).

    >>> round(health_after(0.5, delivered=0.9, pace=0.1, noise=0.0), 2)
    0.54
    """
    return min(max(health + pace * (delivered - health) + noise, 0.0), 1.0)


@rule
def adoption_after(adoption: float, weeks: float) -> float:
    """Adoption a week later: it closes the same share of its gap every week. [0..1]

    >>> adoption_after(0.0, weeks=16.0)
    0.0625
    """
    return adoption + (1.0 - adoption) / weeks


@rule
def relations_after(
    chance: float, champion: int, sponsors: int, critics: int, group: int, champion_loss: float,
    champion_return: float, critic_rate: float, sponsor_gain: float,
) -> tuple[int, int, int]:  # fmt: skip
    """Champion, sponsors and critics a week later: at most one change, drawn by one chance.

    The champion leaves, or is found again the sooner the more sponsors there are; critics come at a constant rate and
    go in proportion to their number; sponsors beyond the first leave at the champion's hazard; a sponsor is won.
    Source: assumption C2 (constant hazards).

    >>> relations_after(0.0, 1, 2, 0, 5, champion_loss=0.01, champion_return=0.1, critic_rate=0.01, sponsor_gain=0.1)
    (0, 2, 0)
    >>> relations_after(0.99, 1, 2, 0, 5, champion_loss=0.01, champion_return=0.1, critic_rate=0.01, sponsor_gain=0.1)
    (1, 3, 0)
    """
    moves = champion_loss if champion == 1 else champion_return * sponsors
    critic_goes = moves + critic_rate + 2.0 * critic_rate * critics
    if chance < moves:
        return 1 - champion, sponsors, critics
    if chance < moves + critic_rate:
        return champion, sponsors, min(critics + 1, group)
    if chance < critic_goes:
        return champion, sponsors, critics - 1
    if chance < critic_goes + champion_loss * (sponsors - 1):
        return champion, sponsors - 1, critics
    if chance > 1.0 - sponsor_gain and sponsors < group:
        return champion, sponsors + 1, critics
    return champion, sponsors, critics


@rule
def worth_of_sponsors(
    champion: int, champion_worth: float, sponsors: int, sponsor_worth: float, adoption: float
) -> float:
    """What champions and sponsors add to the value a customer perceives. [health]

    Relations cushion each other: the loss of a champion hurts less where other sponsors stand and use is deep.

    >>> worth_of_sponsors(1, 0.1, sponsors=1, sponsor_worth=0.03, adoption=0.5)
    0.0
    >>> worth_of_sponsors(0, 0.1, sponsors=1, sponsor_worth=0.03, adoption=0.5)
    -0.1
    """
    worth = sponsor_worth * (sponsors - 1)
    if champion == 0:
        worth -= champion_worth * (1.5 - adoption) / max(sponsors, 1)
    return worth


@rule
def delivered_to(
    neutral: float, service: float, adoption: float, adoption_worth: float, sponsors: float, critics: float,
    ownership: float, ownership_worth: float,
) -> float:  # fmt: skip
    """Value a customer perceives this week, before issues; `sponsors` and `critics` are worths. [0..1 unclipped]

    >>> delivered_to(0.65, 0.0, 0.8, 0.25, sponsors=0.0, critics=0.0, ownership=0.5, ownership_worth=0.1)
    0.65
    """
    value = neutral + service + adoption_worth * (adoption - 0.8) + ownership_worth * (ownership - 0.5)
    return value + sponsors + critics


@rule
def churn_probability(churn_logit: float, health: float, neutral: float, slope: float) -> float:
    """Probability of leaving at term. [0..1]

    With neutral health it is the customer's lasting Beta-distributed disposition, which makes cohorts survive as in
    the shifted-beta-geometric model. Source: Fader & Hardie (2007).

    >>> churn_probability(0.0, health=0.65, neutral=0.65, slope=5.0)
    0.5
    """
    return logistic(churn_logit + slope * (neutral - health))


@rule
def drawn_away(pressure: float, critics: float, pull: float) -> float:
    """What rivals add to the odds of leaving: their pressure on the front, more where critics speak for them. [logit]

    >>> drawn_away(0.4, critics=1.0, pull=0.5)
    0.4
    """
    return pull * pressure * (1.0 + critics)


@rule
def expansion_hazard(
    base: float, health: float, neutral: float, service: float, alignment: float, room: float
) -> float:
    """Probability that a customer buys more this week. [0..1]

    >>> expansion_hazard(0.01, health=0.65, neutral=0.65, service=1.0, alignment=0.5, room=1.0)
    0.01
    """
    return min(1.0, base * (health / neutral) * service * (0.5 + alignment) * room)


@rule
def potential_of(first_contract_usd: float, land_share: float, products: int, by_product: float) -> float:
    """ARR that an account could buy of what it owns: the first contract is a share, each further product adds. [USD]

    >>> potential_of(30.0, land_share=0.5, products=3, by_product=0.25)
    90.0
    """
    return first_contract_usd / land_share * (1.0 + by_product * (products - 1))


@rule
def room_to_grow(contract_usd: float, potential_usd: float, groups: int, group: int) -> float:
    """Share of an account's potential that could be sold next: half of it opens only with further groups. [0..1]

    >>> room_to_grow(25.0, potential_usd=100.0, groups=2, group=4)
    0.5
    """
    return max(0.0, 0.5 + 0.5 * min(1.0, groups / group) - contract_usd / potential_usd)


@rule
def gets_plan(plans: int, contract_usd: float, mean_contract_usd: float) -> bool:
    """Whether a customer gets an account plan: nobody (0), the larger customers (1), or all (2).

    >>> gets_plan(0, 9.0, 5.0), gets_plan(1, 9.0, 5.0), gets_plan(1, 4.0, 5.0), gets_plan(2, 4.0, 5.0)
    (False, True, False, True)
    """
    return plans == 2 or (plans == 1 and contract_usd > mean_contract_usd)


@rule
def work_with_plan(account_work: float, gain: float, hours: float, plans_per_hour: float, planned: float) -> float:
    """Multiplier of growth in an account with a plan: plans thin out when leaders' hours do not reach for all.

    Source: assumption C6.

    >>> work_with_plan(1.0, gain=0.5, hours=10.0, plans_per_hour=4.0, planned=80.0)
    1.25
    """
    return account_work * (1.0 + gain * min(1.0, hours * plans_per_hour / max(planned, 1.0)))


@rule
def relieved(rate: float, maturity: float, relief: float) -> float:
    """Rate of something that mature processes make rarer.

    >>> relieved(0.04, maturity=0.5, relief=0.5)
    0.03
    """
    return rate * (1.0 - relief * maturity)


@lru_cache(maxsize=16)
def _disposition_table(a: float, b: float) -> Column:
    """Logits of Beta(a, b) quantiles on an even grid of logits of the probability, from −30 to 30."""
    probability = 1.0 / (1.0 + np.exp(-np.linspace(-30.0, 30.0, 6001)))
    quantile = np.clip(betaincinv(a, b, probability), 1e-15, 1.0 - 1e-15)
    return np.log(quantile / (1.0 - quantile))


def churn_logits(chances: Column, a: float, b: float) -> Column:
    """Lasting dispositions to leave, in logits, for uniform chances of shape (accounts,)."""
    logits = np.log(chances / (1.0 - chances))
    return np.interp(logits, np.linspace(-30.0, 30.0, 6001), _disposition_table(a, b))
