"""Whether the model keeps its ways when the firm is ten times smaller or larger, and at a million accounts.

``python -m revorg.experiments.benchmarks.scale`` runs the table and writes it to
`experiments/benchmarks/results/scale.md`; a few minutes on two cores.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context

import numpy as np

from revorg.experiments.reports.generated import parser_of
from revorg.experiments.reports.markdown import table
from revorg.scenarios.loading import load
from revorg.simulation.fingerprint import fingerprint
from revorg.simulation.model import RevenueOrganization

REPORT = "experiments/benchmarks/results/scale.md"
WORLDS = ("simple-single", "complex-multi")
SIZES = {600: 192, 6_000: 64, 60_000: 12, 1_000_000: 3}
"""Accounts, and how many pairs are run with so many."""
DESIGNS = (("placebo", "generalist"), ("cro", "strategist"), ("cro", "executor"))
CONTRASTS = {"strategist − none": (1, 0), "executor − none": (2, 0), "executor − strategist": (2, 1)}
"""Effects of leaders on growth: places in the designs."""
SHOWN = ("decisions_settled", "default_share", "decision_latency", "capacity_use", "win_rate", "arr_growth")

READ_ME = """\
A chief with the cro's seat, and nobody in the chief's place: means over three designs and four years; on the right
what a chief adds to growth, in points a year ± standard error.
"""

Job = tuple[str, int, int]


def outcomes_of(job: Job) -> list[list[float]]:
    """Run all designs of a world at a size and seed; return the shown outcomes of each."""
    name, accounts, seed = job
    world = load(name).changed({"market.accounts": accounts})
    past = RevenueOrganization(world, seed=seed)
    found = []
    for seat, profile in DESIGNS:
        outcomes = past.fork(world.with_leader(seat, profile)).run().outcomes
        found.append([float(outcomes[metric]) for metric in SHOWN])
    return found


def main() -> int:
    """Run, print and keep the table."""
    purpose = "Run firms of four sizes, and write how they differ."
    file = parser_of("revorg.experiments.benchmarks.scale", purpose, REPORT).parse_args().file
    jobs: list[Job] = [(w, n, seed) for w, (n, pairs) in product(WORLDS, SIZES.items()) for seed in range(pairs)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = dict(zip(jobs, pool.map(outcomes_of, jobs), strict=True))
    rows = []
    for world, (accounts, pairs) in product(WORLDS, SIZES.items()):
        runs = np.array([found[world, accounts, seed] for seed in range(pairs)])
        means = np.nanmean(runs, axis=(0, 1))  # a small firm may have closed no deal
        effects = [100.0 * (runs[:, one, -1] - runs[:, other, -1]) for one, other in CONTRASTS.values()]
        leaders = (f"{effect.mean():+.2f} ± {effect.std(ddof=1) / np.sqrt(pairs):.2f}" for effect in effects)
        rows.append((world, f"{accounts:,}", str(pairs), *(f"{mean:.3f}" for mean in means), *leaders))
    heads = ("world", "accounts", "pairs", *SHOWN, *CONTRASTS)
    text = f"# Scale\n\n{READ_ME}\nModel {fingerprint()}.\n\n{table(heads, rows)}\n"
    file.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
