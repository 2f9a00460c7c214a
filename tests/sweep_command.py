"""The command, with a pool of processes even for small jobs, and many parts.

``python sweep_command.py sweep STUDY.toml --out DIR``
"""

import experiments.carrying
import experiments.sweeping
from experiments.cli import main

if __name__ == "__main__":
    experiments.carrying.SMALL_SECONDS = 0.0
    experiments.sweeping.FLUSH_SECONDS = 0.3
    main()
