"""Scenario files: the worlds, seats and persons that come with the package, and files of one's own."""

from pathlib import Path
from typing import Any

import pytest

from revorg.scenarios import loading
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput
from revorg.simulation.scenario import Scenario

CORE = ("simple-single", "simple-multi", "complex-single", "complex-multi")
SLACK = {"finance.target_use", "sales.capacity_limit", "market.initial_customers_share"}
"""Found for each world by its calibration, so that all have the same slack and arrive at their start at rest."""


def write(folder: Path, name: str, text: str) -> Path:
    """Write a scenario file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(scenario: str | Path) -> str:
    """Return the message with which a scenario is refused."""
    with pytest.raises(BadInput) as raised:
        load(scenario)
    return str(raised.value)


def values(scenario: Scenario) -> dict[str, Any]:
    """Return a world's parameters by path."""
    return {row.path: row.value for row in scenario.parameters()}


def differences(one: str, other: str) -> dict[str, tuple[Any, Any]]:
    """Return the parameters in which two worlds differ."""
    first, second = values(load(one)), values(load(other))
    return {path: (first[path], second[path]) for path in first if first[path] != second[path]}


# What comes with the package


def test_the_core_worlds_are_there() -> None:
    """Their names are a contract."""
    assert set(CORE) <= set(loading.names())
    assert "catalogue" not in loading.names()


@pytest.mark.parametrize("name", loading.names())
def test_every_scenario_loads_under_its_name(name: str) -> None:
    """It is described, and starts from the neutral organization."""
    scenario = load(name)
    assert scenario.name == name
    assert scenario.description
    assert scenario.neutral() == scenario


@pytest.mark.parametrize("name", CORE)
def test_core_worlds_are_plausible(name: str) -> None:
    """Every parameter has a plausible range, and sweeps over it contain the core world."""
    outside = []
    for row in load(name).parameters():
        assert row.plausible is not None, row.path
        low, high = row.plausible
        values = row.value if isinstance(row.value, tuple) else () if row.value is None else (row.value,)
        outside += [row.path for value in values if not low <= value <= high]
    assert outside == []


@pytest.mark.parametrize(("simplicity", "low", "high"), [("simple", 0.08, 0.12), ("complex", 0.32, 0.4)])
def test_channels_are_all_that_tells_multi_from_single(simplicity: str, low: float, high: float) -> None:
    """Nothing else differs but what more channels make interdependent, and what gives both worlds the same slack."""
    found = differences(f"{simplicity}-single", f"{simplicity}-multi")
    assert {path: values for path, values in found.items() if path not in SLACK} == {
        "market.channels": (1, 4),
        "market.partner_channels": (0, 2),
        "market.interdependence": (low, high),
    }


def test_complex_worlds_differ_from_simple_ones_as_designed() -> None:
    """In the fronts, the accounts, what selling takes and what gives the same slack; in nothing about leaders."""
    allowed = {
        "market": "accounts reference_customers_share segments products competitors interdependence "
        "attractiveness_sd contract_usd group_size",
        "decisions": "exceptions_per_deal_week exception_hours",
        "demand": "lead_hazard_per_week lost_return_weeks",
        "sales": "deal_hours pace_weeks ramp_weeks on_target_earnings_usd",
        "customers": "disposition_a disposition_b expansion_per_week product_potential",
        "finance": "growth_plan",
    }
    paths = SLACK | {f"{table}.{key}" for table, keys in allowed.items() for key in keys.split()}
    assert differences("simple-single", "complex-single").keys() <= paths
    assert differences("simple-multi", "complex-multi").keys() <= paths


def test_no_archetype_is_better() -> None:
    """Everyone spends the same skill, the specialists in mirrored pairs, and is as set in their ways."""
    people = loading.profiles()
    assert {name: sum(person.skills) for name, person in people.items()} == pytest.approx(dict.fromkeys(people, 2.4))
    assert {person.habit for person in people.values()} == {0.5}
    assert {name: (*person.skills, person.collaboration) for name, person in people.items()} == {
        "strategist": (0.9, 0.4, 0.55, 0.55, 0.8),
        "executor": (0.4, 0.9, 0.55, 0.55, 0.2),
        "operator": (0.55, 0.55, 0.9, 0.4, 0.5),
        "advocate": (0.55, 0.55, 0.4, 0.9, 0.8),
        "generalist": (0.6, 0.6, 0.6, 0.6, 0.5),
    }


@pytest.mark.parametrize(
    ("seat", "leads", "measures", "level", "say"),
    [
        ("ceo", ("marketing", "sales", "success", "operations"), (0.25, 0.25, 0.25, 0.25), 3, 0.5),
        ("placebo", (), (0.25, 0.25, 0.25, 0.25), 2, 0.5),
        ("cro", ("marketing", "sales", "success"), (0.5, 0.35, 0.1, 0.05), 2, 0.5),
        ("cso", ("sales",), (1, 0, 0, 0), 2, 0.5),
        ("cso_with_cro_measures", ("sales",), (0.5, 0.35, 0.1, 0.05), 2, 0.5),
        ("coo", ("success", "operations"), (0.1, 0.2, 0.2, 0.5), 2, 0.5),
        ("cco", ("success",), (0.15, 0.5, 0.3, 0.05), 2, 0.5),
        ("vp_sales", ("sales",), (1, 0, 0, 0), 1, 0),
        ("head_of_marketing", ("marketing",), (1, 0, 0, 0), 1, 0),
        ("head_of_sales", ("sales",), (1, 0, 0, 0), 1, 0),
        ("head_of_success", ("success",), (0, 0.6, 0.4, 0), 1, 0),
        ("head_of_operations", ("operations",), (0, 0, 0.3, 0.7), 1, 0),
    ],
)
def test_seats_are_as_designed(
    seat: str, leads: tuple[str, ...], measures: tuple[float, ...], level: int, say: float
) -> None:
    """A seat is its line, measures, level and say."""
    found = loading.seats()[seat]
    assert (found.leads, found.measures.weights, found.level, found.say) == (leads, measures, level, say)
    assert (found.week_hours, found.in_tray_cap) == (50, None)


@pytest.mark.parametrize("seat", ["placebo", "cro", "cso", "cso_with_cro_measures", "coo", "cco", "vp_sales"])
@pytest.mark.parametrize("profile", loading.profiles())
def test_every_seat_and_person_fits_the_chiefs_place(seat: str, profile: str) -> None:
    """Heads inside the line report to the chief, the others to the top; the tree has six places."""
    organization = load("complex-multi").with_leader(seat, profile).organization
    assert len(organization) == 6
    assert organization.span[1] == len(loading.seats()[seat].leads)
    assert organization.span.sum() == 4


# Files of one's own


def test_a_file_of_ones_own_says_only_what_is_its_own(tmp_path: Path) -> None:
    """The rest comes from what it extends."""
    path = write(
        tmp_path,
        "acme.toml",
        """
        extends = "complex-multi"
        [customers]
        term_weeks = 26
        [seats.cro]
        level = 3
        [seats.deputy]
        extends = "cro"
        leads = ["sales"]
        [profiles.founder]
        extends = "strategist"
        habit = 0.9
        [organization]
        chief = { seat = "deputy", holder = "founder" }
        head_of_sales = { holder = "executor" }
        """,
    )
    acme, base = load(path), load("complex-multi")
    assert acme == load(str(path))
    assert (acme.name, acme.description) == ("acme", "")
    assert values(acme) == values(base) | {"customers.term_weeks": 26}
    assert acme.seats["deputy"] == base.seats["cro"].model_copy(update={"leads": ("sales",), "level": 3})
    assert acme.profiles["founder"].strategy == 0.9
    assert acme.organization.holders == (
        "generalist",
        "founder",
        "generalist",
        "executor",
        "generalist",
        "generalist",
    )
    assert acme.neutral_organization == base.organization


def test_a_file_extends_a_path_beside_itself(tmp_path: Path) -> None:
    """Relative paths start at the file that says them, and nearer files win."""
    (tmp_path / "deep").mkdir()
    write(tmp_path, "base.toml", 'name = "Base"\n[market]\naccounts = 500\nproducts = 2\n')
    write(tmp_path / "deep", "middle.toml", 'extends = "../base.toml"\n[market]\nproducts = 3\nsegments = 2\n')
    top = load(write(tmp_path, "top.toml", 'extends = "deep/middle.toml"\n[market]\nsegments = 4\n'))
    assert (top.market.accounts, top.market.products, top.market.segments) == (500, 3, 4)
    assert top.name == "top"
    assert load(tmp_path / "base.toml").name == "Base"


def test_a_file_may_have_the_name_of_the_scenario_it_extends(tmp_path: Path) -> None:
    """A name and a path of the same name are two things."""
    path = write(tmp_path, "complex-multi.toml", 'extends = "complex-multi"\n[run]\nweeks = 52\n')
    assert load(path) == load("complex-multi").changed({"run.weeks": 52, "description": ""})


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf[run]\r\nweeks = 52\r\n")
    assert load(path).run.weeks == 52


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[market]\nchannels = 0", "my.toml: market.channels = 0 is outside 1..24 (channels)"),
        (
            "[market]\nchannels = true",
            "my.toml: market.channels = true is not a whole number; allowed 1..24 (channels)",
        ),
        (
            "[sales]\nattainment = nan",
            "my.toml: sales.attainment = nan is not a finite number; allowed 0.1..2 (share of quota)",
        ),
        (
            "[sales]\nattainment = 1979-05-27",
            "my.toml: sales.attainment = 1979-05-27 is not a finite number; allowed 0.1..2 (share of quota)",
        ),
        ("[customers]\nterm_weks = 52", "my.toml [customers] term_weks: unknown; did you mean term_weeks?"),
        ("[customer]\nterm_weeks = 52", "my.toml [customer]: unknown; did you mean customers?"),
        ("customers = 5", "my.toml: customers = 5 is not a table"),
        ("seats = 5", "my.toml: seats = 5 is not a table"),
        ("organization = 5", "my.toml: organization = 5 is not a table"),
        ("name = 5", "my.toml: name = 5 is not text"),
        ('extend = "simple-multi"', "my.toml [extend]: unknown; did you mean extends?"),
        ("extends = 5", "my.toml: extends = 5 is not the name or path of a scenario"),
        (
            'extends = "simple-mutli"',
            'my.toml: extends = "simple-mutli": unknown scenario "simple-mutli"; did you mean simple-multi?',
        ),
        ("[seats.new]\nlevel = 2", "my.toml [seats.new] measures: missing"),
        ('[seats.new]\nextends = "csoo"', 'my.toml [seats.new] extends = "csoo": unknown; did you mean cso?'),
        (
            '[seats.one]\nextends = "two"\n[seats.two]\nextends = "one"',
            "my.toml [seats.one] extends in a circle: one → two → one",
        ),
        (
            '[organization.chief]\nseat = "cor"\nholder = "executor"',
            'my.toml [organization] chief: unknown seat "cor"; did you mean cso?',
        ),
        (
            '[organization.chief]\nholder = "exectutor"',
            'my.toml [organization] chief: unknown profile "exectutor"; did you mean executor?',
        ),
        (
            '[organization.chief]\nreports = "ceo"',
            "my.toml [organization.chief] reports: unknown; did you mean reports_to?",
        ),
        (
            '[organization]\nchief.seat = "cro"\nbeside = { seat = "coo", holder = "operator" }',
            "my.toml [organization] cro and coo both lead success, but neither is above the other",
        ),
        (
            '[organization]\nchief.reports_to = "head_of_sales"\nhead_of_sales.reports_to = "placebo"',
            "my.toml [organization] seats report in a circle: placebo → head_of_sales → placebo",
        ),
        (
            "[seats.head_of_sales]\nleads = []",
            "my.toml [organization] nobody leads sales at head_of_sales: seat head_of_sales leads nothing",
        ),
        ("\n\na = = 2", "my.toml: not TOML: Invalid value (at line 3, column 5)"),
        ("a = " + "[" * 100_000, "my.toml: not a scenario file: nested too deeply"),
        ("a = " + "9" * 5000, "my.toml: a number in it has thousands of digits"),
    ],
    ids=lambda value: value[:40],
)
def test_a_bad_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    """The message names file, table, key, value, what is allowed and the nearest known name."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "my.toml", text)
    assert refusal("my.toml") == message


def test_the_file_at_fault_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not be the one that was asked for."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "base.toml", "[sales]\nramp_weeks = 1000\nattainment = 5\n[market]\npartner_channels = 2")
    write(tmp_path, "my.toml", 'extends = "base.toml"\n[sales]\nramp_weeks = 3')
    assert refusal("my.toml").splitlines() == [
        "base.toml: market.partner_channels = 2 is more than market.channels = 1",
        "my.toml: sales.ramp_weeks = 3 is outside 4..78 (weeks)",
        "base.toml: sales.attainment = 5 is outside 0.1..2 (share of quota)",
    ]


def test_files_in_a_circle_are_refused_with_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the paths are written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "again").symlink_to(".")
    write(tmp_path, "a.toml", 'extends = "b.toml"')
    write(tmp_path, "b.toml", 'extends = "again/a.toml"')
    assert refusal("a.toml") == "a.toml: extends in a circle: a.toml → b.toml → again/a.toml"
    write(tmp_path, "self.toml", 'extends = "self.toml"')
    assert refusal("self.toml") == "self.toml: extends in a circle: self.toml → self.toml"


def test_what_is_no_readable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, a folder, too large, or not UTF-8."""
    monkeypatch.chdir(tmp_path)
    assert refusal("none.toml") == "none.toml: cannot be read: No such file or directory"
    assert refusal(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"
    assert refusal("bad\0name.toml") == "bad\\x00name.toml: cannot be read: embedded null byte"
    write(tmp_path, "my.toml", 'extends = "none.toml"')
    assert refusal("my.toml") == (
        'my.toml: extends = "none.toml": none.toml: cannot be read: No such file or directory'
    )
    (tmp_path / "latin.toml").write_bytes(b'name = "x"\ndescription = "caf\xe9"\n')
    assert refusal("latin.toml") == "latin.toml: not UTF-8 (at line 2)"
    write(tmp_path, "large.toml", "#" * 1_000_001)
    assert refusal("large.toml") == "large.toml: over 1 MB, too large for a scenario file"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("complex-mutli", 'unknown scenario "complex-mutli"; did you mean complex-multi?'),
        ("catalogue", 'unknown scenario "catalogue"; known: '),
        ("", 'unknown scenario ""; known: '),
    ],
)
def test_an_unknown_scenario_is_refused_with_the_nearest_known(name: str, message: str) -> None:
    """The catalogue is none."""
    assert refusal(name).startswith(message)


# For editors


def test_the_schema_tells_editors_what_a_file_may_say() -> None:
    """Keys, ranges and meanings, without anything being required."""
    schema = loading.schema()
    channels = schema["$defs"]["Market"]["properties"]["channels"]
    assert (channels["minimum"], channels["maximum"], channels["unit"]) == (1, 24, "channels")
    assert channels["description"] == "Ways to the market, such as regions or kinds of sale."
    assert "extends" in schema["properties"]
    assert "extends" in schema["$defs"]["Seat"]["properties"]
    assert schema["additionalProperties"] is False
    assert not any("required" in table for table in (schema, *schema["$defs"].values()))
    assert "chief" in schema["properties"]["organization"]["propertyNames"]["enum"]
