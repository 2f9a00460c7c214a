"""The description of the model is kept true: its generated tables are those of the code."""

import pytest

from revorg.experiments.reports import odd


def test_generated_tables_are_not_stale() -> None:
    """Whoever adds a parameter, an outcome, a pattern or a dock runs the script."""
    text = odd.ODD.read_text(encoding="utf-8")
    assert odd.renewed(text) == text, "run python -m experiments.scripts.odd_tables"


def test_stale_and_lost_tables_are_found() -> None:
    """A changed row is put right, and a text without places for the tables is refused."""
    text = odd.ODD.read_text(encoding="utf-8")
    assert odd.renewed(text.replace("| `arr_growth` |", "| `growth` |")) == text
    with pytest.raises(ValueError, match="no place for the table of parameters"):
        odd.renewed("nothing here")
