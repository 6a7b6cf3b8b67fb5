"""MetaQNN with and without early stopping on digits, and its agent on rewards whose optimum is known.

    python -m benchmarks.metaqnn [digits] [synthetic] [--update-readme]

`digits` trains: about 25 minutes on two cores as it stands. `synthetic` computes: about three minutes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.metaqnn import digits, report, synthetic

HERE = Path(__file__).resolve().parent

PARTS = ("digits", "synthetic")
CASES = (
    *(
        ("788 nets", view, nets, alpha)
        for view in ("state", "whole net")
        for nets in (100, 400)
        for alpha in (0.01, 0.1)
    ),
    *(("digits", "state", 100, alpha) for alpha in (0.01, 0.03, 0.1, 0.3)),
    *(("32 x 32", "state", 2700, alpha) for alpha in (0.01, 0.1)),
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--data", default="digits")
    parser.add_argument("--trials", type=int, default=270)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--burn-in", type=int, default=30)
    parser.add_argument(
        "--learning-rate", type=float, default=0.1, help="alpha of the agent; the paper's runs beside it"
    )
    parser.add_argument("--replay", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3, help="of the nets")
    parser.add_argument(
        "--restarts", type=int, default=4, help="of nets whose first epoch ends at chance; the paper's 4"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--jobs", type=int, default=2, help="searches side by side, each in a process")
    parser.add_argument(
        "--workers", type=int, default=1, help="of each search; with more, a run does not repeat exactly"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--synthetic-seeds", type=int, default=10)
    parser.add_argument("--most-nets", type=int, default=2700, help="leave out synthetic searches that are longer")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"parts must be of {', '.join(PARTS)}, got {part!r}")
    for part in arguments.parts or PARTS:
        payload = on_digits(arguments) if part == "digits" else on_synthetic(arguments)
        payload = {"benchmark": f"metaqnn, {part}", "command": command(), "machine": machine(), **payload}
        write_results(arguments.out / f"{part}.json", payload)
    if arguments.update_readme:
        for part in arguments.parts or PARTS:
            update_readme(HERE / "README.md", part, table(json.loads((arguments.out / f"{part}.json").read_text())))


def on_digits(arguments: argparse.Namespace) -> dict[str, Any]:
    """All searches, `jobs` at a time."""
    names = ("data", "trials", "epochs", "burn_in", "replay", "lr", "restarts", "workers", "device")
    settings = {name: getattr(arguments, name) for name in names}
    tasks = [
        digits.Task(arm, seed, **settings) for arm in digits.arms(arguments.learning_rate) for seed in arguments.seeds
    ]
    runs: list[dict[str, Any]] = []
    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(digits.search, task) for task in tasks]):
            run = future.result()
            runs.append(run)
            print(
                f"{run['arm']:36} seed {run['seed']}: {run['epochs']:,} epochs, saving {run['saving']:.2f}x, "
                f"best {run['best_accuracy']}, {run['wall_seconds']:.0f} s",
                flush=True,
            )
    order = [(task.arm.name, task.seed) for task in tasks]
    runs.sort(key=lambda run: order.index((run["arm"], run["seed"])))
    return {"settings": {**settings, "seeds": arguments.seeds}, "overall": digits.overall(runs), "runs": runs}


def on_synthetic(arguments: argparse.Namespace) -> dict[str, Any]:
    """All searches on known rewards, one after the other."""
    cases = [case for case in CASES if case[2] <= arguments.most_nets]
    return {"rows": synthetic.measure(cases, range(arguments.synthetic_seeds))}


def table(payload: dict[str, Any]) -> str:
    if "overall" in payload:
        return report.digits_table(payload["overall"], payload["settings"])
    return report.synthetic_table(payload["rows"])


if __name__ == "__main__":
    main()
