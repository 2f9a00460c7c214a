"""The state of the world as columns: one NumPy array an attribute, one row an entity, for the whole run.

Codes for stages, functions, domains, kinds of decisions and columns of the weekly record are plain integers, so that
compiled loops take them as constants.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from revorg.simulation.compiling import constants

Column = NDArray[Any]

# Stages of an account.
PROSPECT, LEAD, OPPORTUNITY, CUSTOMER, LOST = range(5)

# Functions of the firm, in the order of the organization's bit masks.
MARKETING, SALES, SUCCESS, OPERATIONS = range(4)

# Domains of leaders' work; domain d serves function d.
STRATEGY_WORK, EXECUTION_WORK, OPERATIONS_WORK, CUSTOMER_WORK = range(4)
FUNCTION_SERVED = np.array([MARKETING, SALES, OPERATIONS, SUCCESS])

DOMAIN_OF_FUNCTION = np.array([STRATEGY_WORK, EXECUTION_WORK, CUSTOMER_WORK, OPERATIONS_WORK])

# Kinds of decisions, with the function each comes from and the domain whose skill settles it.
DEAL_EXCEPTION, ESCALATION, STRATEGY_MOVE, PROCESS_CHANGE = range(4)
ORIGIN_OF_KIND = np.array([SALES, SUCCESS, MARKETING, OPERATIONS])
DOMAIN_OF_KIND = np.array([EXECUTION_WORK, CUSTOMER_WORK, STRATEGY_WORK, OPERATIONS_WORK])

# States of a decision.
EMPTY, OPEN, SETTLED = range(3)

# How far its owner is with a decision. What was begun within the time limit is no longer left to its origin.
NOT_BEGUN, AT_WORK, BEGUN = range(3)

DAYS_A_WEEK = 5.0
WEEKS_A_YEAR = 52
WEEKS_A_QUARTER = 13

# Scalars of the firm's state (column `gauges` of Firm).
GAUGES = (
    "maturity",  # process maturity [0..1]
    "ownership",  # shared ownership of customers [0..1]
    "plans_kept",  # moving share of quarters in which the plan was kept [0..1]
    "arr_usd",  # annual recurring revenue now
    "review_hours",  # effective hours of strategy review available this week
    "review_bank",  # review hours saved up for the next front
    "moving",  # weeks of marketing budget still to be lost to a move of the allocation
    "proposal_open",  # 1 while a proposed move is being decided or carried out
    "plan_usd",  # new ARR planned for the quarter
    "forecast_usd",  # new ARR forecast for the quarter
    "booked_usd",  # new ARR booked in the quarter so far
    "misses",  # quarters in a row in which the plan was missed
    "health",  # mean health of customers last week
    "target_usd",  # new ARR a week that a design-free growth path would need in week 0
    "reps_wanted",  # full posts that are wanted in sales
    "heads",  # people paid last week, operations' own staff apart
    "newcomers",  # growth of heads last week
    "planned",  # customers with an account plan last week
    "bought_hours",  # paid hours a week beside the reps' own, for what leaders cost less than in the warm-up
    "reinvested",  # what margin adds to this week's marketing budget, in shares of the usual one
)
gauge = constants("gauge", GAUGES)
"""Place of every scalar: ``firm.gauges[gauge.MATURITY]``. Loops take the places as constants."""


NO_OPENING = -1_000_000
