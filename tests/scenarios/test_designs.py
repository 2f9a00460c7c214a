"""One kind of design, as text or as a table: what it sets, and how it is told from another."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_worlds import small

from revorg.experiments.runs.pairs import Task
from revorg.scenarios.designs import Design
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput
from revorg.simulation.organization import HEADS

TABLE: dict[str, Any] = {
    "name": "two heads", "chief": "cro:strategist", "lines": ["marketing", "sales"],
    "heads": {"sales": "executor", "success": "head_of_success:advocate"},
    "levers": {"expansion": True}, "set": {"sales.ramp_weeks": 10},
}  # fmt: skip


def test_a_table_reaches_lines_heads_levers_and_paths() -> None:
    """All of it in one scenario."""
    design = Design(**TABLE)
    scenario = design.apply(small())
    assert design.settings == {
        "organization.chief": {"seat": "cro", "holder": "strategist"},
        "seats.cro.leads": ["marketing", "sales"],
        "organization.head_of_sales.holder": "executor",
        "organization.head_of_success": {"seat": "head_of_success", "holder": "advocate"},
        "levers.expansion": True, "sales.ramp_weeks": 10,
    }  # fmt: skip
    assert scenario == small().changed(design.settings)
    assert (scenario.seats["cro"].leads, scenario.levers.expansion) == (("marketing", "sales"), True)


@pytest.mark.parametrize("text", ["cro:strategist", "nobody", json.dumps(TABLE), '{"name": "cro:x", "chief": "cro:y"}'])
def test_the_text_of_a_design_says_all_of_it(text: str) -> None:
    """What was parsed from it is equal, hashes alike and has the same text; spaces in a table do not count."""
    design = Design.parse(text)
    again = Design.parse(str(design))
    assert (again, hash(again), str(again)) == (design, hash(design), str(design))
    assert Design.parse(str(design).replace(": ", " : ") if text[0] == "{" else text) == design


def test_designs_sort_by_their_texts_and_differ_by_what_they_set() -> None:
    """As their texts did; equal names do not make equal designs."""
    texts = ["nobody", "cso:executor", "cro:strategist"]
    assert [str(design) for design in sorted(map(Design.parse, texts))] == sorted(texts)
    plain, other = (Design(name="a", chief=chief) for chief in ("cro:executor", "cso:executor"))
    assert plain != other
    assert len({plain, other, Design(name="a", chief="cso:executor")}) == 2


def test_seat_and_holder_of_the_chiefs_place() -> None:
    """Empty where the design says nothing of it, or leaves it to nobody."""
    designs = (Design.parse("cro:strategist"), Design.parse("nobody"), Design(name="as it is", levers={}))
    assert [(design.seat, design.holder) for design in designs] == [("cro", "strategist"), ("", ""), ("", "")]
    assert designs[2].apply(small()) == small()
    assert designs[1].apply(small()).chief == "nobody"


def test_tasks_run_designs_of_every_kind() -> None:
    """Claims pass designs on as texts."""
    design = Design(**TABLE)
    task = Task("simple-single", 1, (str(design), "nobody"), ("0-208",), '{"readings.exits": "random"}')
    assert task.settings_of(str(design)) == {"readings.exits": "random", **design.settings}
    assert json.loads(task.unit.arms[0].settings) == json.loads(json.dumps(design.settings))
    assert json.loads(task.unit.arms[1].settings) == {"organization.chief": "nobody"}


def test_a_file_leaves_a_place_to_nobody_and_another_fills_it(tmp_path: Path) -> None:
    """Where one extends the other; the heads have to be there, and a place that is none cannot be left."""
    (tmp_path / "lean.toml").write_text('extends = "simple-single"\norganization.chief = "nobody"\n')
    (tmp_path / "led.toml").write_text(
        'extends = "lean.toml"\norganization.chief = { seat = "cro", holder = "advocate" }\n'
    )
    lean, led = (load(tmp_path / name) for name in ("lean.toml", "led.toml"))
    assert (lean.chief, led.chief) == ("nobody", "cro:advocate")
    assert lean.organization.places == ("top", *HEADS)
    with pytest.raises(BadInput, match="head_of_sales: missing; sales needs a head"):
        lean.changed({"organization.head_of_sales": "nobody"})
    with pytest.raises(BadInput, match="cheif"):
        lean.changed({"organization.cheif": "nobody"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cro", 'design "cro": expected seat:holder, for example cro:strategist, or nobody'),
        ("a:b:c", 'design "a:b:c": expected seat:holder'),
        ("[1]", "design "),
        ("[" * 100_000, "expected seat:holder"),
        ('{"name": "x", "leavers": {}}', r"leavers.*unknown.*did you mean levers"),
        ('{"name": "x", "chief": "cro"}', "chief.*is not seat:holder"),
        ('{"name": "x", "chief": "nobody", "lines": ["sales"]}', "design x: lines need a chief"),
        ('{"name": "x", "heads": {"seles": "executor"}}', "heads.seles: unknown.*did you mean sales"),
    ],
)
def test_what_is_no_design_is_told(text: str, told: str) -> None:
    """With what is expected, and the nearest known name."""
    with pytest.raises(BadInput, match=told):
        Design.parse(text)
