"""The commands by their real entry point, as a user calls them."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from entry_point import REVORG, revorg
from typer.testing import CliRunner

from revorg.experiments import cli
from revorg.experiments.claims.claim import registry
from revorg.experiments.cli import COMMANDS
from revorg.experiments.reports.pay import pay_line
from revorg.scenarios.loading import load
from revorg.simulation.metrics import METRICS
from revorg.simulation.pay import Pay
from revorg.simulation.record import NOTED

SHORT = ["--weeks", "13", "--set", "market.accounts=1000"]


def test_help_lists_every_command() -> None:
    """In the order in which they are declared."""
    said = revorg("--help")
    assert said.returncode == 0
    starts = [line.removeprefix("│ ").split(" ")[0] for line in said.stdout.splitlines()]
    assert [start for start in starts if start in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command: str) -> None:
    """--help ends with a line to copy."""
    said = revorg(command, "--help")
    assert said.returncode == 0
    assert f"Example: revorg {command}" in said.stdout


def test_run_prints_json_and_nothing_else_twice_the_same() -> None:
    """The contract of run --json, byte for byte."""
    arguments = ["run", "complex-multi", "--seat", "cro", "--leader", "executor", *SHORT, "--seed", "3", "--json"]
    first, second = revorg(*arguments), revorg(*arguments)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    found = json.loads(first.stdout)
    assert set(found) == {"scenario", "seed", "fingerprint", "leaders", "outcomes"}
    assert found["leaders"] == {"heads": 6, "pay_usd": Pay.of(load("complex-multi")).usd, "bought_hours": 0.0}
    assert (found["scenario"], found["seed"]) == ("complex-multi", 3)
    assert list(found["outcomes"]) == list(METRICS)
    assert found["outcomes"]["growth_durability"] is None  # nothing to measure in a quarter: null, never zero
    assert found["outcomes"]["customers"] > 0


def test_run_says_what_leaders_cost() -> None:
    """Heads, pay and the hours bought or given; with nobody in the chief's place, and that this has no seat."""
    said = revorg("run", "simple-single", "--leader", "nobody", *SHORT)
    assert said.returncode == 0, said.stderr
    assert "chief nobody, seed 0, 13 weeks" in said.stdout
    neutral = load("simple-single")
    told = pay_line(Pay.of(neutral.changed({"organization.chief": "nobody"})))
    assert told.startswith("5 leaders for ")
    assert told in " ".join(said.stdout.split())
    assert pay_line(Pay.of(neutral)) in revorg("run", "simple-single", *SHORT).stdout
    refused = revorg("run", "simple-single", "--leader", "nobody", "--seat", "cro", *SHORT)
    assert refused.returncode == 2
    assert "--seat cro --leader nobody: an empty place has no seat" in refused.stderr


def test_run_prints_a_table_and_draws(tmp_path: Path) -> None:
    """Units and definitions at 100 columns, and the plot where it was asked for."""
    said = revorg("run", "simple-single", "--seat", "cso", *SHORT, "--plot", "weeks.png", folder=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "chief cso:generalist, seed 0, 13 weeks" in said.stdout
    assert max(map(len, said.stdout.splitlines())) <= 100
    lines = said.stdout.splitlines()
    headline = next(number for number, line in enumerate(lines) if line.strip() == "Headline")
    assert "arr_growth" in lines[headline + 1]
    assert (tmp_path / "weeks.png").read_bytes().startswith(b"\x89PNG")


def test_leader_alone_sits_in_the_placebo_seat() -> None:
    """Each of seat and leader has a default when the other is given."""
    assert "chief placebo:executor" in revorg("run", "simple-single", "--leader", "executor", *SHORT).stdout


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["run", "complex-mult"], ["complex-mult", "did you mean complex-multi?"]),
        (["run", "simple-single", "--leader", "executer"], ["executer", "did you mean executor?"]),
        (["run", "simple-single", "--seat", "crro"], ["crro", "did you mean cro?"]),
        (["run", "simple-single", "--set", "market.channels=0"], ["market.channels = 0 is outside 1..24"]),
        (["run", "simple-single", "--set", "market.chanels=2"], ["chanels", "did you mean"]),
        (["run", "simple-single", "--set", "market.accounts=nan"], ["market.accounts", "nan"]),
        (["run", "simple-single", "--set", "market.accounts"], ["expected path=value"]),
        (["run", "simple-single", "--weeks", "0"], ["run.weeks = 0 is outside 1.."]),
        (["run", "simple-single", "--plot", "no/such/folder/a.png"], ["there is no folder"]),
        (["run", "simple-single", "--plot", "a.jpg"], ["expected a file name ending in .png"]),
        (["run", "no/such.toml"], ["no/such.toml"]),
        (["run", "simple-single", "--seed", "-1"], ["--seed", "-1 is outside; allowed 0..2147483647"]),
        (["run", "simple-single", "--seed", "3.5"], ["--seed", "3.5 is not a whole number"]),
        (["run", "simple-single", "--weeks", "1e2"], ["--weeks", "1e2 is not a whole number"]),
        (["run", "simple-single", "--seat", "cro", "--leader", ""], ["unknown profile"]),
        (["run", "simple-single", "--leader", "executor", "--seat", ""], ["unknown seat"]),
        (["claims", "--out", ""], ["--out", "it is empty"]),
        (["sweep", "a.toml", "--out", ""], ["--out", "it is empty"]),
        (["sweep", "a.toml", "--out", "out", "--cluster", ""], ["--cluster", "it is empty"]),
        (["sweep", "/dev/null", "--out", "out"], ["says nothing"]),
        (["validate", "/dev/null"], ["says nothing"]),
        (["run", "simple-single", "--set", "market.accounts=0x" + "f" * 5000], ["thousands of digits is outside"]),
        (["claims", "seat-person-fitt"], ["seat-person-fitt", "did you mean seat-person-fit?"]),
        (["claims", "--quick", "--full"], ["exclude each other"]),
        (["claims", "--workers", "0"], ["--workers", "0 is outside; allowed 1..256"]),
        (["list", "scenario"], ["scenario", "did you mean scenarios?"]),
        (["show", "win_rat"], ["win_rat", "did you mean win_rate?"]),
        (["show", "probe_one_day"], ["probe_one_day", "did you mean probe_one_days?"]),
        (["validate", "missing.toml"], ["missing.toml"]),
        (["clams"], ["clams"]),
    ],
)
def test_bad_input_is_answered_in_a_line(arguments: list[str], messages: list[str], tmp_path: Path) -> None:
    """Exit 2, on stderr, what is wrong and the near miss; never a traceback."""
    said = revorg(*arguments, folder=tmp_path)
    assert said.returncode == 2, said.stdout + said.stderr
    assert not said.stdout
    assert "Traceback" not in said.stderr
    for message in messages:
        assert message in said.stderr


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("scenarios", "complex-multi"),
        ("profiles", "strategist"),
        ("seats", "cso_with_cro_measures"),
        ("claims", "strategist-in-cso-seat-weakens-execution"),
        ("metrics", "decision_latency"),
        ("columns", "decisions_wrong"),
        ("parameters", "customers.champion_loss_per_year"),
    ],
)
def test_what_is_listed_can_be_shown(kind: str, name: str) -> None:
    """Lists fit 100 columns; every name on them means something."""
    listed = revorg("list", kind)
    assert listed.returncode == 0, listed.stderr
    assert name in listed.stdout
    assert max(map(len, listed.stdout.splitlines())) <= 100
    shown = revorg("show", name)
    assert shown.returncode == 0, shown.stderr
    assert name in shown.stdout


def test_a_column_of_the_weekly_record_is_shown_beside_the_metric_of_its_name() -> None:
    """Unit and meaning of what a week notes; a metric with the same name is another thing, and said as well."""
    alone, both = revorg("show", "probe_one_days"), revorg("show", "decisions_settled")
    assert alone.returncode == both.returncode == 0, alone.stderr + both.stderr
    assert [line.strip().split(maxsplit=1) for line in alone.stdout.splitlines()] == [
        ["column", "probe_one_days"],
        ["unit", NOTED["probe_one_days"].unit],
        ["meaning", NOTED["probe_one_days"].meaning],
    ]
    assert both.stdout.index("metric decisions_settled") < both.stdout.index("column decisions_settled")
    for told in (METRICS["decisions_settled"].definition, NOTED["decisions_settled"].meaning):
        assert told in both.stdout


@pytest.mark.parametrize("kind", ["mechanisms", "levers", "readings", "cache"])
def test_other_lists(kind: str) -> None:
    """There may be nothing on them, and that is said."""
    said = revorg("list", kind)
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip()


KINDS = (
    "scenarios",
    "profiles",
    "seats",
    "claims",
    "metrics",
    "parameters",
    "mechanisms",
    "levers",
    "readings",
    "cache",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_is_json_too(kind: str) -> None:
    """A list of flat objects with the keys of one word, the same names as in the table, and nothing else on stdout."""
    found = json.loads(listed(kind, "--json"))
    assert found or kind == "cache"
    assert all(key.isidentifier() for entry in found for key in entry)
    assert len({tuple(entry) for entry in found}) <= 1
    flat = (str, int, float, bool, type(None), list)
    assert all(isinstance(value, flat) for entry in found for value in entry.values())
    table = listed(kind)
    assert all(next(iter(entry.values())) in table for entry in found)


def listed(*arguments: str) -> str:
    """Return what ``revorg list`` prints."""
    said = CliRunner().invoke(cli.app, ["list", *arguments], env={"COLUMNS": "100"})
    assert said.exit_code == 0, said.output
    return str(said.stdout)


def test_listed_numbers_are_numbers() -> None:
    """Ranges as bounds, skills as numbers: what another program would have to take apart otherwise."""
    parameters = {entry["parameter"]: entry for entry in json.loads(listed("parameters", "--json"))}
    known = {parameter.path: parameter for parameter in load("simple-single").parameters()}
    assert list(parameters) == list(known)
    entry, parameter = parameters["sales.ramp_weeks"], known["sales.ramp_weeks"]
    assert [entry["default"], entry["low"], entry["high"]] == [parameter.value, parameter.low, parameter.high]
    assert (entry["plausible_low"], entry["plausible_high"]) == parameter.plausible
    assert entry["description"] == parameter.description
    skills = json.loads(listed("profiles", "--json"))[0]
    assert isinstance(skills["strategy"], float)


def test_a_list_is_filtered_by_a_word() -> None:
    """In a name or a description, in whatever case, in the table as in JSON; nothing found is said."""
    said = revorg("list", "metrics", "--filter", "CHURN", "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    expected = [name for name, metric in METRICS.items() if "churn" in f"{name} {metric.definition}".lower()]
    assert [entry["metric"] for entry in found] == expected
    assert 0 < len(found) < len(METRICS)
    table = listed("metrics", "--filter", "churn")
    assert [name for name in METRICS if f"\n{name} " in table] == expected
    nothing = revorg("list", "scenarios", "--filter", "unicorn", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)) == (0, [])
    assert "No scenarios with 'unicorn' in them." in nothing.stderr


def test_validate_tells_sound_files_from_others(tmp_path: Path) -> None:
    """One line a file; one faulty file does not hide the others."""
    (tmp_path / "sound.toml").write_text('extends = "simple-single"\n[market]\nchannels = 2\n')
    (tmp_path / "faulty.toml").write_text('extends = "simple-single"\n[market]\nchanels = 2\n')
    alone = revorg("validate", "sound.toml", folder=tmp_path)
    assert (alone.returncode, alone.stdout) == (0, "sound.toml: sound (sound, chief placebo:generalist)\n")
    both = revorg("validate", "faulty.toml", "sound.toml", folder=tmp_path)
    assert both.returncode == 2
    assert "sound.toml: sound" in both.stdout
    assert "faulty.toml" in both.stderr
    assert "did you mean channels?" in both.stderr


def test_claims_writes_its_report(tmp_path: Path) -> None:
    """One claim end to end with two workers: JSON by contract, table, page and figure in the folder."""
    said = revorg(
        "claims", "cso-suits-simple-single", "--quick", "--workers", "2", "--json", "--out", "out", folder=tmp_path
    )
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert set(found) == {"fingerprint", "calibrated", "claims", "controls"}
    controls = {control["name"]: control["passed"] for control in found["controls"]}
    assert {"labels permuted", "identical people", "inert lever", "equal skill and pay"} <= set(controls)
    # Those of an earlier time count where there are any; else they are not run, and nothing says that they passed.
    repeated = {"A/A contrasts", "planted effect, amid noise"}
    assert {name for name, passed in controls.items() if not passed} <= repeated
    assert all(controls[name] in (True, None) for name in repeated)
    (claim,) = found["claims"]
    assert claim["id"] == "cso-suits-simple-single"
    assert claim["outcomes"][0]["pairs"] == 32
    assert list(claim["outcomes"][0]["by_world"]) == ["simple-single"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"verdicts.parquet", "report.html", "effects.png"}
    assert "4 arms × 32 pairs" in said.stderr


def test_registry_lists_thirteen_claims() -> None:
    """Every claim of the registry is on the list in full."""
    printed = revorg("list", "claims").stdout
    assert all(name in printed for name in registry().ids)


def test_three_thousand_written_another_way() -> None:
    """Whoever types 3e3 accounts means 3000."""
    short = ["run", "simple-single", "--weeks", "4", "--json", "--set"]
    one, other = revorg(*short, "market.accounts=3e3"), revorg(*short, "market.accounts=3000")
    assert one.returncode == 0, one.stderr
    assert one.stdout == other.stdout


def test_a_stream_without_our_characters_loses_no_sign(tmp_path: Path) -> None:
    """A minus becomes a hyphen on a stream in Latin-1, as on a redirected Windows console, never a question mark."""
    said = subprocess.run(
        [*REVORG, "show", "misfit-hurts-both-seats"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "COLUMNS": "100"},
        timeout=300,
        check=True,
    )
    printed = said.stdout.decode("latin-1")
    assert "arr_growth -" in printed
    assert "?" not in printed


def test_a_name_with_dollars_is_drawn(tmp_path: Path) -> None:
    """Names are text, no formulas."""
    (tmp_path / "mine.toml").write_text('name = "a $x_1$ and a $"\nextends = "simple-single"\n[run]\nweeks = 13\n')
    said = revorg("run", "mine.toml", "--plot", "weeks.png", "--set", "market.accounts=600", folder=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stderr.endswith("Written: weeks.png\n")


def test_warnings_name_no_library(tmp_path: Path) -> None:
    """A character that no font has is a note, without a path of somebody's library."""
    (tmp_path / "mine.toml").write_text('name = "𓂀"\nextends = "simple-single"\n[run]\nweeks = 13\n', encoding="utf-8")
    said = revorg("run", "mine.toml", "--plot", "weeks.png", "--set", "market.accounts=600", folder=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "Note: " in said.stderr
    assert "site-packages" not in said.stderr


@pytest.mark.parametrize(
    ("name", "leads_to", "message"),
    [
        ("out", "nowhere", "it is a link that leads nowhere"),
        ("out", "out", "it is a link that leads nowhere"),
        ("folder/report.html", "../thesis.html", "report.html there is a link"),
    ],
)
def test_claims_write_through_no_link(name: str, leads_to: str, message: str, tmp_path: Path) -> None:
    """Neither into what a dangling link names nor over the file that a link leads to; said before anything is run."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "thesis.html").write_text("years of work")
    (tmp_path / name).symlink_to(leads_to)
    said = revorg("claims", "--quick", "--out", name.split("/")[0], folder=tmp_path)
    assert said.returncode == 2, said.stderr
    assert message in said.stderr
    assert (tmp_path / "thesis.html").read_text() == "years of work"
