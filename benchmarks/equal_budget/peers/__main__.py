"""`python -m benchmarks.equal_budget.peers [--folder FOLDER]` installs Syne Tune in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.equal_budget.peers.environment import FOLDER, REQUIREMENT, python_of
from benchmarks.lib.common import argument_parser


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    try:
        venv.create(folder, with_pip=True)
        subprocess.run([python_of(folder), "-m", "pip", "install", "--quiet", REQUIREMENT], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{REQUIREMENT} cannot be installed in {folder}, so its sides are left out: {error}")
    print(f"{REQUIREMENT} is installed in {folder}.")


if __name__ == "__main__":
    main()
