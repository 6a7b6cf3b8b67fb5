"""Memory of one process that trains many arms, one after the other.

    python -m benchmarks.training.memory [--arms 500] [--out FILE] [--update-readme]

Every arm is another net of MetaQNN on digits, trained for one epoch and released; the resident set is read after each.
"""

from __future__ import annotations

import os
import statistics
from pathlib import Path

from bandits.curves import Trial
from bandits.errors import ObjectiveError
from bandits.objectives.cnn import CNNObjective
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

AT = (50, 500)  # arms; a reading is the median of the 25 before, since nets differ in size
WINDOW = 25


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--arms", type=int, default=AT[1])
    parser.add_argument("--out", type=Path, default=HERE / "results" / "memory.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    objective = CNNObjective("digits", device="cpu")
    sampler, mib, failed = objective.sampler(0), [], 0
    for number in range(arguments.arms):
        config = sampler.propose(number)
        trial = Trial(number, config, objective.features(config), seed=number)
        try:
            list(objective.train(trial, 0, 1))
        except ObjectiveError:
            failed += 1
        objective.release(trial)
        mib.append(resident())
        if (number + 1) % 50 == 0:
            print(f"{number + 1:5} arms {reading(mib, number + 1):7.1f} MiB", flush=True)
    early, late = reading(mib, min(AT[0], len(mib))), reading(mib, len(mib))
    row = {"arms": len(mib), "failed": failed, "mib_early": early, "mib_late": late, "growth": late / early - 1}
    print(row)
    payload = {"benchmark": "training memory", "command": command(), "machine": machine(), "row": row, "mib": mib}
    write_results(arguments.out, payload)
    if arguments.update_readme:
        text = f"{early:.0f} MiB at arm {AT[0]}, {late:.0f} MiB at arm {len(mib)}: {row['growth']:+.1%}."
        update_readme(HERE / "README.md", "memory", text)


def reading(mib: list[float], arms: int) -> float:
    """Median resident set of the arms before, in MiB."""
    return statistics.median(mib[max(0, arms - WINDOW) : arms])


def resident() -> float:
    """Of this process, in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
