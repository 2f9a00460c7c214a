"""Mutated copies of the project's own files: each is read, or refused with ``BadInput``, within seconds.

``python tests/fuzz.py --files 20000 --seed 1`` mutates scenarios, studies, the registry of claims and a design matrix;
what breaks the contract is printed and kept in a folder. What was once found stands in ``tests/fuzz/`` and is read in
every run of the tests.
"""

import argparse
import re
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from random import Random
from types import FrameType

from entry_point import revorg

from revorg.experiments.claims.claim import read_registry
from revorg.experiments.studies.plan import Plan
from revorg.experiments.studies.study import read_study
from revorg.scenarios.loading import load
from revorg.simulation.errors import CONTROLS, MOST_TOLD, BadInput

SECONDS = 10
"""What reading a file of at most 1 MB may take."""
VALUES = (
    "0", "-1", "1", "1e308", "-0.0", "nan", "inf", "true", "[]", "{}", '""', '"~"', '"a:"', '":"', '"1/0"', "[[]]",
    '"1e20000000"', "9" * 5000, "0x" + "f" * 5000, "1979-05-27", "07:32:00", '"\\u001b[31m"', '"$x_1$"', "[1, 1]",
    "[-1]", "{low = 1, high = 2}", "{low = 2, high = 1}", '"plausible"', '"given"', "[true, false]", '["cro", "cso"]',
    '"cro:strategist"', '"extends"', "3e3", "9223372036854775808", '"complex-multi"', "[{a = 1}]", '{seat = "cro"}',
)  # fmt: skip
NAMES = ("self", "extends", "low", "high", "seat", "name", "market", "a.b", '"a.b.c"', '""', "levers", "set", "sesoi")


@dataclass(frozen=True)
class Corpus:
    """Files of one kind: how they are called, what they say, and what reads them."""

    kind: str
    ending: str
    texts: tuple[str, ...]
    read: Callable[[Path], object]


def plan_of(path: Path) -> None:
    """Read a study and plan it, as a sweep does before it runs anything."""
    plan = Plan.of(read_study(path))
    assert plan.fingerprint
    assert next(iter(plan.units()))


def registry_of(path: Path) -> None:
    """Read a file of claims among no others, and write its contrasts out."""
    registry = read_registry(path.parent)
    for claim in registry.claims:
        for outcome in claim.outcomes:
            assert outcome.summands(registry.factorial.worlds)
            assert outcome.summands_by_world(registry.factorial.worlds)


def planned_matrix(path: Path) -> None:
    """Plan a study over a design matrix."""
    study = path.with_suffix(".toml")
    study.write_text(f'scenarios = ["simple-single"]\nmatrix = "{path.name}"\n', encoding="utf-8")
    plan_of(study)


MATRIX = (
    "customers.term_weeks,levers.expansion,organization.chief.holder,customers.champion_loss_per_year\n"
    "26,true,executor,0.1\n52,false,strategist,0.2\n104,true,operator,0.3\n"
)
STUDY = """scenarios = ["simple-single", "complex-multi"]
seeds = { first = 3, count = 4 }
outcomes = ["arr_growth", "win_rate"]
weekly = ["arr"]
time_limit_seconds = 5
[[designs]]
name = "two heads"
chief = "cro:strategist"
lines = ["marketing", "sales"]
heads = { sales = "executor", success = "head_of_success:advocate" }
levers = { account_plans = "best" }
set = { "finance.overhead_share" = 0.2 }
[set]
"run.weeks" = 26
"market.accounts" = 600
[uncertainties]
"customers.champion_loss_per_year" = { low = 0.1, high = 0.3 }
"strategy.review_hours" = "plausible"
"customers.term_weeks" = [26, 52]
[levers]
"levers.expansion" = [true, false]
"sales.ramp_weeks" = "given"
[[points]]
"sales.ramp_weeks" = 10
[[points]]
"sales.ramp_weeks" = 20
[sampling]
method = "sobol"
points = 8
"""


def corpora() -> tuple[Corpus, ...]:
    """Return what is mutated."""

    def texts(package: str, folder: str = "") -> tuple[str, ...]:
        entries = sorted((files(package) / folder).iterdir(), key=lambda entry: entry.name)
        return tuple(entry.read_text(encoding="utf-8") for entry in entries if entry.name.endswith(".toml"))

    return (
        Corpus("scenario", "toml", texts("revorg.scenarios"), load),
        Corpus("study", "toml", (*texts("revorg.experiments.studies", "examples"), STUDY), plan_of),
        Corpus("claims", "toml", texts("revorg.experiments.claims", "registry"), registry_of),
        Corpus("matrix", "csv", (MATRIX,), planned_matrix),
    )


# Mutating


def mutated(text: str, chance: Random) -> bytes:
    """Return a text with one to four things wrong in it."""
    content = text.encode()
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        content = chance.choice(MUTATIONS)(content, chance)
    return content


def _lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")


def other_value(content: bytes, chance: Random) -> bytes:
    """Put another value behind a key."""
    lines = _lines(content)
    places = [place for place, line in enumerate(lines) if b"=" in line]
    if not places:
        return content + chance.choice(VALUES).encode()
    place = chance.choice(places)
    key = lines[place].split(b"=")[0]
    lines[place] = key + b"= " + chance.choice(VALUES).encode()
    return b"\n".join(lines)


def other_name(content: bytes, chance: Random) -> bytes:
    """Give a word another name."""
    words = list(re.finditer(rb"[A-Za-z_]{3,}", content))
    if not words:
        return chance.choice(NAMES).encode() + b" = 1\n" + content
    word = chance.choice(words)
    given = chance.choice((chance.choice(NAMES).encode(), chance.choice(words)[0], word[0][:-1], word[0] * 2))
    return content[: word.start()] + given + content[word.end() :]


def other_number(content: bytes, chance: Random) -> bytes:
    """Put another number in the place of one."""
    numbers = list(re.finditer(rb"-?\d+(\.\d+)?", content))
    if not numbers:
        return content
    number = chance.choice(numbers)
    given = chance.choice((b"0", b"-1", b"1e9", b"1e400", b"0.3333333", b"nan", b"2147483648", number[0] * 3, b"1,5"))
    return content[: number.start()] + given + content[number.end() :]


def lines_moved(content: bytes, chance: Random) -> bytes:
    """Leave a line out, double it, or put it elsewhere."""
    lines = _lines(content)
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.choice((0, 1, 2))):
        lines.insert(chance.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def bytes_flipped(content: bytes, chance: Random) -> bytes:
    """Change, leave out or add bytes."""
    if not content:
        return b"\xff"
    place = chance.randrange(len(content))
    given = chance.choice(
        (b"", b"\x00", b"\xff", b"\x1b", b'"', b"]", b"}", b";", b"\t", b",", bytes([chance.randrange(256)]))
    )
    return content[:place] + given + content[place + chance.choice((0, 1, 5)) :]


def cut_off(content: bytes, chance: Random) -> bytes:
    """End somewhere."""
    return content[: chance.randrange(len(content) + 1)]


def far_too_much(content: bytes, chance: Random) -> bytes:
    """Repeat a line with other names thousands of times."""
    line = chance.choice(_lines(content))
    count = min(2000, 200_000 // (len(line) + 1))
    return content + b"\n" + b"\n".join(_numbered(line, number) for number in range(count))


def _numbered(line: bytes, number: int) -> bytes:
    return re.sub(rb"([a-z]{4,})", rb"\g<1>%d" % number, line, count=1)


MUTATIONS = (
    other_value, other_value, other_value, other_name, other_name, other_number, other_number, lines_moved,
    bytes_flipped, bytes_flipped, cut_off, far_too_much,
)  # fmt: skip


# Judging


class Slow(BaseException):
    """Reading takes longer than it may; no Exception, so that nobody catches it by chance."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise Slow when it takes longer."""

    def stop(_: int, __: FrameType | None) -> None:
        raise Slow(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def verdict(corpus: Corpus, path: Path, seconds: int = SECONDS) -> str:
    """Return "read" or "refused"; anything else is a breach of the contract."""
    try:
        with within(seconds), warnings.catch_warnings():
            warnings.simplefilter("error")
            corpus.read(path)
    except BadInput as fault:
        return _refusal(str(fault))
    except (Exception, Slow) as fault:
        return f"{type(fault).__name__}: {fault}\n{traceback.format_exc(limit=-6)}"
    return "read"


def _refusal(message: str) -> str:
    lines = message.splitlines()
    if not message or CONTROLS.search(message) or "pydantic" in message or max(map(len, lines)) > 1000:
        return f"a refusal that nobody can read: {message[:300]!r}"
    return "refused" if len(lines) <= MOST_TOLD + 2 else f"a refusal of {len(lines)} lines"


def by_the_command(corpus: Corpus, path: Path) -> str:
    """Judge by the real command; claims have none that takes a file."""
    arguments = {"scenario": ["validate", str(path)], "study": ["sweep", str(path), "--out", str(path.parent / "out")]}
    if corpus.kind not in arguments:
        return verdict(corpus, path)
    try:
        said = revorg(*arguments[corpus.kind], folder=path.parent)
    except subprocess.TimeoutExpired:
        return "the command hangs"
    bad = said.returncode not in (0, 1, 2) or "Traceback" in said.stderr
    return f"exit {said.returncode}: {said.stderr[-2000:]}" if bad else "refused" if said.returncode else "read"


def fuzz(count: int, seed: int, commands: int, kept: Path) -> Counter[str]:
    """Mutate, read and judge; keep what breaks the contract."""
    chance, tally = Random(seed), Counter[str]()
    kinds = corpora()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            corpus = kinds[number % len(kinds)]
            path = Path(folder) / corpus.kind / f"mutated.{corpus.ending}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(mutated(chance.choice(corpus.texts), chance))
            found = verdict(corpus, path)
            if found == "refused" and commands:
                found, commands = by_the_command(corpus, path), commands - 1
            tally[f"{corpus.kind} {found if found in ('read', 'refused') else 'BREACH'}"] += 1
            if found not in ("read", "refused"):
                _keep(path, kept / f"{corpus.kind}-{seed}-{number}.{corpus.ending}", found)
    return tally


def _keep(path: Path, place: Path, found: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, place)
    print(f"{place}\n{found}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Say how many files were read, refused, or broke the contract; 1 when any did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--commands", type=int, default=10, help="files that are judged by the real command")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"), help="where breaches are kept")
    given = parser.parse_args(arguments)
    tally = fuzz(given.files, given.seed, given.commands, given.keep)
    print(f"seed {given.seed}, {given.files} files")
    for found, count in sorted(tally.items()):
        print(f"{count:7,} {found}")
    return int(any("BREACH" in found for found in tally))


if __name__ == "__main__":
    raise SystemExit(main())
