"""Machine code that is kept: only what this user wrote whole is run; anything else is compiled in memory, in a line."""

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from entry_point import REVORG

from revorg.simulation import compiling

SCRIPT = """
import numpy as np
from revorg.simulation.compiling import loop

@loop
def double(values):
    for place in range(len(values)):
        values[place] *= 2.0

column = np.arange(3.0)
double(column)
print(column.tolist(), sum(double.stats.cache_hits.values()))
"""
TOLD = "revorg compiles in memory, which takes a while each time: "


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a script whose loop's machine code is kept beside it, in the folder ``cache``."""
    file = tmp_path_factory.mktemp("script") / "doubling.py"
    file.write_text(SCRIPT, encoding="utf-8")
    assert doubled(file, file.parent) == ("0", "")
    return file


@pytest.fixture
def copied(script: Path, tmp_path: Path) -> Path:
    """Return a folder with a copy of that cache."""
    shutil.copytree(script.with_name("cache"), tmp_path / "cache")
    return tmp_path


def doubled(script: Path, folder: Path, **changes: str) -> tuple[str, str]:
    """Double a column in a process of its own; return how often kept code was used, and what was said on stderr."""
    surroundings = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), **changes}
    done = subprocess.run(
        [sys.executable, str(script)], env=surroundings, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[0.0, 2.0, 4.0] ")
    return done.stdout.split()[-1], done.stderr


def kept(folder: Path) -> Path:
    """Return the file that the loop's machine code is kept in."""
    (found,) = folder.glob("cache/revorg/compiled/*/doubling.double-*")
    return found


def in_tree(script: Path) -> set[Path]:
    """Return what Numba would leave beside the source."""
    return {path for folder in (compiling.SOURCE_FOLDER, script.parent) for path in folder.rglob("*.nb[ic]")}


posix = pytest.mark.skipif(os.name != "posix", reason="owners and rights are POSIX's")


@posix
def test_machine_code_is_kept_for_this_user_alone(script: Path, copied: Path) -> None:
    """The second process finds it, in a folder and a file that nobody else may write, and nowhere else."""
    assert doubled(script, copied) == ("1", "")
    file = kept(script.parent)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert not list(script.parent.rglob("*.nb[ic]"))


def emptied(file: Path) -> None:
    """Lose everything."""
    file.write_bytes(b"")


def halved(file: Path) -> None:
    """Lose the second half."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flipped(file: Path) -> None:
    """Flip one bit."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def swapped(file: Path) -> None:
    """Put another function's file in its place, whole as it is."""
    other = compiling._check(file.with_name("another"), b"code") + b"code"
    file.write_bytes(other)


class Planted:
    """Leaves a trace where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, ("trace",)


def planted(file: Path) -> None:
    """Put a pickle there that runs code."""
    file.write_bytes(pickle.dumps(Planted()))


@pytest.mark.parametrize("damage", [emptied, halved, flipped, swapped, planted])
def test_damaged_machine_code_is_compiled_anew(damage: Callable[[Path], None], script: Path, copied: Path) -> None:
    """It is said in one line, nothing of it is run, and what is there afterwards is sound."""
    sound = kept(copied).read_bytes()
    damage(kept(copied))
    assert doubled(script, copied) == ("0", f"{TOLD}{kept(copied)} is damaged\n")
    assert not (copied / "trace").exists()
    content = kept(copied).read_bytes()
    assert len(content) == len(sound)
    assert content[:32] == compiling._check(kept(copied), content[32:])


def of_another(path: Path) -> None:
    """Give it to another user."""
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(path, 12345, 12345)


def open_to_all(path: Path) -> None:
    """Let everybody write it."""
    path.chmod(0o777)


def no_file(path: Path) -> None:
    """Put something there that cannot be opened as a file."""
    path.unlink()
    path.mkdir()


@posix
@pytest.mark.parametrize("change", [of_another, open_to_all, no_file])
def test_strange_file_is_not_run(change: Callable[[Path], None], script: Path, copied: Path) -> None:
    """Whoever could write it could run code in our name."""
    change(kept(copied))
    hits, said = doubled(script, copied)
    assert hits == "0"
    assert said.startswith(f"{TOLD}{kept(copied)} ")
    assert len(said.splitlines()) == 1


@posix
@pytest.mark.parametrize("change", [of_another, open_to_all])
def test_strange_folder_is_not_used(change: Callable[[Path], None], script: Path, copied: Path) -> None:
    """Nothing is taken from it and nothing put into it, however sound the files are."""
    folder = kept(copied).parent
    change(folder)
    names = sorted(path.name for path in folder.iterdir())
    assert doubled(script, copied) == ("0", f"{TOLD}{folder} belongs to somebody else, or others may write in it\n")
    assert sorted(path.name for path in folder.iterdir()) == names


def test_no_folder_can_be_made(script: Path, tmp_path: Path) -> None:
    """Nothing is written beside the source instead, nor where the command was started."""
    before = in_tree(script)
    (tmp_path / "cache").write_text("a file")
    hits, said = doubled(script, tmp_path)
    assert hits == "0"
    assert said.startswith(TOLD)
    assert len(said.splitlines()) == 1
    assert in_tree(script) == before
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the system knows no home, some versions of platformdirs give a folder below the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compiling, "_CACHE_FOLDER", "~/.cache/revorg/compiled")
    monkeypatch.setattr(compiling, "_TOLD", [])
    assert compiling._private_folder.__wrapped__() is None
    assert capsys.readouterr().err == f"{TOLD}there is no home to keep it in\n"
    assert not list(tmp_path.iterdir())


def test_numba_is_not_asked_where(script: Path, tmp_path: Path) -> None:
    """What a user set for Numba's own cache leads nothing elsewhere."""
    before = in_tree(script)
    settings = {"NUMBA_CACHE_DIR": str(tmp_path / "numba"), "NUMBA_CACHE_LOCATOR_CLASSES": "InTreeCacheLocator"}
    doubled(script, tmp_path, **settings)
    assert kept(tmp_path).exists()
    assert not list(tmp_path.rglob("*.nb[ic]"))
    assert in_tree(script) == before


NO_HOME = """
import platformdirs

def unknown(name):
    raise RuntimeError("could not determine the home directory")

platformdirs.user_cache_dir = unknown
"""


@posix
def test_script_where_the_system_knows_no_home(script: Path, tmp_path: Path) -> None:
    """Newer versions of platformdirs raise then; nothing stops for it."""
    homeless = script.with_name("homeless.py")
    homeless.write_text(NO_HOME + SCRIPT, encoding="utf-8")
    assert doubled(homeless, tmp_path) == ("0", f"{TOLD}there is no home to keep it in\n")
    assert not list(tmp_path.iterdir())


@posix
def test_command_with_an_empty_cached_file(tmp_path: Path) -> None:
    """It gives the same numbers, and says why it took longer."""
    if not compiling.is_compiled():
        subprocess.run([*REVORG, "run", "simple-single", "--set", "market.accounts=600"], check=True)
    ours = tmp_path / "revorg" / "compiled" / compiling.SOURCE_HASH
    shutil.copytree(compiling._CACHE_FOLDER, ours)
    ours.chmod(0o700)
    said = [_short_run(tmp_path)]
    files = list(ours.glob("chance.fill_uniform-*"))  # one a signature: other tests may have called it with their own
    for file in files:
        file.write_bytes(b"")
    said.append(_short_run(tmp_path))
    assert said[0].stdout == said[1].stdout
    assert said[0].stderr == ""
    assert said[1].stderr in [f"{TOLD}{file} is damaged\n" for file in files]


def _short_run(cache: Path) -> subprocess.CompletedProcess[str]:
    command = [*REVORG, "run", "simple-single", "--set", "market.accounts=600", "--set", "run.weeks=26", "--json"]
    surroundings = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True)
