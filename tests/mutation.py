"""Mutants of the program, one fault each, and whether the tests see them; a script, no test.

``python tests/mutation.py --of judging --mutants 300 --seed 1`` draws mutants at random, runs for each the tests of the
room it stands in, first to last until one fails, and writes ``mutation-report.md``. It goes on where it was stopped,
and tries survivors of an earlier time once more. A mutant stands in a copy of the package in a temporary folder; no
line of the tree, and nothing in the user's cache, is touched. Numbers, names without a space, operators, branches,
guards, arguments and calls are mutated; sentences are not. A line that no test runs is mutated like any other, and its
mutants survive.
"""

import argparse
import ast
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

TREE = Path(__file__).parents[1]
WORK = Path(tempfile.gettempdir()) / "revorg-mutants"
REPORT = TREE / "tests" / "mutation-report.md"
ROOMS = ("simulation", "scenarios", "experiments")
HEAVY = (
    "numpy", "pandas", "pyarrow.parquet", "scipy.stats", "matplotlib.pyplot", "seaborn", "jinja2", "rich.table",
    "typer", "filelock", "SALib.sample.sobol", "SALib.analyze.sobol", "SALib.analyze.morris", "SALib.analyze.rbd_fast",
    "hypothesis", "pytest",
)  # fmt: skip
MODEL = ("revorg.simulation.model", "revorg.scenarios.loading", "revorg.scenarios.designs")
NUMBERS = ("tests/experiments/analysis/test_small_numbers.py", "tests/experiments/claims/test_sides.py")
DOORS = tuple(f"tests/experiments/reports/test_{name}.py" for name in ("words", "planted_numbers", "claims_report"))
JUDGES = (*NUMBERS, "tests/experiments/claims", *DOORS)
READERS = tuple(f"tests/experiments/studies/test_{name}.py" for name in ("reading", "plans", "indices", "sweeps"))
SLOW = (
    "quick_controls_pass or repeated_controls_pass or one_worker_or_two or noise_is_not_taken or stands_alone or "
    "command_line or from_a_line or failed_runs_are_listed or bad_arguments or cluster or folder_is_read or "
    "executors_change or generated or stale"
)
"""Tests that take seconds or start the command: left out."""


@dataclass(frozen=True)
class Room:
    """Files that are mutated together, and the tests that are asked, the quick ones first."""

    files: tuple[str, ...]
    tests: tuple[str, ...]
    seconds: float = 60.0


JUDGING = {
    "claims": Room(("experiments/claims/*.py",), JUDGES),
    "analysis": Room(("experiments/analysis/*.py",), ("tests/experiments/analysis", *JUDGES)),
    "pairs": Room(("experiments/runs/pairs.py",), ("tests/experiments/runs/test_pairs.py", *JUDGES)),
    "reports": Room(tuple(f"experiments/reports/claims/{name}.py" for name in ("words", "published")), DOORS),
    "readers": Room(
        tuple(f"experiments/studies/{name}.py" for name in ("store", "results", "plan", "points", "sensitivity")),
        READERS,
    ),
}
HONEST = "as it is"
NO_TESTS = 5
MODEL_TESTS = ("tests/simulation", "tests/model", "tests/scenarios")
ALL = {**JUDGING, "simulation": Room(("simulation/**/*.py",), MODEL_TESTS, 600.0)}

# Mutations

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.And: (ast.Or,), ast.Or: (ast.And,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
NAMES = {"min": "max", "any": "all", "argmin": "argmax", "floor": "ceil", "sum": "mean", "mean": "sum", "first": "last"}
NAMES |= {new: old for old, new in NAMES.items() if new not in NAMES}
Plain = str | float | None
TYPES: dict[str, tuple[Plain, ...]] = {"bool": (True, False), "float": (0.0,), "int": (0,), "str": ("",)}
LEFT_OUT = ("annotation", "returns", "decorator_list", "type_params")
Place = tuple[ast.AST, str, int | None, ast.AST | None, str]  # where in the tree, what stands there instead, in words


def mutations(tree: ast.Module) -> Iterator[Place]:
    """Yield every mutation: parent, field, place in the field's list, new node (None: left out), and what it does."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        parent, gives = waiting.pop()
        for field, value in ast.iter_fields(parent):
            if field in LEFT_OUT:
                continue
            for place, node in enumerate(value) if isinstance(value, list) else ((None, value),):
                if isinstance(node, ast.AST) and not isinstance(node, ast.Import | ast.ImportFrom | ast.expr_context):
                    if id(node) not in documentation:
                        yield from ((parent, field, place, new, what) for new, what in _instead_of(node, gives))
                    inner = node.returns if isinstance(node, ast.FunctionDef) else None
                    if not (isinstance(node, ast.keyword) and node.arg == "strict"):
                        waiting.append((node, ast.unparse(inner) if inner else gives))
                    if field == "ifs" and isinstance(value, list):
                        yield parent, field, place, None, f"no filter {ast.unparse(node)}"


def _instead_of(node: ast.AST, gives: str) -> Iterator[tuple[ast.AST, str]]:
    """Yield what may stand in the place of a node."""
    for kind in SWAPS.get(type(node), ()):
        yield kind(), f"{type(node).__name__} → {kind.__name__}"
    match node:
        case ast.Constant(value=value):
            yield from ((ast.Constant(new), f"{value!r} → {new!r}") for new in _other_values(value))
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert(), operand=operand):
            yield operand, f"no {type(node.op).__name__} before {ast.unparse(operand)}"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body), f"branches swapped: {ast.unparse(node)}"
        case ast.Name(id=name) if name in NAMES:
            yield ast.Name(NAMES[name], node.ctx), f"{name} → {NAMES[name]}"
        case ast.Attribute(value=value, attr=name) if name in NAMES:
            yield ast.Attribute(value, NAMES[name], node.ctx), f".{name} → .{NAMES[name]}"
        case ast.If(body=[*_, ast.Return() | ast.Raise() | ast.Continue()], orelse=[]):
            yield ast.Pass(), f"no guard: if {ast.unparse(node.test)}"
        case ast.Return(value=value) if value is not None:
            for new in TYPES.get(gives, (None,)):
                yield ast.Return(ast.Constant(new)), f"return {new!r} for {ast.unparse(value)}"
        case ast.Expr(value=ast.Call()):
            yield ast.Pass(), f"not called: {ast.unparse(node)}"
        case ast.Call():
            yield from _other_calls(node)


def _other_values(value: object) -> tuple[Plain, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int | float):
        return (value + 1, value * 2 or -1.0) if isinstance(value, float) else (value + 1,)
    return (f"{value}x",) if isinstance(value, str) and value and " " not in value else ()


def _other_calls(call: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    said = ast.unparse(call)
    for first in range(len(call.args) - 1):
        one, other = call.args[first : first + 2]
        yield _called(call, [*call.args[:first], other, one, *call.args[first + 2 :]]), f"arguments swapped: {said}"
    if len(call.args) > 1:
        yield _called(call, call.args[:-1]), f"last argument left out: {said}"
    for keyword in (one for one in call.keywords if one.arg != "strict"):  # a guard of the guards
        kept = [other for other in call.keywords if other is not keyword]
        yield ast.Call(call.func, call.args, kept), f"{keyword.arg} left out: {said}"


def _called(call: ast.Call, arguments: Sequence[ast.expr]) -> ast.Call:
    return ast.Call(call.func, list(arguments), call.keywords)


@dataclass(frozen=True)
class Mutant:
    """One file with one fault.

    Attributes
    ----------
    room, file : str
    line : int
    what : str
        The mutation in words.
    source : str
        The whole file.
    """

    room: str
    file: str
    line: int
    what: str
    source: str

    @property
    def key(self) -> str:
        """Names it in the log."""
        return sha256(f"{self.file} {self.source}".encode()).hexdigest()[:16]


def mutants_of(room: str) -> Iterator[Callable[[], Mutant]]:
    """Yield every mutant of a room, each as what makes it: there are thousands."""
    for pattern in ALL[room].files:
        for path in sorted(TREE.glob(pattern)):
            tree, file = ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(TREE))
            yield from (partial(_made, room, file, tree, place) for place in list(mutations(tree)))


def _made(room: str, file: str, tree: ast.Module, place: Place) -> Mutant:
    parent, field, index, new, what = place
    before = getattr(parent, field)
    after = before[:index] + ([new] if new else []) + before[index + 1 :] if index is not None else new
    old = before[index] if index is not None else before
    setattr(parent, field, after)
    source = ast.unparse(ast.fix_missing_locations(tree))
    setattr(parent, field, before)
    line = getattr(old, "lineno", 0) or getattr(parent, "lineno", 0)
    return Mutant(room, file, line, " ".join(what.split())[:110], source)


def as_it_is(room: str) -> Mutant:
    """Return a mutant without a fault: the tests have to let it live, or their kills mean nothing."""
    path = sorted(TREE.glob(ALL[room].files[0]))[0]
    return Mutant(room, str(path.relative_to(TREE)), 0, HONEST, ast.unparse(ast.parse(path.read_text("utf-8"))))


# Trying them


def copy_of_the_package(folder: Path) -> Path:
    """Lay the tree's folders out as the installed package; return where."""
    root = folder / "revorg"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(TREE / "experiments" / "face", root)
    for room in ROOMS:
        shutil.copytree(TREE / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def work(lane: int, waiting: "multiprocessing.Queue[Mutant | None]", done: "multiprocessing.Queue[Any]") -> None:
    """Try mutants one after another, each in a child of this process, which has read what is never mutated."""
    folder = WORK / f"lane-{lane}"
    package = copy_of_the_package(folder)
    os.environ["PYTHONPATH"] = str(folder)
    sys.path[:] = [str(folder), *(path for path in sys.path if path != str(folder))]
    for module in HEAVY:
        import_module(module)
    while (mutant := waiting.get()) is not None:
        if mutant.room != "simulation":
            _warm_up()
        file = package / mutant.file
        honest = file.read_bytes()
        file.write_text(mutant.source, encoding="utf-8")
        done.put((mutant, _verdict(mutant, folder)))
        file.write_bytes(honest)


def _warm_up() -> None:
    if MODEL[0] not in sys.modules:
        model, loading, _ = map(import_module, MODEL)
        assert Path(model.__file__ or "").is_relative_to(WORK), model.__file__
        world = loading.load("simple-single").changed({"market.accounts": 600, "run.weeks": 8})
        model.RevenueOrganization(world, seed=1).run()


def _verdict(mutant: Mutant, folder: Path) -> str:
    """Return what became of a mutant: killed, survived, or "too long"."""
    child = os.fork()
    if not child:
        os.setsid()
        _run_tests(mutant, folder)
    deadline = time.monotonic() + ALL[mutant.room].seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "survived" if status == 0 else "killed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "too long"


def _run_tests(mutant: Mutant, folder: Path) -> None:
    """Run the tests of a room in this process, with a cache of its own, and end it."""
    import pytest

    private = Path(tempfile.mkdtemp(dir=folder))
    (private / "revorg").mkdir()
    compiled = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "revorg" / "compiled"
    (private / "revorg" / "compiled").symlink_to(compiled)
    os.environ["XDG_CACHE_HOME"] = str(private)
    sys.dont_write_bytecode = True
    os.chdir(TREE)
    with (folder / "last-tests.txt").open("w") as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
        tests = [test for test in ALL[mutant.room].tests if (TREE / test).exists()]
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line", f"-knot ({SLOW})"]
        # One after another: what is collected has to be imported, and most mutants fall to the first.
        ended = (int(pytest.main([*options, f"--basetemp={private / 'tests'}", test])) for test in tests)
        failed = any(status not in (0, NO_TESTS) for status in ended)
        sys.stdout.flush()
    shutil.rmtree(private, ignore_errors=True)
    os._exit(failed)


def drawn(rooms: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """Draw mutants at random, each as likely as any other."""
    everything = [make for room in rooms for make in mutants_of(room)]
    print(f"{len(everything)} mutants in {', '.join(rooms)}")
    return [make() for make in random.Random(seed).sample(everything, min(count, len(everything)))]


def tried(mutants: Sequence[Mutant], lanes: int, log: Path) -> dict[str, str]:
    """Try what the log does not know to be dead; return what became of each."""
    known = dict(json.loads(line) for line in log.read_text().splitlines()) if log.exists() else {}
    todo = [mutant for mutant in mutants if known.get(mutant.key, "survived") == "survived"]
    context = multiprocessing.get_context("spawn")
    waiting, done = context.Queue(), context.Queue()
    for one in [*todo, *[None] * lanes]:
        waiting.put(one)
    processes = [context.Process(target=work, args=(lane, waiting, done)) for lane in range(lanes)]
    for process in processes:
        process.start()
    with log.open("a") as file:
        for number in range(len(todo)):
            mutant, known[mutant.key] = done.get()
            file.write(json.dumps([mutant.key, known[mutant.key]]) + "\n")
            file.flush()
            print(
                f"{number + 1}/{len(todo)} {known[mutant.key]:9} {mutant.file}:{mutant.line} {mutant.what}", flush=True
            )
            if mutant.what == HONEST and known[mutant.key] != "survived":
                raise SystemExit(f"the tests of {mutant.room} fail without a fault: see {WORK}/lane-*/last-tests.txt")
    for process in processes:
        process.join()
    return known


def write_report(mutants: Sequence[Mutant], found: dict[str, str], what: str, report: Path) -> None:
    """Write counts and survivors; what was said of a survivor in an earlier report stays beside it."""
    before = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    reasons = {tuple(line.split(" | ")[:3]): line.split(" | ")[3] for line in before if line.count(" | ") == 3}
    survivors = sorted((m for m in mutants if found[m.key] == "survived"), key=lambda m: (m.file, m.line, m.what))
    counts = Counter((mutant.room, found[mutant.key]) for mutant in mutants)
    lines = [
        "# Mutants, and what the tests made of them",
        "",
        what,
        "",
        "| room | drawn | killed | too long | survived |",
    ]
    lines += ["|---|---|---|---|---|"]
    for room in dict.fromkeys(mutant.room for mutant in mutants):
        killed, late, alive = (counts[room, fate] for fate in ("killed", "too long", "survived"))
        lines.append(f"| {room} | {killed + late + alive} | {killed} | {late} | {alive} |")
    lines += ["", f"{len(survivors)} of {len(mutants)} survived ({len(survivors) / len(mutants):.1%}).", ""]
    lines += ["| file | line | mutation | why |", "|---|---|---|---|"]
    for mutant in survivors:
        row = (f"| {mutant.file}", str(mutant.line), mutant.what.replace("|", "\\|"))
        lines.append(" | ".join([*row, reasons.get(row, "? |")]))
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def main() -> None:
    """Draw, try, report."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--of", default="judging", help=f"judging, or some of {', '.join(ALL)}, with commas")
    reader.add_argument("--mutants", type=int, default=300)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--lanes", type=int, choices=(1, 2), default=2, help="how many at a time")
    reader.add_argument("--report", type=Path, default=REPORT)
    given = reader.parse_args()
    rooms = tuple(JUDGING) if given.of == "judging" else tuple(given.of.split(","))
    WORK.mkdir(exist_ok=True)
    mutants = drawn(rooms, given.mutants, given.seed)
    found = tried([*map(as_it_is, rooms), *mutants], given.lanes, WORK / "log.jsonl")
    what = f"`python tests/mutation.py --of {given.of} --mutants {given.mutants} --seed {given.seed}`"
    write_report(mutants, found, what, given.report)


if __name__ == "__main__":
    main()
