"""Everything that is to be known of training on a GPU, in one script. See README.md beside this file.

    python -m benchmarks.gpu [--parts checks,epochs,sharing,hyperband,record] [--seconds N | PART=N,...]
        [--data-dir FOLDER] [--out FOLDER] [--small]

A part's results are written as soon as it is done: OUT/checks.json, OUT/epochs.json, and so on.
"""

import sys

from benchmarks.gpu.command import main

if __name__ == "__main__":
    sys.exit(main())
