"""What leaders cost, in words."""

from collections.abc import Iterable, Iterator

from revorg.simulation.pay import Pay
from revorg.simulation.scenario import Scenario


def pay_line(pay: Pay) -> str:
    """Say what the leaders of a design cost, and what became of the difference to the warm-up.

    >>> print(pay_line(Pay(heads=5, usd=1_500_000.0, saved_usd=500_000.0, hours=200.0)))
    5 leaders for 1,500,000 USD a year; that is 500,000 USD less than in the warm-up, and buys 200 hours a week in sales
    >>> print(pay_line(Pay(heads=6, usd=2_000_000.0, saved_usd=0.0, hours=0.0)))
    6 leaders for 2,000,000 USD a year, as in the warm-up
    """
    leaders = f"{pay.heads} leaders for {pay.usd:,.0f} USD a year"
    if pay.saved_usd == 0.0:
        return f"{leaders}, as in the warm-up"
    less, buys = ("less", "buys") if pay.saved_usd > 0.0 else ("more", "takes")
    came = f"{buys} {abs(pay.hours):,.0f} hours a week {'in' if pay.saved_usd > 0.0 else 'from'} sales"
    return f"{leaders}; that is {abs(pay.saved_usd):,.0f} USD {less} than in the warm-up, and {came}"


def unequal_pay(arms: Iterable[tuple[str, Scenario]]) -> Iterator[str]:
    """Yield a line for each arm, given its name, whose leaders do not cost what those of the warm-up do."""
    for name, scenario in arms:
        pay = Pay.of(scenario)
        if pay.saved_usd != 0.0:
            yield f"{name}: {pay_line(pay)}"
