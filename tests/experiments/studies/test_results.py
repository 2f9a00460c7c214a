"""What readers of a study's folder check: nothing is missing, twice or edited, also while parts are merged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from revorg import sensitivity, table_of, to_ema
from revorg.experiments.studies import parquet
from revorg.experiments.studies.parquet import ParquetFolder, ParquetPart
from revorg.experiments.studies.results import weeks_of
from revorg.experiments.studies.study import Study
from revorg.experiments.studies.sweeps import carry_out_study
from revorg.simulation.errors import BadInput

STUDY = Study(
    scenarios=["simple-single"],
    set={"market.accounts": 600, "run.weeks": 26, "run.warm_up_weeks": 0},
    uncertainties={"strategy.review_hours": "plausible", "leadership.span_hours": {"low": 1, "high": 6.5}},
    sampling={"method": "sobol", "points": 4},
    seeds=2,
    outcomes=["decision_latency", "arr_growth"],
    weekly=["arr"],
)
READERS: list[Callable[..., Any]] = [table_of, weeks_of, to_ema, lambda out: sensitivity(out, "decision_latency")]
read_by_all = pytest.mark.parametrize("read", READERS, ids=["table_of", "weeks_of", "to_ema", "sensitivity"])


def swept(study: Study, out: Path) -> Path:
    """Run a study into many small parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("revorg.experiments.studies.sweeps.FLUSH_SECONDS", -1.0)
        patch.setattr("revorg.experiments.studies.parquet.MANY", 1000)
        patch.setattr("revorg.experiments.studies.parquet.ParquetFolder.merge", lambda self: None)
        patch.setattr("revorg.experiments.runs.dispatch.CHUNK_SECONDS", 0.0)
        carry_out_study(study, out, workers=1)
    return out


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a study to which nothing happened."""
    return swept(STUDY, tmp_path_factory.mktemp("finished") / "out")


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    shutil.copytree(finished, tmp_path / "out")
    return tmp_path / "out"


def part_of(out: Path, table: str = "runs") -> Path:
    """Return the last part of a table."""
    return max((out / table).glob("*.parquet"))


@read_by_all
def test_missing_part(read: Callable[..., Any], out: Path) -> None:
    """How many runs are missing is said, and there is no half table."""
    lost = len(pd.read_parquet(part_of(out)))
    total = len(table_of(out))
    part_of(out).unlink()
    with pytest.raises(BadInput, match=f"{lost} of {total} runs are missing; start the sweep again"):
        read(out)


def test_half_a_table_is_given_when_asked_for(finished: Path, out: Path) -> None:
    """What is left of it is as it was; weeks of a run that is not finished are no part of it."""
    lost = set(pd.read_parquet(part_of(out))["run"])
    part_of(out).unlink()
    for read in (table_of, weeks_of):
        expected = read(finished)
        expected = expected[~expected["run"].isin(lost)].reset_index(drop=True)
        pd.testing.assert_frame_equal(read(out, partial=True), expected, check_exact=True)
    assert len(to_ema(out, partial=True).experiments) == len(table_of(out, partial=True))


def test_nothing_is_there_yet(out: Path) -> None:
    """A study that was only begun has no table, and says so."""
    shutil.rmtree(out / "runs")
    with pytest.raises(BadInput, match="runs are missing"):
        table_of(out)
    assert not len(table_of(out, partial=True))
    with pytest.raises(BadInput, match="no run is finished"):
        to_ema(out, partial=True)


@pytest.mark.parametrize("read", [weeks_of, to_ema])
def test_missing_weeks(read: Callable[..., Any], out: Path) -> None:
    """Series are not padded in silence."""
    part_of(out, "weeks").unlink()
    with pytest.raises(BadInput, match="runs have no weekly series; start the sweep again"):
        read(out)
    left = read(out, partial=True)
    assert len(left) if read is weeks_of else len(left.experiments) == len(left.outcomes["weekly.arr"])


def edited(part: Path) -> None:
    """Let a number be another, by the tool that anybody would take."""
    frame = pd.read_parquet(part)
    frame.iloc[0, -1] = 0.5
    frame.to_parquet(part)


def halved(part: Path) -> None:
    """Lose the second half."""
    part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])


def flipped(part: Path) -> None:
    """Flip a bit among the values."""
    content = bytearray(part.read_bytes())
    content[len(content) // 3] ^= 4
    part.write_bytes(content)


def named_otherwise(part: Path) -> None:
    """Keep a copy beside it, as people do."""
    shutil.copy(part, part.with_name("copy of runs.parquet"))


@pytest.mark.parametrize("damage", [edited, halved, flipped, named_otherwise])
@read_by_all
def test_damaged_part(read: Callable[..., Any], damage: Callable[[Path], None], out: Path) -> None:
    """A part that is not what its name says is named."""
    damage(part_of(out))
    with pytest.raises(BadInput, match=r"runs.*\.parquet: is damaged, was edited, or was written by something else"):
        read(out)


def test_damaged_weeks(out: Path) -> None:
    """So are parts of the weekly series."""
    edited(part_of(out, "weeks"))
    with pytest.raises(BadInput, match="is damaged, was edited"):
        weeks_of(out)


@read_by_all
def test_edited_study(read: Callable[..., Any], out: Path) -> None:
    """What was asked is as it was, or nothing is read; nor does a sweep go on from it."""
    asked = json.loads((out / "study.json").read_text(encoding="utf-8"))
    asked["study"]["seeds"] = [0]
    (out / "study.json").write_text(json.dumps(asked, indent=1), encoding="utf-8")
    with pytest.raises(BadInput, match=r"study\.json: was edited since the sweep wrote it"):
        read(out)
    with pytest.raises(BadInput, match=r"study\.json: was edited since the sweep wrote it"):
        carry_out_study(STUDY, out, workers=1)


@pytest.mark.parametrize("instead", [True, False])
@pytest.mark.parametrize("change", [{"seeds": (7, 8)}, {"outcomes": ("win_rate", "arr_growth")}])
def test_part_of_another_study(change: dict[str, Any], instead: bool, out: Path, tmp_path: Path) -> None:
    """A sound part in a strange place is found out, beside ours and in the place of one."""
    other = swept(STUDY.model_copy(update=change), tmp_path / "other")
    if instead:
        part_of(out).unlink()
    shutil.copy(part_of(other), out / "runs")
    with pytest.raises(BadInput, match=r"of another study|did not ask for"):
        table_of(out)


def test_merge_that_was_interrupted(finished: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row stands in two files; it is read once."""
    monkeypatch.setattr(ParquetFolder, "_remove", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carry_out_study(STUDY, out, workers=1)
    assert len(pd.read_parquet(out / "runs")) == 2 * len(table_of(finished))
    pd.testing.assert_frame_equal(table_of(out), table_of(finished), check_exact=True)
    pd.testing.assert_frame_equal(weeks_of(out), weeks_of(finished), check_exact=True)
    assert len(to_ema(out).experiments) == len(to_ema(finished).experiments)
    expected = sensitivity(finished, "decision_latency")
    pd.testing.assert_frame_equal(sensitivity(out, "decision_latency"), expected, check_exact=True)


def interrupted(*_: object) -> None:
    """Be killed before what was merged is cleared away."""
    raise KeyboardInterrupt


@read_by_all
def test_merge_while_somebody_reads(read: Callable[..., Any], out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who has listed the parts finds them gone, and lists again."""
    monkeypatch.setattr(parquet, "_sound_table", _merging_first(out, parquet._sound_table))
    read(out)
    assert len(list((out / "runs").glob("*.parquet"))) == 1


def _merging_first(out: Path, sound_table: Callable[..., Any]) -> Callable[..., Any]:
    """Return the reading of a part, before which all parts of its folder are merged."""
    merged = set()

    def read(path: Path, *more: Any) -> Any:
        if path.parent not in merged:
            merged.add(path.parent)
            folder = ParquetFolder(path.parent, out / "damaged")
            folder.open(pytest.fail)
            folder.merge()
        return sound_table(path, *more)

    return read


def test_failed_runs_have_no_indices(out: Path) -> None:
    """Means over the seeds that are left would be those of another design."""
    part = part_of(out)
    table = pq.read_table(part)
    place = table.column_names.index("status")
    failed = table.set_column(place, "status", pa.array(["failed"] * len(table)))
    old = ParquetPart.parse(part.name)
    assert old is not None
    part.unlink()
    pq.write_table(failed, part)
    part.rename(part.with_name(ParquetPart(old.number, old.rows, parquet._hash(part.read_bytes())).name))
    with pytest.raises(BadInput, match=f"{len(table)} of {len(table_of(out))} runs failed"):
        sensitivity(out, "decision_latency")
