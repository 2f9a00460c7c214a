"""What is known of a firm on the day its design takes over: its state, and the rates it shows."""

from revorg.simulation.parameters.ranges import ParameterTable, parameter

GIVEN = "given by whoever describes the firm"


class Start(ParameterTable):
    """The firm's state at week 0, which the warm-up is made to arrive at; what is absent is left as it comes."""

    customers_share: float | None = parameter(None, low=0, high=0.5, unit="share of accounts at home", source=GIVEN)
    """Customers, as a share of the accounts that can be reached; stands back where customers or ARR are given."""
    customers: int | None = parameter(None, low=1, high=2_500_000, unit="customers", source=GIVEN)
    """Customers."""
    arr_usd: float | None = parameter(None, low=100, high=1e12, unit="USD a year", source=GIVEN)
    """Annual recurring revenue."""
    average_deal_usd: float | None = parameter(None, low=100, high=1e8, unit="USD a year", source=GIVEN)
    """Mean first contract of customers won in the year before."""
    reps: float | None = parameter(None, low=0, high=1_000_000, unit="posts", source=GIVEN)
    """Full posts in sales."""


class Observed(ParameterTable):
    """Rates that the firm has shown, under the names of outcomes; they are shown beside what the model gives."""

    arr_growth: float | None = parameter(None, low=-1, high=10, unit="per year", source=GIVEN)
    """Growth of ARR."""
    logo_churn: float | None = parameter(None, low=0, high=1, unit="per year", source=GIVEN)
    """Customers lost."""
    gross_revenue_retention: float | None = parameter(None, low=0, high=1, unit="share a year", source=GIVEN)
    """ARR kept of customers a year ago, without what they bought since."""
    net_revenue_retention: float | None = parameter(None, low=0, high=3, unit="share a year", source=GIVEN)
    """ARR a year later of the customers a year ago."""
    win_rate: float | None = parameter(None, low=0, high=1, unit="share of deals ended", source=GIVEN)
    """Deals won."""
    sales_cycle: float | None = parameter(None, low=0, high=520, unit="weeks", source=GIVEN)
    """Mean length of deals won."""
    quota_attainment: float | None = parameter(None, low=0, high=10, unit="share of quota", source=GIVEN)
    """Bookings over quota."""
