"""Paired chance: every draw is a pure function of (seed, purpose, entity, week).

Nothing is consumed in order, so adding a rep, treating a customer or changing a design shifts nobody else's draws. The
generator is counter-based: seed, purpose and week are folded into a key, the entity is added to it as a counter, and
two rounds of the splitmix64 finalizer scramble the sum.

Sources: Steele, Lea & Flood (2014), "Fast splittable pseudorandom number generators" (the finalizer, Stafford's
variant 13); Wichura (1988), Applied Statistics algorithm AS 241 (normal quantile).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from revorg.simulation.compiling import constants, loop, rule

_PURPOSES = (
    "DRIFT",
    "OFFENSIVE",
    "GIVEN_UP_SECOND",
    "GIVEN_UP_THIRD",
    "OBSERVATION",
    "SCOPE",
    "CONSULT",
    "WORK",
    "REWORK",
    "WRONG",
    "CAUGHT",
    "GIVEN_UP",
    "STAKES",
    "PROBE",
    "PROCESS_CHANGE",
    "BECOMES_LEAD",
    "HANDOFF",
    "DEAL_AGREES",
    "DEAL_RIVAL",
    "STALL",
    "EXCEPTION",
    "ONBOARDING",
    "HEALTH",
    "RELATION",
    "ISSUE",
    "ESCALATION",
    "CHURN",
    "SHRINK",
    "EXPANSION",
    "REP_SKILL",
    "REP_QUITS",
    "DISMISSAL",
    "BURNOUT",
    "FORECAST",
    "POTENTIAL",
    "GROUP",
    "FRONT",
    "DISPOSITION",
    "START",
    "START_TENURE",
    "FIRST_ATTRACTIVENESS",
    "TURN",
    "DEAL_START",
    "LEAD_OWNER",
    "START_AGE",
    "START_REP",
    "PROBE_KIND",
    "SMALL_NUMBER",
    "SMALL_DAY",
    "FIRST_PLAY",
    "PLAY_TURNS",
    "PLAY_SEEN",
    "PLAY_RAISED",
)
purpose = constants("purpose", _PURPOSES, first=1)
"""One number a purpose. New purposes are added at the end; a number is never used twice, nor one that was given up."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_ODD = np.uint64(0xD1342543DE82EF95)
_S30, _S27, _S31, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


@rule
def scrambled(x: Any) -> Any:
    """Finalizer of splitmix64: a bijection of 64 bits in which every input bit moves half of the output bits.

    >>> int(scrambled(np.uint64(0)))
    0
    """
    x = (x ^ (x >> _S30)) * _FIRST
    x = (x ^ (x >> _S27)) * _SECOND
    return x ^ (x >> _S31)


@rule
def stream(seed: int, purpose: int, week: int) -> Any:
    """Key of all draws for one purpose in one week (or one attempt, where attempts are what is counted).

    >>> with np.errstate(over="ignore"):
    ...     bool(stream(1, purpose.DRIFT, 5) == stream(1, purpose.DRIFT, 6))
    False
    """
    key = scrambled(np.uint64(seed) * _GOLDEN + np.uint64(purpose))
    return scrambled(key + np.uint64(week) * _ODD)


@rule
def uniform(key: Any, entity: int) -> float:
    """Uniform draw of an entity, strictly between 0 and 1.

    >>> with np.errstate(over="ignore"):
    ...     bool(0.0 < uniform(np.uint64(7), 3) < 1.0)
    True
    """
    bits = scrambled(scrambled(key + np.uint64(entity) * _GOLDEN))
    return (float(bits >> _S12) + 0.5) * (1.0 / 4503599627370496.0)


@rule
def exponential(key: Any, entity: int) -> float:
    """Exponential draw of an entity with mean 1.

    >>> with np.errstate(over="ignore"):
    ...     bool(exponential(np.uint64(7), 3) > 0.0)
    True
    """
    return -math.log(uniform(key, entity))


@rule
def normal(key: Any, entity: int) -> float:
    """Standard normal draw of an entity.

    >>> with np.errstate(over="ignore"):
    ...     bool(abs(normal(np.uint64(7), 3)) < 9.0)
    True
    """
    return normal_quantile(uniform(key, entity))


@rule
def normal_quantile(p: float) -> float:
    """Quantile of the standard normal distribution, to about 1e-16. Source: Wichura (1988), AS 241.

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
                  + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
                + 133.14166789178437745) * r + 3.3871328727963666080)  # fmt: skip
        below = (((((((5226.4952788528545610 * r + 28729.085735721942674) * r + 39307.895800092710610) * r
                    + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.18700749205790830) * r
                  + 42.313330701600911252) * r + 1.0)  # fmt: skip
        return q * top / below
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        top = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 0.241780725177450611770) * r
                  + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.76949722146069140550) * r
                + 4.63033784615654529590) * r + 1.42343711074968357734)  # fmt: skip
        below = (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
                     + 1.51986665636164571966e-2) * r + 0.148103976427480074590) * r + 0.689767334985100004550) * r
                   + 1.67638483018380384940) * r + 2.05319162663775882187) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        top = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                   + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r + 0.296560571828504891230) * r
                 + 1.78482653991729133580) * r + 5.46378491116411436990) * r + 6.65790464350110377720)  # fmt: skip
        below = (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
                     + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
                    + 1.48753612908506148525e-2) * r + 0.136929880922735805310) * r + 0.599832206555887937690) * r
                 + 1.0)  # fmt: skip
    return -top / below if q < 0.0 else top / below


@loop
def fill_uniform(values: NDArray[np.float64], seed: int, purpose: int, week: int) -> None:
    """Fill an array with the uniform draws of the entities 0, 1, 2, … for one purpose and week."""
    key = stream(seed, purpose, week)
    for entity in range(values.shape[0]):
        values[entity] = uniform(key, entity)


@loop
def fill_normal(values: NDArray[np.float64], seed: int, purpose: int, week: int) -> None:
    """Fill an array with the standard normal draws of the entities 0, 1, 2, … for one purpose and week."""
    key = stream(seed, purpose, week)
    for entity in range(values.shape[0]):
        values[entity] = normal(key, entity)
