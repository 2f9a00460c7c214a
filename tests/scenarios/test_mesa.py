"""The model in the hands of Mesa's own tools, by the names under which users import it."""

from pathlib import Path
from typing import Any

import mesa
import pandas as pd
import pytest
from small_worlds import differences

from revorg import BadInput, Customer, Deal, Executive, RevenueOrganization, SalesRep, load
from revorg.simulation import model as simulated

WEEKS = 5
FIRM = f'extends = "simple-single"\n[market]\naccounts = 600\n[run]\nweeks = {WEEKS}\nwarm_up_weeks = 26\n'


@pytest.fixture
def firm(tmp_path: Path) -> str:
    """Return the path of a small firm's file."""
    file = tmp_path / "firm.toml"
    file.write_text(FIRM, encoding="utf-8")
    return str(file)


def batch(parameters: dict[str, Any], iterations: int = 1) -> pd.DataFrame:
    """Return what Mesa's batches report of the last week, one row a run."""
    return pd.DataFrame(
        mesa.batch_run(RevenueOrganization, parameters, 1, iterations, display_progress=False, max_steps=100)
    )


# Seeds


def test_iterations_of_a_batch_are_different_runs_that_can_be_repeated(firm: str) -> None:
    """Mesa hands on no seed: each run draws one, and says which, so that it can be had again bit for bit."""
    rows = batch({"scenario": firm}, iterations=3)
    assert rows["seed"].nunique() == rows["arr"].nunique() == len(rows) == 3
    again = RevenueOrganization(firm, seed=int(rows["seed"][1])).run()
    assert again.weekly["arr"].iloc[-1] == rows["arr"][1]


def test_a_seed_that_is_given_is_kept(firm: str) -> None:
    """Seeds of a batch's parameters are those of its runs, and the same seed is the same run."""
    rows = batch({"scenario": firm, "seed": [3, 4]}, iterations=2).sort_values("seed")
    assert rows["seed"].tolist() == [3, 3, 4, 4]
    assert rows.groupby("seed")["arr"].nunique().tolist() == [1, 1]
    assert RevenueOrganization(firm, seed=0).seed == 0


def test_no_seed_draws_one() -> None:
    """Two models without a seed are two firms, also below the public name; a twin keeps the seed."""
    scenario = load("simple-single").changed({"market.accounts": 600, "run.warm_up_weeks": 4})
    one, other = simulated.RevenueOrganization(scenario), RevenueOrganization(scenario)
    assert one.seed != other.seed
    assert differences(one, other)
    assert not differences(one, RevenueOrganization(scenario, seed=one.seed))
    assert one.fork().seed == one.seed


# Scenarios by name


def test_a_name_will_do_where_a_scenario_will(firm: str) -> None:
    """A name, a path and a scenario make the same firm, in the constructor, in a fork and when a design takes over."""
    by_path, scenario = RevenueOrganization(firm, seed=1), load(firm)
    assert not differences(by_path, RevenueOrganization(scenario, seed=1))
    assert by_path.scenario == scenario == load(scenario)
    assert RevenueOrganization("simple-single", seed=1).scenario == load("simple-single")
    assert by_path.fork(firm).scenario == by_path.fork(Path(firm)).scenario == scenario
    by_path.take_over(firm)
    assert isinstance(by_path.fork(), RevenueOrganization)


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    """As everywhere else."""
    with pytest.raises(BadInput, match="did you mean simple-single"):
        RevenueOrganization("simple-singel")


# Agents as Mesa collects them


class Followed(RevenueOrganization):
    """A firm whose customers, deals, reps and leaders somebody follows."""

    def __init__(self, scenario: str, seed: int) -> None:
        super().__init__(scenario, seed)
        self.datacollector = mesa.DataCollector(
            model_reporters={"seed": "seed"},
            agenttype_reporters={
                Customer: {"health": "health"},
                Deal: {"progress": "progress"},
                SalesRep: {"morale": "morale"},
                Executive: {"seat": "seat"},
            },
        )

    def step(self) -> None:
        """Live a week and write it down."""
        super().step()
        self.datacollector.collect(self)


def test_reporters_of_agent_types_find_the_views(firm: str) -> None:
    """Customers, deals and reps give one row each and week, as do the executives."""
    followed = Followed(firm, seed=1)
    plain, counts = RevenueOrganization(firm, seed=1), []
    for _ in range(WEEKS):
        followed.step()
        plain.step()
        counts.append([len(plain.customers), len(plain.deals), len(plain.reps), len(plain.executives)])
    frames = [
        followed.datacollector.get_agenttype_vars_dataframe(kind) for kind in (Customer, Deal, SalesRep, Executive)
    ]
    for place, frame in enumerate(frames):
        assert frame.groupby("Step").size().tolist() == [count[place] for count in counts]
        assert frame.notna().all(axis=None)
    assert frames[0].xs(WEEKS, level="Step")["health"].tolist() == plain.customers.get("health")
    assert not differences(followed, plain)
    assert len(followed.agents) == len(plain.agents) == len(plain.organization.names)


def test_the_weekly_record_refuses_what_it_does_not_keep(firm: str) -> None:
    """An error that says how to, and no empty frame."""
    with pytest.raises(BadInput, match=r"keeps no Customer: model\.customers\.to_frame\(\)"):
        RevenueOrganization(firm, seed=1).datacollector.get_agenttype_vars_dataframe(Customer)


# The page of Mesa


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_solara_opens_the_model(firm: str) -> None:
    """Mesa's page shows the weekly record, steps week by week and begins anew with the seed that was chosen."""
    solara = pytest.importorskip("solara", reason="the extra app is not installed")
    ipyvuetify = pytest.importorskip("ipyvuetify")
    visualization = pytest.importorskip("mesa.visualization")
    model = solara.reactive(RevenueOrganization(firm, seed=7))
    first = model.value
    page = visualization.SolaraViz(
        model,
        components=[visualization.make_plot_component("arr")],
        model_params={"scenario": firm, "seed": visualization.Slider("Seed", value=7, min=0, max=99, step=1)},
    )
    _, shown = solara.render(solara.AppLayout(children=[page]), handle_error=False)
    try:
        buttons = {str(button.children[0]): button for button in shown.find(ipyvuetify.Btn).widgets if button.children}
        buttons["Step"].click()
        buttons["Step"].click()
        assert (first.week, len(first.weekly)) == (2, 2)
        seed = next(slider for slider in shown.find(ipyvuetify.Slider).widgets if slider.label == "Seed")
        seed.v_model = 8
        buttons["Reset"].click()
        assert model.value is not first
        assert (model.value.seed, model.value.week) == (8, 0)
    finally:
        shown.close()
