"""The answers as JSON, as a table and as a report that stands alone."""

import base64
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from revorg.experiments.claims.assessment import Assessment
from revorg.experiments.claims.claim import registry
from revorg.experiments.claims.verdict_table import verdict_table
from revorg.experiments.reports.claims import beside, words
from revorg.simulation.metrics import METRICS


def write_report(assessment: Assessment, figures: Mapping[str, Path], folder: Path) -> Path:
    """Write ``verdicts.parquet`` and ``report.html`` into a folder.

    Parameters
    ----------
    assessment : Assessment
    figures : mapping of str to Path
        Caption and PNG file of each figure; they are written into the page itself.
    folder : Path
        Made when missing.

    Returns
    -------
    Path
        The report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    verdict_table(assessment).to_parquet(folder / "verdicts.parquet", index=False)
    report = folder / "report.html"
    report.write_text(report_html(assessment, figures), encoding="utf-8")
    return report


def report_html(assessment: Assessment, figures: Mapping[str, Path]) -> str:
    """Return the report as one page that needs no other file."""
    environment = Environment(
        loader=PackageLoader("revorg.experiments.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("claims.html").render(
        assessment=assessment,
        metrics=METRICS,
        figures={caption: base64.b64encode(path.read_bytes()).decode() for caption, path in figures.items()},
        sources=registry().sources,
        words=words,
        beside=beside,
    )
