"""How many pairs an outcome needs (protocol, rule 2). It looks at widths, never at signs."""

from dataclasses import dataclass
from math import ceil

from revorg.experiments.analysis.contrasts import Effect

BATCH = 32


@dataclass(frozen=True)
class Precision:
    """When to stop adding pairs.

    Attributes
    ----------
    share : float
        The half-width to reach, as a share of the smallest effect of interest.
    most_pairs : int
        Where to stop in any case.
    """

    share: float = 1 / 2
    most_pairs: int = 512

    def target(self, sesoi: float) -> float:
        """Return the half-width to reach, in the metric's unit."""
        return self.share * sesoi


QUICK = Precision(most_pairs=BATCH)
STANDARD = Precision()
FULL = Precision(share=1 / 4)


def pairs_needed(effect: Effect, target: float) -> int | None:
    """Return how many pairs bring the half-width to the target, in whole batches; None when nothing can.

    The half-width falls with the root of the number of pairs.

    Examples
    --------
    >>> pairs_needed(Effect(0.0, -2.0, 2.0, pairs=32), target=1.0)
    128
    """
    if is_precise(effect.low, effect.high, target):
        return effect.pairs
    if not effect.half_width > 0 or target <= 0:
        return None
    return BATCH * ceil(effect.pairs * (effect.half_width / target) ** 2 / BATCH)


def is_precise(low: float, high: float, target: float) -> bool:
    """Say whether the interval's half-width reaches the target.

    >>> is_precise(-0.5, 0.5, 0.5), is_precise(float("nan"), float("nan"), 0.5)
    (True, False)
    """
    return (high - low) / 2 <= target
