"""What users write: studies, claims, scenarios and matrices that once ended in a traceback, a hang or silence."""

import re
from pathlib import Path

import fuzz
import pandas as pd
import pytest
from entry_point import revorg

from revorg.experiments.claims.claim import read_registry
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.points import points_hash
from revorg.experiments.studies.study import Study, read_study
from revorg.scenarios.loading import load
from revorg.simulation.errors import BadInput

CORPUS = Path(fuzz.__file__).with_name("fuzz")
KINDS = {corpus.kind: corpus for corpus in fuzz.corpora()}
MANY = 20_000
HUGE = "0x" + "f" * 5000
WORLD = 'scenarios = ["simple-single"]\n'
REGISTRY = KINDS["claims"].texts[0]


def answer(kind: str, text: str | bytes, folder: Path) -> str:
    """Return what the reader of a kind of file says of a text, in time; empty when it is sound."""
    path = folder / f"mine.{KINDS[kind].ending}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with fuzz.within(60):
        try:
            KINDS[kind].read(path)
        except BadInput as fault:
            return str(fault)
    return ""


def listed(form: str, count: int = MANY) -> str:
    """Write a form with every number below a count."""
    return ", ".join(form.format(n) for n in range(count))


STUDIES = [
    ("self = 1\n" + WORLD, ["self: unknown"]),
    (WORLD + "seeds = " + "9" * 5000, ["a number in it has thousands of digits"]),
    (WORLD + "seeds = " + HUGE, ["seeds = a number of thousands of digits is neither a number of seeds"]),
    (WORLD + f'[uncertainties]\n"customers.term_weeks" = [{HUGE}]', ["a number of thousands of digits is outside"]),
    (WORLD + "seeds = [-1]", ["seeds = [-1] is no list of seeds: -1 is not a whole number in 0..2147483647"]),
    (WORLD + "seeds = []", ["seeds = [] is an empty list: a study needs at least one seed"]),
    (WORLD + 'weekly = "yes"', ['weekly = "yes" is neither true, false nor a list of columns']),
    (WORLD + "weekly = [1]", ["weekly = [1] is neither true, false nor a list of columns"]),
    (WORLD + '[[designs]]\nname = "a"\nheads = { sales = "a:" }', ['heads.sales = "a:" is neither a profile']),
    (WORLD + '[levers]\n"levers.expansion" = [{ a = 1 }, { a = 2 }]', ["does not list single values"]),
    (WORLD + "[uncertainties]\ncustomers.term_weeks = [26]", ['customers: quote the path, "customers.term_weeks" = …']),
    (WORLD + "[set]\nmarket.accounts = 600", ['[set] market: quote the path, "market.accounts" = …']),
    (WORLD + "[[points]]\nmarket.accounts = 600", ['market: quote the path, "market.accounts" = …']),
    (WORLD + '[levers]\n"sales.ramp_weeks" = { low = 5.0, hgh = 6.0 }', ["hgh: unknown; did you mean high?"]),
    ("", ["says nothing; it is no study"]),
    ("# later\n", ["says nothing; it is no study"]),
    (WORLD.encode("utf-16"), ["not UTF-8"]),
    (WORLD + '[[designs]]\nname = "\\u001b[31m"\nchief = "cro:executor"', ["control characters are in"]),
]


@pytest.mark.parametrize(("text", "messages"), STUDIES, ids=lambda value: repr(value)[:60])
def test_a_bad_study_is_answered(text: str | bytes, messages: list[str], tmp_path: Path) -> None:
    """What is wrong, in a line, in no time."""
    said = answer("study", text, tmp_path)
    for message in messages:
        assert message in said


MANY_FAULTS = [
    ("study", WORLD + f'[uncertainties]\n"customers.term_weeks" = [{listed("1{:05}")}]', 10),
    ("study", WORLD + f'[levers]\n"levers.expansion" = [{listed(chr(34) + "x{}" + chr(34))}]', 10),
    ("study", WORLD + f'[levers]\n"organization.chief.holder" = [{listed(chr(34) + "x{}" + chr(34))}]', 10),
    ("study", WORLD + f"designs = [{listed(chr(34) + 'x{}' + chr(34))}]", 10),
    ("study", WORLD + "\n".join(f"x{n} = 1" for n in range(2 * MANY)), 10),
    ("study", WORLD + "\n".join(f'[[points]]\n"market.x{n}" = 1' for n in range(MANY)), 1),
    ("study", WORLD + "[set]\n" + "\n".join(f'"market.x{n}" = 1' for n in range(MANY)), 10),
    ("scenario", "[market]\n" + "\n".join(f"x{n} = 1" for n in range(2 * MANY)), 10),
    ("scenario", "\n".join(f"[seats.x{n}]\nlevl = 1" for n in range(MANY)), 10),
    ("claims", REGISTRY + "\n".join(f'[[claims]]\nid = "x{n}"' for n in range(5000)), 10),
    ("matrix", "customers.term_weeks\n" + "\n".join(str(1000 + n) for n in range(MANY)), 10),
    ("matrix", "levers.expansion\n" + "\n".join(f"x{n}" for n in range(MANY)), 10),
]


@pytest.mark.parametrize(("kind", "text", "told"), MANY_FAULTS, ids=range(len(MANY_FAULTS)))
def test_ten_faults_are_told_and_the_others_counted(kind: str, text: str, told: int, tmp_path: Path) -> None:
    """Nobody reads 20,000 lines, and nobody waits for them."""
    lines = answer(kind, text, tmp_path).splitlines()
    assert len(lines) == told + (told > 1)
    assert told == 1 or re.search(r"… and [\d,]+ more$", lines[-1])


def test_too_many_points_are_refused_before_they_are_built(tmp_path: Path) -> None:
    """Five lists of thirty values are 24 million points; so are ranges and rows multiplied."""
    paths = ("customers.term_weeks", "sales.ramp_weeks", "market.accounts", "run.weeks", "finance.hiring_weeks")
    lists = "\n".join(f'"{path}" = [{", ".join(str(1000 + n) for n in range(30))}]' for path in paths)
    assert "24,300,000 points" in answer("study", f"{WORLD}[uncertainties]\n{lists}", tmp_path)
    drawn = '"strategy.review_hours" = "plausible"\n[sampling]\nmethod = "sobol"\npoints = 1000000'
    assert "3,000,000 points" in answer("study", f"{WORLD}[uncertainties]\n{drawn}", tmp_path)


CLAIMS = [
    ("claims = 1", ["[claims] = 1"]),
    ('claims = ["~"]', ['[claims.0] = "~"']),
    (REGISTRY.encode("utf-16"), ["not UTF-8"]),
    (REGISTRY.replace('"1/4"', '"1/0"', 1), ['cro:strategist] = "1/0": a weight is a number in −1000..1000']),
    (REGISTRY.replace('"1/4"', '"1e20000000"', 1), ['= "1e20000000": a weight is']),
    (REGISTRY.replace('"1/4"', "inf", 1), ["= inf: a weight is"]),
    (REGISTRY.replace('"1/4"', HUGE, 1), ["a number of thousands of digits: a weight is"]),
    (REGISTRY.replace("sesoi = 0.01", "sesoi = true", 1), ["sesoi] = true"]),
    (REGISTRY.replace("sesoi = 0.01", "sesoi = 0.01\nwindow = 3", 1), ["window] = 3: a window is"]),
    (REGISTRY.replace("sesoi = 0.01", "sesoi = 0.01\nworlds = []", 1), ["worlds] = []"]),
    (REGISTRY.replace('metric = "arr_growth"', 'metric = "arr_grwth"', 1), ["did you mean arr_growth?"]),
    (re.sub(r"worlds = \[[^]]*\]", "worlds = []", REGISTRY, count=1), ["[factorial.worlds] = []: it is empty"]),
]


@pytest.mark.parametrize(("text", "messages"), CLAIMS, ids=lambda value: repr(value)[-60:])
def test_a_bad_file_of_claims_is_answered(text: str | bytes, messages: list[str], tmp_path: Path) -> None:
    """File, place and value."""
    said = answer("claims", text, tmp_path)
    assert said.startswith("mine.toml")
    for message in messages:
        assert message in said


@pytest.mark.parametrize("order", [range(3000), range(2999, -1, -1)], ids=["down", "up"])
def test_thousands_of_profiles_extend_one_another(order: range, tmp_path: Path) -> None:
    """However long the chain, and in whichever order its links stand."""
    links = [f'[profiles.p{n}]\nextends = "p{n + 1}"' for n in order]
    path = tmp_path / "chain.toml"
    path.write_text("\n".join([*links, "[profiles.p3000]\nstrategy = 0.31"]))
    assert load(path).profiles["p0"].strategy == 0.31
    path.write_text("\n".join([*links, '[profiles.p3000]\nextends = "p0"']))
    with pytest.raises(BadInput, match=r"extends in a circle: p\d+ → .* → … → .* → p\d+"):
        load(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "\\u001b[31mred"', r'name = "\x1b[31mred" does not pass: control characters'),
        ('[profiles."\\u001b[31m"]\nstrategy = 0.5', r'control characters are in "\x1b[31m"'),
        ('[market]\n"\\u001b[31m" = 0.5', r'does not pass: control characters are in "\x1b[31m"'),
        ("market." + "a." * 100_000 + "b = 1", "nested too deeply"),
        ("", "says nothing; it is no scenario file"),
    ],
    ids=range(5),
)
def test_a_bad_scenario_is_answered(text: str, message: str, tmp_path: Path) -> None:
    """No name steers the terminal."""
    assert message in answer("scenario", text, tmp_path)


MATRICES = [
    ("sales.ramp_weeks,customers.term_weeks\n10,26\n11,many\n12,52\n", ['row 2, column customers.term_weeks: "many"']),
    ("sales.ramp_weeks,levers.expansion\n10,true\n11,perhaps\n12,false\n", ["row 2, column levers.expansion: "]),
    ("sales.ramp_weeks;customers.term_weeks\n10;26\n", ["separated by semicolons", "commas"]),
    ("sales.ramp_weeks\tcustomers.term_weeks\n10\t26\n", ["separated by tabs", "commas"]),
    ('sales.ramp_weeks\n"10,5"\n', ['row 1, column sales.ramp_weeks: "10,5" has a comma where a number has a point']),
    ("sales.ramp_weeks\n10\n10,5\n", ["row 2: 2 cells, and there are 1 columns"]),
    ("sales.ramp_weeks,sales.ramp_weeks\n10,11\n", ["column sales.ramp_weeks stands there twice"]),
]


@pytest.mark.parametrize(("text", "messages"), MATRICES, ids=range(len(MATRICES)))
def test_a_bad_cell_is_named_alone(text: str, messages: list[str], tmp_path: Path) -> None:
    """One bad cell does not make its whole column text; separators and commas get a sentence."""
    said = answer("matrix", text, tmp_path)
    assert len(said.splitlines()) == 1
    for message in messages:
        assert message in said


def test_corpus_of_what_was_found(tmp_path: Path) -> None:
    """Every file that once broke the contract is read or refused, and so are a hundred new ones."""
    found = sorted(CORPUS.iterdir())
    assert found
    for file in found:
        corpus = KINDS[file.name.split("-")[0]]
        copied = tmp_path / file.stem / file.name
        copied.parent.mkdir()
        copied.write_bytes(file.read_bytes())
        assert fuzz.verdict(corpus, copied) in ("read", "refused"), file.name
    tally = fuzz.fuzz(100, seed=4, commands=0, kept=tmp_path / "kept")
    assert not [said for said in tally if "BREACH" in said]
    assert len(tally) >= 6  # each kind is refused, and some are read


def test_what_is_mutated_is_sound(tmp_path: Path) -> None:
    """Mutations start from files that are read: else every one would be refused."""
    sound = [(corpus.kind, text) for corpus in KINDS.values() for text in corpus.texts]
    for number, (kind, text) in enumerate(sound):
        (tmp_path / f"{number}").mkdir()
        assert answer(kind, text, tmp_path / f"{number}") == ""


def test_fingerprint_depends_on_every_value_and_on_its_type() -> None:
    """Points are told apart by path, value, type and order; nothing varying is no fault."""
    frames = [
        pd.DataFrame({"a.b": [1, 2]}), pd.DataFrame({"a.b": [2, 1]}), pd.DataFrame({"a.b": [1.0, 2.0]}),
        pd.DataFrame({"a.c": [1, 2]}), pd.DataFrame({"a.b": [1]}), pd.DataFrame({"a.b": ["1", "2"]}),
        pd.DataFrame({"a.b": [1, 2], "a.c": [1, 2]}), pd.DataFrame(index=[0]),
    ]  # fmt: skip
    assert len({points_hash(frame) for frame in frames}) == len(frames)
    assert points_hash(frames[0]).hex() == points_hash(frames[0].copy()).hex()
    assert len(Plan.of(Study(scenarios=["simple-single"])).fingerprint) == 16


def test_sweep_says_how_many_points_it_makes(tmp_path: Path) -> None:
    """Before it starts; a number that is no power of two is said in our words, not in a library's."""
    (tmp_path / "study.toml").write_text(
        f'{WORLD}[set]\n"market.accounts" = 600\n"run.weeks" = 13\n'
        '[uncertainties]\n"strategy.review_hours" = "plausible"\n'
        '[sampling]\nmethod = "sobol"\npoints = 3\n'
    )
    said = revorg("sweep", "study.toml", "--out", "out", folder=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "sobol: 3 base points × (1 ranges + 2) = 9 points; 3 is no power of 2, take 2 or 4" in said.stderr
    assert "Warning" not in said.stderr
    assert "site-packages" not in said.stderr


def test_registry_of_two_claims_with_one_name(tmp_path: Path) -> None:
    """Ten names are told, the others counted."""
    (tmp_path / "a.toml").write_text(REGISTRY)
    (tmp_path / "b.toml").write_text(REGISTRY)
    with pytest.raises(BadInput, match="more than one claim is called") as told:
        read_registry(tmp_path)
    assert len(str(told.value).splitlines()) == 11


def test_study_of_a_device(tmp_path: Path) -> None:
    """An empty file by another name."""
    with pytest.raises(BadInput, match="/dev/null: says nothing"):
        read_study("/dev/null")
