"""The verdict of an outcome and of a claim (protocol, rule 3): pure functions of numbers."""

from collections.abc import Sequence

from scipy import stats

from revorg.experiments.analysis.precision import is_precise

# From weakest to strongest, of those that a claim without a supported outcome can get.
WEAKNESS = ("undecided", "borderline", "small", "no material difference")


def finding(effect: float, low: float, high: float, sesoi: float, target: float) -> str:
    """Describe an effect without regard to any prediction.

    Parameters
    ----------
    effect, low, high, sesoi : float
        Estimate, its 95 % interval and the smallest effect of interest, all in one unit.
    target : float
        Half-width from which on the interval counts as precise.

    Returns
    -------
    str
        The first that applies of "+" or "−" (clear of zero and at least the SESOI), "small" (clear of zero,
        inside ±SESOI), "no material difference" (inside ±SESOI with zero within), "borderline" (precise,
        but astride ±SESOI), "undecided".

    Examples
    --------
    >>> finding(1.2, 0.8, 1.6, sesoi=1, target=0.5), finding(0.1, -0.3, 0.5, sesoi=1, target=0.5)
    ('+', 'no material difference')
    """
    clear = low > 0 or high < 0
    inside = -sesoi <= low and high <= sesoi
    if clear and abs(effect) >= sesoi:
        return "+" if effect > 0 else "−"
    if inside:
        return "small" if clear else "no material difference"
    return "borderline" if is_precise(low, high, target) else "undecided"


def judge(effect: float, low: float, high: float, sesoi: float, target: float, predicts: str) -> str:
    """Return the verdict of one outcome.

    Parameters
    ----------
    effect, low, high, sesoi, target : float
        As in :func:`finding`.
    predicts : {"+", "−", "0", "not +", "±"}
        What the claim says.

    Returns
    -------
    str
        "supported", "contradicted", "small", "no material difference", "borderline", "undecided"; for a
        two-sided "±" a clear sign is "answered +" or "answered −": an answer and no support.

    Examples
    --------
    >>> judge(1.2, 0.8, 1.6, sesoi=1, target=0.5, predicts="−")
    'contradicted'
    """
    found = finding(effect, low, high, sesoi, target)
    slight = found in ("small", "no material difference")
    if predicts == "0" and slight:
        return "supported"
    if predicts == "not +" and (slight or found == "−"):
        return "supported"
    if found not in ("+", "−"):
        return found
    if predicts == "±":
        return f"answered {found}"
    return "supported" if found == predicts else "contradicted"


def combine(verdicts: Sequence[str]) -> str:
    """Return the verdict of a claim from those of its outcomes.

    All supported: "supported"; some: "partly"; none but one contradicted: "contradicted"; otherwise the
    weakest. A claim whose outcomes are all two-sided and answered is "answered".

    Examples
    --------
    >>> combine(["supported", "contradicted"]), combine(["small", "borderline"])
    ('partly', 'borderline')
    """
    supported = sum(verdict == "supported" for verdict in verdicts)
    if supported:
        return "supported" if supported == len(verdicts) else "partly"
    if "contradicted" in verdicts:
        return "contradicted"
    weakest = (verdict for verdict in WEAKNESS if verdict in verdicts)
    return next(weakest, "answered")


def by_mechanism(verdict: str, tested: bool, carried: bool | None) -> str:
    """Return the verdict of a claim that names a mechanism: it is supported only if that is what carries it.

    Parameters
    ----------
    verdict : str
        From its outcomes.
    tested : bool
        Whether it was seen without the mechanism.
    carried : bool or None
        Whether half of the effect or more was gone then; None where that is unclear.

    Examples
    --------
    >>> by_mechanism("supported", True, False), by_mechanism("small", True, None)
    ('supported, by another mechanism', 'small')
    """
    if verdict != "supported" or not tested or carried:
        return verdict
    return f"{verdict}, {'unclear by which mechanism' if carried is None else 'by another mechanism'}"


def false_support_bound(half_width: float, sesoi: float, pairs: int) -> float:
    """Return the chance at most that an effect of exactly zero is called supported, of one outcome.

    To be supported an estimate has to be clear of zero and at least the SESOI on the predicted side. With t
    the 97.5 % point, n − 1 degrees of freedom and standard error = half-width / t, a true zero does that
    with P(T > max(t, SESOI / standard error)): below 1 in 10,000 at a half-width of SESOI/2 from 60 pairs
    on, 1 in 40 when the interval is far too wide. The look after every batch is not counted: it stops on the
    width, never on the sign. Nor are the outcomes that predict "0" or "not +", for which zero is support.

    Examples
    --------
    >>> false_support_bound(0.5, sesoi=1, pairs=128) < 1e-4, round(false_support_bound(9, 1, 32), 3)
    (True, 0.025)
    """
    if pairs < 2 or not half_width > 0:
        return 0.0 if half_width == 0 and sesoi > 0 else 0.025
    point = float(stats.t.ppf(0.975, pairs - 1))
    return float(stats.t.sf(max(point, sesoi * point / half_width), pairs - 1))
