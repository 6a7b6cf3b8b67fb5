"""Everything that is to be known of training on a GPU, in one script. See README.md beside this file.

    python benchmarks/gpu/run.py [--parts checks,epochs,sharing,hyperband,record] [--seconds N | PART=N,...]
        [--data-dir FOLDER] [--out FOLDER] [--small]

A part's results are written as soon as it is done: OUT/checks.json, OUT/epochs.json, and so on.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a DataLoader's processes and the workers share the cores
HERE = Path(__file__).resolve().parent
for folder in (HERE.parents[1], HERE.parent, HERE):  # bandits, where it is not installed
    sys.path.insert(0, str(folder))

if __name__ == "__main__":  # worker processes import this file too, and need nothing else of it
    from command import main

    sys.exit(main())
