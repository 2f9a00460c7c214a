"""The command, with a pool of processes even for small jobs, and many parts.

``python impatient_sweep.py sweep STUDY.toml --out DIR``
"""

from revorg.experiments.cli import main
from revorg.experiments.runs import dispatch
from revorg.experiments.studies import sweeps

if __name__ == "__main__":
    dispatch.SMALL_SECONDS = 0.0
    sweeps.FLUSH_SECONDS = 0.3
    main()
