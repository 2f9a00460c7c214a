"""What reports say of leaders' pay."""

from types import SimpleNamespace
from typing import Any

from revorg.experiments.reports.claims.words import pay_lines
from revorg.experiments.reports.pay import pay_line
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.pay import Pay


def test_claims_name_each_design_of_unequal_pay_once() -> None:
    """By its name, world by world; designs that cost what the warm-up's leaders do are not mentioned."""
    staff = Design(name="staff", set={"organization.staff_1": {"seat": "cso", "holder": "executor"}})
    arms = {("simple-single", text) for text in ("cro:strategist", "nobody", "vp_sales:executor", str(staff))}
    assessment: Any = SimpleNamespace(answers=[SimpleNamespace(question=SimpleNamespace(arms=arms))] * 2)
    lines = pay_lines(assessment)
    world = load("simple-single")
    said = dict(line.split(" in simple-single: ") for line in lines)
    assert len(lines) == len(said) == 3
    assert set(said) == {"nobody", "staff", "vp_sales:executor"}
    assert said["staff"] == pay_line(Pay.of(staff.apply(world)))
    assert "less than in the warm-up, and buys" in said["nobody"]
    assert "more than in the warm-up, and takes" in said["staff"]
