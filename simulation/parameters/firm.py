"""The tables of what goes on inside the firm: its leaders, decisions, processes and books.

A parameter is one declaration and the sentence below it. Defaults are those of the simplest core world.
"""

from revorg.simulation.parameters.ranges import TRIAL, ParameterTable, Weights, parameter


class Leadership(ParameterTable):
    """How leaders spend their hours and what these are worth."""

    span_hours: float = parameter(
        4.0, low=0, high=12, unit="hours a week per function", plausible=(1, 8), uncertain=True
    )
    """Hours that leading a function's head takes."""
    meeting_hours: float = parameter(4.0, low=0, high=10, unit="hours a week per level", plausible=(2, 6), source=TRIAL)
    """Hours of meeting others, per level, of a holder with collaboration 1."""
    in_tray_cap: float = parameter(0.45, low=0.05, high=0.9, unit="share of hours", plausible=(0.3, 0.6), source=TRIAL)
    """Most of the hours that the in-tray may take."""
    attention_floor: float = parameter(0.3, low=0, high=2, unit="demand", plausible=(0.1, 0.6), source=TRIAL)
    """Demand of a measure that is on plan."""
    shortfall_weight: float = parameter(
        2.0, low=0, high=10, unit="demand per shortfall", plausible=(1, 4), source=TRIAL, uncertain=True
    )
    """Demand that a full shortfall against plan adds."""
    influence_base: float = parameter(0.1, low=0, high=1, unit="share", plausible=(0, 0.2), source=TRIAL)
    """Reach of an hour outside the own line."""
    influence_collaboration: float = parameter(
        0.3, low=0, high=1, unit="share", plausible=(0.1, 0.5), source=TRIAL, uncertain=True
    )
    """Reach outside the own line that full collaboration adds."""
    influence_alignment: float = parameter(0.15, low=0, high=1, unit="share", plausible=(0, 0.3), source=TRIAL)
    """Reach outside the own line that full alignment adds."""
    influence_level: float = parameter(0.05, low=0, high=0.5, unit="share per level", plausible=(0, 0.1))
    """Reach outside the own line that each level above the first adds."""
    contribution_exponent: float = parameter(0.6, low=0.3, high=1, unit="exponent", plausible=(0.5, 1), uncertain=True)
    """Diminishing returns of leaders' work: lift = (hours / neutral hours) to this power, minus 1 (1 = linear)."""
    neutral_strategy_hours: float = parameter(11.0, low=1, high=200, unit="hours a week", plausible=(6, 24))
    """Effective hours of strategy work (reviews apart) of the neutral firm: its lift is 0."""
    neutral_execution_hours: float = parameter(13.5, low=1, high=200, unit="hours a week", plausible=(7, 28))
    """Effective hours of execution work of the neutral firm: its lift is 0."""
    neutral_operations_hours: float = parameter(14.0, low=1, high=200, unit="hours a week", plausible=(8, 30))
    """Effective hours of operations work of the neutral firm: its lift is 0."""
    neutral_customer_hours: float = parameter(14.3, low=1, high=200, unit="hours a week", plausible=(7, 30))
    """Effective hours of customer work of the neutral firm: its lift is 0."""
    scale_with_arr: float = parameter(
        0.1, low=0, high=1, unit="exponent", plausible=(0, 0.1), source="trial: above .1 no rest"
    )
    """How the hours above grow with the firm."""
    policy_weeks: int = parameter(4, low=1, high=52, unit="weeks", plausible=(2, 8))
    """Time between two settings of a leader's policy."""
    new_arr_calls: Weights = parameter(
        (0.35, 0.45, 0.1, 0.1), low=0, high=1, unit="weights", plausible=(0, 0.8), source=TRIAL
    )
    """What a shortfall of new contracts calls for, by the work that serves marketing, sales, operations and success."""
    retention_calls: Weights = parameter(
        (0.1, 0.1, 0.2, 0.6), low=0, high=1, unit="weights", plausible=(0, 0.8), source=TRIAL
    )
    """What a shortfall of retention calls for."""
    experience_calls: Weights = parameter(
        (0.05, 0.05, 0.3, 0.6), low=0, high=1, unit="weights", plausible=(0, 0.8), source=TRIAL
    )
    """What a shortfall of customers' experience calls for."""
    cost_calls: Weights = parameter(
        (0.15, 0.15, 0.6, 0.1), low=0, high=1, unit="weights", plausible=(0, 0.8), source=TRIAL
    )
    """What an overrun of cost calls for."""
    outside_share: float = parameter(0.55, low=0, high=1, unit="share of hours", plausible=(0.3, 0.8), uncertain=True)
    """Share of the week that duties outside revenue take of whoever reports to nobody, before anything else."""
    outside_attention: float = parameter(0.25, low=0, high=1, unit="share", plausible=(0, 0.5), uncertain=True)
    """How far work that serves a function outside the line counts, of what a seat's measures call for."""


class Strategy(ParameterTable):
    """Reviews of fronts, moves of effort between them, and initiatives."""

    review_hours: float = parameter(6.0, low=0.1, high=100, unit="hours", plausible=(3, 12), uncertain=True)
    """Strategy hours that one review of a front takes."""
    review_hours_per_product: float = parameter(1.0, low=0, high=20, unit="hours", plausible=(0, 3))
    """Hours that each product beyond the first adds to a review."""
    observation_sd: float = parameter(0.6, low=0.01, high=5, unit="log", plausible=(0.3, 1.2), uncertain=True)
    """Noise of one week's view of a front's log-attractiveness."""
    observation_weeks: int = parameter(6, low=1, high=52, unit="weeks", plausible=(2, 13), source=TRIAL)
    """Most weeks of views that a review can average over."""
    transparency_effect: float = parameter(0.5, low=0, high=1, unit="share", plausible=(0.2, 0.8))
    """Share of the noise that full process maturity removes."""
    temperature: float = parameter(0.5, low=0.05, high=5, unit="log", plausible=(0.2, 1), uncertain=True)
    """How evenly effort is spread over fronts believed unequal."""
    move_threshold: float = parameter(0.05, low=0, high=1, unit="share", plausible=(0.02, 0.15), uncertain=True)
    """Smallest change of the allocation worth proposing."""
    moving_cost_weeks: float = parameter(2.0, low=0, high=26, unit="weeks", plausible=(0.5, 6), uncertain=True)
    """Weeks of the moved budget that a move loses."""
    initiative_hours: float = parameter(
        14.0, low=0.1, high=1000, unit="hours", plausible=(7, 28), source=TRIAL, uncertain=True
    )
    """Execution hours that carrying out one initiative takes."""
    initiative_share: float = parameter(
        0.3, low=0, high=1, unit="share of execution hours", plausible=(0.15, 0.45), source=TRIAL
    )
    """Execution hours that go to initiatives."""
    initiatives_at_once: int = parameter(4, low=1, high=20, unit="initiatives", plausible=(2, 8), source=TRIAL)
    """Initiatives worked on side by side; the others wait."""
    switching_loss: float = parameter(0.1, low=0, high=0.5, unit="share", plausible=(0.05, 0.2))
    """Hours lost for each initiative at work beyond the first."""
    heads_say: float = parameter(0.5, low=0, high=1, unit="share", plausible=(0.2, 0.8))
    """Share of a head's strategy hours that counts in reviews, where `readings.reviewers` is heads."""


class Decisions(ParameterTable):
    """Decisions: what raises them, what they take, who is asked and what goes wrong."""

    exceptions_per_deal_week: float = parameter(
        0.14, low=0, high=1, unit="per deal and week", plausible=(0.02, 0.28), source=TRIAL, uncertain=True
    )
    """Rate at which open deals raise matters on which the whole deal hangs; smaller ones come oftener."""
    exception_hours: float = parameter(2.5, low=0.01, high=100, unit="hours", plausible=(1, 5), source=TRIAL)
    """Work of settling a deal exception."""
    escalation_hours: float = parameter(2.0, low=0.01, high=100, unit="hours", plausible=(1, 4))
    """Work of settling a customer's escalation."""
    move_hours: float = parameter(5.0, low=0.01, high=100, unit="hours", plausible=(2, 10))
    """Work of settling a move of effort between fronts."""
    change_hours: float = parameter(4.0, low=0.01, high=100, unit="hours", plausible=(2, 8))
    """Work of settling a change of process."""
    skill_offset: float = parameter(1.6, low=1.05, high=3, unit="skill", plausible=(1.2, 2), source=TRIAL)
    """Work is multiplied by this less the owner's skill in the domain."""
    consult_hours: float = parameter(0.5, low=0, high=40, unit="hours", plausible=(0.25, 1))
    """Work of answering when consulted."""
    handover_days: float = parameter(0.5, low=0, high=20, unit="days", plausible=(0.1, 1.5), uncertain=True)
    """Time that each step up the tree takes."""
    cross_line_delay: float = parameter(1.3, low=1, high=5, unit="factor", plausible=(1, 2))
    """Factor on the reply time of those outside the asker's line."""
    consult_base: float = parameter(0.25, low=0, high=1, unit="probability", plausible=(0.1, 0.4))
    """Chance that a function in scope is consulted by an owner with collaboration 0."""
    consult_collaboration: float = parameter(
        0.7, low=0, high=1, unit="probability", plausible=(0.4, 0.75), uncertain=True
    )
    """Chance of consulting a function in scope that full collaboration adds."""
    consult_beyond: float = parameter(0.15, low=0, high=1, unit="probability", plausible=(0.05, 0.3))
    """Chance that an owner with collaboration 1 consults a function outside the scope."""
    escalate_share: float = parameter(
        0.35, low=0, high=1, unit="probability", plausible=(0.2, 0.5), source=TRIAL, uncertain=True
    )
    """Chance that the stakes lift a decision one level higher."""
    stakes_floor_share: float = parameter(0.0065, low=0, high=1, unit="share of ARR", plausible=(0.003, 0.013))
    """Stakes below which the origin settles without a desk; more than an account itself can be at stake."""
    time_limit_days: float = parameter(20.0, low=1, high=1000, unit="days", plausible=(10, 40), source=TRIAL)
    """Waiting after which the origin decides alone."""
    wrong_base: float = parameter(
        0.3, low=0, high=1, unit="probability", plausible=(0.15, 0.45), source=TRIAL, uncertain=True
    )
    """Chance of a wrong call per unit of missing skill."""
    wrong_skill_ceiling: float = parameter(1.5, low=1, high=3, unit="skill", plausible=(1.2, 2), source=TRIAL)
    """Skill at which no call would be wrong."""
    wrong_per_unasked: float = parameter(
        0.08, low=0, high=1, unit="probability", plausible=(0.04, 0.16), source=TRIAL, uncertain=True
    )
    """Chance of a wrong call that each function in scope adds when it is not asked."""
    caught_share: float = parameter(0.4, low=0, high=1, unit="probability", plausible=(0.2, 0.6), source=TRIAL)
    """Wrong calls that are caught and done again."""
    default_wrong: float = parameter(0.15, low=0, high=1, unit="probability", plausible=(0.05, 0.3))
    """Chance of a wrong call that deciding alone adds."""
    cooling_per_day: float = parameter(0.03, low=0, high=1, unit="logit a day", plausible=(0.01, 0.06))
    """What waiting for a decision takes from a deal's odds."""
    wrong_deal_loss: float = parameter(0.6, low=0, high=5, unit="logit", plausible=(0.3, 1.2))
    """What a wrong decision takes from a deal's odds."""
    souring_per_day: float = parameter(0.004, low=0, high=0.2, unit="health a day", plausible=(0.001, 0.01))
    """What waiting for a decision takes from a customer's health."""
    wrong_customer_loss: float = parameter(0.08, low=0, high=1, unit="health", plausible=(0.03, 0.16))
    """What a wrong decision takes from a customer's health."""
    small_floor_share: float = parameter(
        0.2, low=0.01, high=1, unit="share of the floor of stakes", plausible=(0.1, 0.4)
    )
    """Stakes from which a matter below that floor comes to the head of its function, who settles it alone."""
    small_hours: float = parameter(0.5, low=0, high=10, unit="hours", plausible=(0.25, 0.75))
    """Work of settling a small matter."""
    campaign_matters: float = parameter(15.0, low=0, high=100, unit="per week", plausible=(8, 25))
    """Small matters that campaigns raise, in a firm of any size: budgets grow as the floor does."""
    service_matters: float = parameter(8.0, low=0, high=100, unit="per week", plausible=(4, 12))
    """Small matters that the running of service raises, issues of customers apart, in a firm of any size."""
    process_matters: float = parameter(15.0, low=0, high=100, unit="per week", plausible=(8, 25))
    """Small matters that the running of processes raises, in a firm of any size."""


class Operations(ParameterTable):
    """Process maturity and what it saves."""

    maturity_start: float = parameter(0.4, low=0, high=1, unit="maturity", plausible=(0.2, 0.6))
    """Process maturity when the warm-up begins."""
    maturity_pace: float = parameter(0.008, low=0, high=1, unit="per week", plausible=(0.004, 0.016), uncertain=True)
    """What effective operations work adds to maturity."""
    maturity_decay: float = parameter(0.012, low=0, high=1, unit="per week", plausible=(0.006, 0.024))
    """Share of maturity that is lost without work."""
    dilution: float = parameter(0.5, low=0, high=5, unit="per growth", plausible=(0.2, 1), uncertain=True)
    """Share of maturity lost when heads grow by 1 (a doubling)."""
    changes_per_week: float = parameter(0.2, low=0, high=20, unit="per week", plausible=(0.05, 0.3))
    """Rate at which changes of process are proposed."""
    unstaffed_work: float = parameter(0.3, low=0, high=5, unit="share of a team's", plausible=(0.1, 0.5))
    """Pace of maturing without any staff of operations, by leaders' work alone."""
    analyst_work: float = parameter(0.6, low=0, high=5, unit="share of a team's", plausible=(0.4, 0.8))
    """Pace of maturing with one analyst."""
    analyst_cost: float = parameter(0.4, low=0, high=5, unit="share of a team's", plausible=(0.2, 0.6))
    """Cost of one analyst."""
    governance_work: float = parameter(1.3, low=0, high=5, unit="share of a team's", plausible=(1.1, 1.6))
    """Pace of maturing with full governance."""
    governance_cost: float = parameter(1.8, low=0, high=5, unit="share of a team's", plausible=(1.4, 2.4))
    """Cost of full governance."""
    change_step: float = parameter(0.03, low=0, high=1, unit="maturity", plausible=(0.01, 0.04))
    """What a carried-out change adds to maturity."""
    channel_wear: float = parameter(0.05, low=0, high=1, unit="share per channel", plausible=(0, 0.1))
    """What every channel beyond the first adds to the wear of maturity."""
    cost_relief: float = parameter(0.5, low=0, high=1, unit="share", plausible=(0.25, 0.6), uncertain=True)
    """Share of service, running and overhead cost that full maturity saves."""
    work_gain: float = parameter(3.67, low=0, high=10, unit="share", plausible=(1.5, 4), uncertain=True)
    """What leaders' operations work adds to the building of maturity."""
    staff_share_of_arr: float = parameter(
        0.03, low=0, high=0.5, unit="share of ARR", plausible=(0.01, 0.06), uncertain=True
    )
    """Cost of the staff that full maturity needs."""


class Alignment(ParameterTable):
    """Alignment of functions, and shared ownership of customers."""

    pace: float = parameter(0.04, low=0, high=1, unit="per week", plausible=(0.02, 0.08), source=TRIAL, uncertain=True)
    """Share of the way to its target that alignment moves in a week."""
    base: float = parameter(0.2, low=0, high=1, unit="alignment", plausible=(0.1, 0.3), source=TRIAL)
    """Alignment without any contact."""
    contact: float = parameter(
        0.56, low=0, high=1, unit="alignment", plausible=(0.4, 0.7), source=TRIAL, uncertain=True
    )
    """Alignment that unlimited meeting hours add."""
    contact_scale_hours: float = parameter(
        4.0, low=0.1, high=40, unit="hours a week", plausible=(2, 8), source=TRIAL, uncertain=True
    )
    """Meeting hours per pair at which contact gives 63 % of what it can."""
    plans_kept: float = parameter(0.1, low=0, high=1, unit="alignment", plausible=(0, 0.2), source=TRIAL)
    """Alignment that kept plans add."""
    goals: float = parameter(0.1, low=0, high=1, unit="alignment", plausible=(0, 0.2))
    """Alignment that equal measures add."""
    outside_efficiency: float = parameter(0.6, low=0, high=1, unit="share", plausible=(0.3, 0.9), uncertain=True)
    """Worth of a meeting hour paid outside the own line."""
    ownership_pace: float = parameter(0.03, low=0, high=1, unit="per week", plausible=(0.015, 0.06))
    """Share of the way to its target that shared ownership moves in a week."""
    ownership_base: float = parameter(0.2, low=0, high=1, unit="ownership", plausible=(0.1, 0.3))
    """Shared ownership of customers without any work on it."""
    ownership_work: float = parameter(0.4, low=0, high=1, unit="ownership", plausible=(0.2, 0.6))
    """Shared ownership that leaders' customer work adds."""
    ownership_meeting: float = parameter(0.2, low=0, high=1, unit="ownership", plausible=(0.1, 0.4))
    """Shared ownership that contact of functions adds."""
    ownership_worth: float = parameter(0.1, low=0, high=1, unit="health", plausible=(0.05, 0.2))
    """What shared ownership adds to health."""


class Finance(ParameterTable):
    """Plan, cost, hiring and exits."""

    growth_plan: float = parameter(0.26, low=-0.5, high=3, unit="share of ARR", plausible=(0.15, 0.4), source=TRIAL)
    """New ARR that the first plan asks for in a year."""
    plan_stretch: float = parameter(
        1.0, low=0.5, high=2, unit="factor", plausible=(0.9, 1.2), source="assumption; no credible public figure"
    )
    """Plan over what the trend of new ARR promises for the quarter."""
    plan_trend: float = parameter(
        0.75, low=0, high=1.5, unit="share", plausible=(0.5, 1), source="trial (growth slows with size)"
    )
    """Share of the last year's growth of new ARR that a plan expects of the next."""
    target_use: float = parameter(
        0.95, low=0.3, high=2, unit="share of capacity", plausible=(0.75, 1.05), source="design: patterns 21 and 22"
    )
    """Hours asked for, of those that there are, at which posts are opened; what is left lying counts as asked for."""
    marketing_share: float = parameter(0.165, low=0, high=1, unit="share of ARR", plausible=(0.1, 0.25))
    """Cost of the marketing budget; what it brings in is told by demand.lead_hazard_per_week at the reference ARR."""
    infrastructure_share: float = parameter(0.24, low=0, high=1, unit="share of ARR", plausible=(0.15, 0.3))
    """Cost of running the product at process maturity 0."""
    serve_share: float = parameter(0.13, low=0, high=1, unit="share of ARR", plausible=(0.05, 0.15))
    """Cost to serve at process maturity 0."""
    partner_share: float = parameter(0.2, low=0, high=0.9, unit="share of revenue", plausible=(0.1, 0.3))
    """What partners keep of the revenue on their fronts."""
    leader_pay_usd: float = parameter(
        250_000.0, low=0, high=1e10, unit="USD a year per level", plausible=(150_000, 350_000)
    )
    """What a leader costs, per level."""
    target_retention: float = parameter(0.92, low=0, high=1.5, unit="share of ARR", plausible=(0.88, 0.96))
    """Planned revenue retention."""
    target_health: float = parameter(0.68, low=0, high=1, unit="health", plausible=(0.6, 0.75))
    """Planned customers' health."""
    target_cost_share: float = parameter(0.75, low=0, high=3, unit="share of ARR", plausible=(0.65, 0.9))
    """Planned cost."""
    hiring_weeks: int = parameter(16, low=1, high=104, unit="weeks", plausible=(8, 26), uncertain=True)
    """Time from approving a head to its first day."""
    freeze_quarters: int = parameter(2, low=1, high=40, unit="quarters", plausible=(1, 4))
    """Missed plans in a row after which no posts are opened; leavers are still replaced as far as they are wanted."""
    least_post: float = parameter(0.25, low=0.05, high=1, unit="share of a full post", plausible=(0.1, 0.5))
    """Smallest part-time post that is filled; what the plan wants beyond full posts is part-time."""
    quits_per_year: float = parameter(
        0.15, low=0, high=5, unit="per year", plausible=(0.1, 0.3), source=TRIAL, uncertain=True
    )
    """Rate at which reps leave who meet their quota."""
    quits_per_miss: float = parameter(0.25, low=0, high=5, unit="per year", plausible=(0.1, 0.6), source=TRIAL)
    """Rate of leaving that a full miss of quota adds."""
    dismissal_per_quarter: float = parameter(
        0.02, low=0, high=1, unit="probability", plausible=(0.01, 0.06), uncertain=True
    )
    """Chance that the chief is dismissed at a quarter's end."""
    dismissal_per_miss: float = parameter(
        0.05, low=0, high=1, unit="probability", plausible=(0.03, 0.16), uncertain=True
    )
    """Chance of dismissal that each missed quarter in a row adds."""
    random_dismissal_per_quarter: float = parameter(0.08, low=0, high=1, unit="probability", plausible=(0.04, 0.12))
    """Chance of dismissal each quarter, where `readings.exits` is random."""
    burnout_per_year: float = parameter(0.1, low=0, high=5, unit="per year", plausible=(0.05, 0.3), uncertain=True)
    """Rate of burning out under full resistance."""
    discount_a_year: float = parameter(0.1, low=0.001, high=1, unit="per year", plausible=(0.08, 0.15))
    """Rate at which future margins are discounted in the value of customers."""
    search_weeks: int = parameter(20, low=0, high=104, unit="weeks", plausible=(10, 32))
    """Time that the chief's place stays empty."""
    newcomer_weeks: float = parameter(13.0, low=0, high=104, unit="weeks", plausible=(6, 26))
    """Time that a new chief needs to full effect."""
    forecast_noise: float = parameter(0.15, low=0, high=2, unit="log", plausible=(0.08, 0.3))
    """Spread of the forecast at process maturity 0."""
    overhead_share: float = parameter(0.2, low=0, high=1, unit="share of ARR", plausible=(0.1, 0.25))
    """Cost of everything else at process maturity 0."""
    head_pay_usd: float = parameter(100_000.0, low=1000, high=1e10, unit="USD a year", plausible=(80_000, 150_000))
    """What a person in success, in operations or in the support of sales costs; turns their budgets into heads."""
    support_per_rep: float = parameter(
        2.5, low=0, high=20, unit="on-target earnings per post", plausible=(1.5, 3.5), source="patterns 16, 19 and 20"
    )
    """Cost of those who support a rep: development reps, engineers, managers and account managers."""
    kept_margin: float = parameter(0.0, low=-1, high=1, unit="share of revenue", plausible=(0, 0.1))
    """Operating margin that the firm keeps; of what is beyond, levers.reinvest_share goes into marketing."""
