"""The one hand of all figures: colours, lines and how a figure is saved."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by people who do not see all colours.
BLUE, VERMILION, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#E69F00", "#009E73", "#6B7480"
INK, SOFT, BAND = "#1d2733", "#5b6875", "#e8ecf0"
DOTS_PER_INCH = 160
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": "#b8c0c8",
    "axes.labelcolor": INK,
    "xtick.color": SOFT,
    "ytick.color": INK,
    "figure.facecolor": "white",
    "axes.unicode_minus": True,
    "text.parse_math": False,  # a name may have dollars in it
}


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=DOTS_PER_INCH, bbox_inches="tight", pad_inches=0.15)
    plt.close(figure)
    return path
