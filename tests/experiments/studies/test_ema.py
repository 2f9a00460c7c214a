"""Results in the hands of the EMA Workbench: its frame, its arrays, and what its own tools find in them."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from revorg.experiments.studies.results import table_of, to_ema
from revorg.experiments.studies.study import Study
from revorg.experiments.studies.sweeps import sweep

EMA = ("cart", "prim", "feature_scoring")
SMALL: dict[str, Any] = {"market.accounts": 600, "run.weeks": 26, "run.warm_up_weeks": 13}
DESIGNS = ("cro:strategist", "cso:executor")


def small(**given: Any) -> Study:
    """Return a study of short runs."""
    return Study(**{"scenarios": ["simple-single"], "designs": DESIGNS, "set": SMALL, **given})


GRID = small(
    scenarios=["simple-single", "complex-multi"],
    seeds=3,
    uncertainties={"customers.champion_loss_per_year": [0.1, 0.4], "customers.term_weeks": [26, 52]},
    levers={"levers.expansion": [True, False]},
    outcomes=["arr_growth", "win_rate", "growth_durability"],
    weekly=["arr"],
)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a full grid."""
    out = tmp_path_factory.mktemp("grid") / "out"
    sweep(GRID, out, workers=1)
    return out


def test_ema_shape(grid: Path) -> None:
    """Experiments frame and outcomes arrays, row by row the same runs."""
    experiments, outcomes = to_ema(grid)
    table = table_of(grid)
    assert set(experiments.columns) == {"world", "design", "scenario", "policy", "model", *GRID.varied}
    assert experiments["policy"].nunique() == 4
    assert experiments["policy"].iloc[0] == "cro:strategist, levers.expansion=False"
    names = table[["scenario", "design"]].astype("category")
    pd.testing.assert_frame_equal(experiments[["world", "design"]], names.set_axis(["world", "design"], axis=1))
    kinds = experiments.dtypes.astype(str)
    assert set(kinds[kinds == "category"].index) == {"world", "design", "levers.expansion", "policy", "model"}
    assert experiments["scenario"].nunique() == 8
    assert outcomes["arr_growth"].shape == (len(experiments),)
    assert np.array_equal(outcomes["arr_growth"], table["arr_growth"])
    assert outcomes["weekly.arr"].shape == (len(experiments), SMALL["run.weeks"])


def test_ema_rows_can_be_means_over_seeds(grid: Path) -> None:
    """One row a point and policy, in the same order; nothing to measure in every seed stays nothing."""
    experiments, outcomes = to_ema(grid, average=True)
    table = table_of(grid)
    means = table.groupby(["scenario", "design", *GRID.varied], sort=False)["arr_growth"].mean()
    assert len(experiments) == len(table) / 3
    assert outcomes["arr_growth"] == pytest.approx(means.to_numpy())
    places = experiments.rename(columns={"scenario": "number", "world": "scenario"})[means.index.names]
    assert places.astype(object).to_numpy().tolist() == [list(place) for place in means.index]
    assert np.isnan(outcomes["growth_durability"]).all()
    every = to_ema(grid).outcomes["weekly.arr"]
    assert outcomes["weekly.arr"] == pytest.approx(every.reshape(-1, 3, every.shape[1]).mean(axis=1))


@pytest.fixture(scope="module")
def cost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which overhead is a cost for sure, and nothing else that varies is near it."""
    out = tmp_path_factory.mktemp("cost") / "out"
    study = small(
        scenarios=["simple-single", "complex-multi"],
        uncertainties={
            "finance.overhead_share": {"low": 0.1, "high": 0.6},
            "customers.champion_loss_per_year": {"low": 0.1, "high": 0.2},
        },
        levers={"levers.expansion": [True, False]},
        sampling={"method": "latin hypercube", "points": 16},
        set={**SMALL, "market.accounts": 6000, "finance.leader_pay_usd": 0.0},  # else luck outweighs it
        seeds=2,
        outcomes=["operating_margin"],
    )
    sweep(study, out, workers=1)
    return out


PLANTED = "finance.overhead_share"


def splits_of(tree: Any) -> list[int]:
    """Return the places of the features on which a tree splits, the root's first."""
    return [place for place in tree.clf.tree_.feature.tolist() if place >= 0]


@pytest.mark.parametrize("average", [True, False])
def test_ema_workbench_finds_a_planted_cost(cost: Path, average: bool) -> None:
    """Its own PRIM, CART and feature scoring take what `to_ema` gives, and name the parameter that costs margin."""
    cart, prim, scoring = (importlib.import_module(f"ema_workbench.analysis.{name}") for name in EMA)
    experiments, outcomes = to_ema(cost, average=average)
    one_world = (experiments["world"] == "simple-single").to_numpy()
    experiments, margin = experiments[one_world], outcomes["operating_margin"][one_world]
    high = margin > np.quantile(margin, 0.7)
    box = prim.Prim(experiments, high, threshold=0.8).find_box()
    assert box.box_lims[-1][PLANTED].tolist()[1] < 0.35
    tree = cart.CART(experiments, high, mass_min=0.05)
    tree.build_tree()
    assert tree.feature_names[splits_of(tree)[0]] == PLANTED
    scores = scoring.get_feature_scores_all(experiments, {"operating_margin": margin}, random_state=1)
    assert scores["operating_margin"].idxmax() == PLANTED
    assert not {"seed", "run"} & set(scores.index)


def test_ema_workbench_finds_a_planted_name(cost: Path) -> None:
    """Worlds, designs and levers are categories to it: a box and a tree say their names."""
    cart, prim, _ = (importlib.import_module(f"ema_workbench.analysis.{name}") for name in EMA)
    experiments, _ = to_ema(cost)
    told = experiments.drop(columns=["policy"])
    planted = ((told["world"] == "complex-multi") & (told["design"] == "cso:executor")).to_numpy()
    limits = prim.Prim(told, planted, threshold=0.9).find_box().box_lims[-1]
    assert limits["world"].tolist() == [{"complex-multi"}] * 2
    assert limits["design"].tolist() == [{"cso:executor"}] * 2
    tree = cart.CART(told, planted)
    tree.build_tree()
    assert {tree.feature_names[place].split(tree.sep)[0] for place in splits_of(tree)} == {"world", "design"}
