"""The command, with a pool of processes even for small jobs, a part for every chunk, and workers that can be held.

``python impatient_sweep.py sweep STUDY.toml --out DIR``
"""

import os

import held_worker

from revorg.experiments.cli import main
from revorg.experiments.runs import dispatch, executors, pairs, terminal
from revorg.experiments.studies import sweeps

if __name__ == "__main__":
    dispatch.SMALL_SECONDS = dispatch.CHUNK_SECONDS = 0.0
    sweeps.FLUSH_SECONDS = terminal.SILENT_SECONDS = -1.0
    sweeps.TRIAL_SECONDS = pairs.TRIAL_SECONDS = 0.0  # this process makes no runs itself: nobody could hold it
    if held_worker.SIGNS in os.environ:
        setattr(executors, "carry_out", held_worker.carry_out)  # noqa: B010  (an import of the module, not its own)
    main()
