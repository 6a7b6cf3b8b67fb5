"""Cold starts and the price of advice.

    python -m benchmarks.startup [--repeats 5] [--out FILE] [--update-readme]

Times whole processes: `import bandits` (less an empty interpreter), and the main command, each from a cold start. Then,
in this process: one `EarlyStopper.advise` once its model is fitted, and 1,000 arms asked at once.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

HEAVY = ("sklearn", "torch", "optuna", "click", "rich", "scipy", "numpy")


def processes(command: list[str], repeats: int) -> list[float]:
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    return seconds


def advice(calls: int) -> dict[str, float]:
    """Milliseconds per advice, and for 1,000 arms at once, on the default table with 100 training curves."""
    import numpy as np

    from bandits import EarlyStopper
    from bandits.curves import Curve, History, Trial
    from bandits.objectives import CurveTable
    from bandits.predictors import SRM

    table = CurveTable("metaqnn_cifar10")
    scores = np.vectorize(table.metric.orient)(table.curves)
    trials = [Trial(i, config, table.features(config)) for i, config in enumerate(table.configs)]
    history = History.from_curves((trials[i], Curve(scores[i])) for i in range(100))
    stopper = EarlyStopper(SRM())

    def ask(number: int) -> None:
        i = 100 + number % 900
        stopper.advise(trials[i], Curve(scores[i, : 1 + number % 19]), history, horizon=20, bar=0.8)

    for number in range(19):
        ask(number)
    single = []
    for number in range(calls):
        began = time.perf_counter()
        ask(number)
        single.append(1000 * (time.perf_counter() - began))
    arms = [(trials[i % 900 + 100], Curve(scores[i % 900 + 100, : 1 + i % 19])) for i in range(1000)]
    many = repeat(lambda: stopper.advise_many(arms, history, horizon=20, bar=0.8), 20)
    return {
        "one_advice_ms_median": statistics.median(single),
        "one_advice_ms_p99": sorted(single)[int(0.99 * len(single))],
        "thousand_arms_ms_median": statistics.median(many),
    }


def repeat(action: Callable[[], object], times: int) -> list[float]:
    milliseconds = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        milliseconds.append(1000 * (time.perf_counter() - began))
    return milliseconds


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "startup.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    python = sys.executable
    bare = statistics.median(processes([python, "-c", "pass"], arguments.repeats))
    imported = statistics.median(processes([python, "-c", "import bandits"], arguments.repeats))
    check = f"import sys, bandits; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([python, "-c", check], check=True, capture_output=True, text=True).stdout.strip()
    main_job = [python, "-m", "bandits", "run", "hyperband", "--predictor", "srm", "--json"]
    figures = {
        "import_bandits_s": imported - bare,
        "main_command_one_loop_s": statistics.median(processes(main_job, arguments.repeats)),
        "main_command_40_loops_s": statistics.median(processes([*main_job, "--loops", "40"], 3)),
        **advice(2000),
    }
    print(json.dumps({**figures, "heavy modules loaded by import bandits": loaded}, indent=2))
    write_results(
        arguments.out,
        {"benchmark": "startup", "command": command(), "machine": machine(), "loaded": loaded, "figures": figures},
    )
    if arguments.update_readme:
        lines = ["| what | measured |", "|---|---:|"]
        lines += [f"| {name} | {value:.3g} |" for name, value in figures.items()]
        lines.append(f"| of {', '.join(HEAVY)}, `import bandits` loads | {loaded} |")
        update_readme(HERE / "README.md", "results", "\n".join(lines))


if __name__ == "__main__":
    main()
