"""Every lesson is stored without outputs and runs from top to bottom in a fresh kernel, with all its figures."""

from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    """Return a notebook that follows the format."""
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_there_are_lessons() -> None:
    """An empty folder would let all tests below pass."""
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_lesson_is_stored_without_outputs(path: Path) -> None:
    """Stored outputs would go stale and hide what changed."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_lesson_runs_and_draws(path: Path) -> None:
    """No cell fails, every cell that shows a figure leaves one, and nothing is complained about."""
    notebook = read(path)
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    drawing = [cell for cell in notebook.cells if "plt.show()" in cell.source]
    assert drawing
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        figures = sum("image/png" in output.get("data", {}) for output in outputs)
        assert figures == cell.source.count("plt.show()"), cell.source
        assert not [output.text for output in outputs if output.get("name") == "stderr"]
