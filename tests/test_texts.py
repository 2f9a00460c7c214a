"""The texts are true: what they tell a reader to type works, and what they name is there.

Examples are taken from the texts, on a single seed.
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

import pytest
from entry_point import revorg

from revorg import load
from revorg.experiments.claims.claim import read_registry

ROOT = Path(__file__).parents[1]
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in (".", "experiments", "scenarios", "simulation", ".github")
    for path in sorted((ROOT / folder).glob("*.md" if folder == "." else "**/*.md"))
    if path.name != "CHANGELOG.md"  # which names what there was
}
README, COMPANY, STUDIES = "README.md", "scenarios/README.md", "experiments/studies/README.md"
ELSEWHERE = "dask_jobqueue"
"""What no test has: a cluster under Slurm."""
TREE = re.compile(r"`((?:\.ci|\.github|experiments|notebooks|scenarios|simulation|tests)/[\w./*-]*)`")


def blocks(text: str, language: str) -> list[str]:
    """Return the examples of a text in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXTS[text], re.DOTALL | re.MULTILINE)


def fewer(example: str) -> str:
    """Return an example on a single seed."""
    return re.sub(r"seeds( ?= ?)\d+", r"seeds\g<1>1", example)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the reader's own files, as the texts have them."""
    (tmp_path / "my-company.toml").write_text(blocks(COMPANY, "toml")[0], encoding="utf-8")
    (tmp_path / "study.toml").write_text(fewer(blocks(STUDIES, "toml")[0]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_front_page_is_short() -> None:
    """Who reads more than this follows a link."""
    assert len(TEXTS[README].splitlines()) <= 130


@pytest.mark.parametrize("text", [README, COMPANY, STUDIES])
def test_python_runs(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every example prints something."""
    examples = [example for example in blocks(text, "python") if ELSEWHERE not in example]
    assert examples
    for example in examples:
        exec(compile(fewer(example), text, "exec"), {"__name__": "__main__"})
        assert capsys.readouterr().out


def commands() -> Iterator[str]:
    """Yield every command of ours that a text tells a reader to type."""
    for text in (README, COMPANY, STUDIES, "experiments/benchmarks/README.md"):
        for example in blocks(text, "sh"):
            yield from re.findall(r"^(?:\S.* && )?\.venv/bin/revorg (.*)$", example, re.MULTILINE)


def test_commands_run(folder: Path) -> None:
    """Those on the reader's own files are run; of the longer ones, everything named exists."""
    found = set(commands())
    assert found > {"validate my-company.toml", "run my-company.toml", "sweep study.toml --out results"}
    for command in found:
        name, *arguments = shlex.split(command)
        if {"my-company.toml", "study.toml"} & set(arguments):
            said = revorg(name, *arguments, folder=folder)
            assert said.returncode == 0, said.stderr
            continue
        shown = revorg(name, "--help").stdout
        assert all(word in shown for word in arguments if word.startswith("--"))
        assert all((ROOT / word).is_file() for word in arguments if "/" in word)


def test_claims_seats_and_profiles_can_be_added_as_told(tmp_path: Path) -> None:
    """The two examples of data are sound, beside what is there."""
    claim, catalogue = blocks("CONTRIBUTING.md", "toml")
    with as_file(files("revorg.experiments.claims") / "registry") as registry:
        shutil.copytree(registry, tmp_path / "registry")
    (tmp_path / "registry" / "added.toml").write_text(claim, encoding="utf-8")
    assert read_registry(tmp_path / "registry").claims[-1].id == "operators-save-money"
    world = tmp_path / "own.toml"
    world.write_text(f'extends = "mid"\n{catalogue}', encoding="utf-8")
    assert load(str(world)).with_leader("head_of_growth", "newcomer").chief == "head_of_growth:newcomer"


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_text_names_is_there(text: str) -> None:
    """Files of the tree, pages behind links, modules to start."""
    page = TEXTS[text]
    lost = [path for path in TREE.findall(page) if not any(ROOT.glob(path))]
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", page) if "://" not in link]
    lost += [link for link in links if link and not (ROOT / text).parent.joinpath(link).exists()]
    lost += [module for module in re.findall(r"python -m (revorg[\w.]*\w)", page) if find_spec(module) is None]
    assert not lost
