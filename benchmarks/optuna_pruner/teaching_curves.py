"""How much better forecasts become with more curves: what the pruner's `max_curves` is chosen by.

    python -m benchmarks.optuna_pruner.teaching_curves [--curves 50 100 200 400] [--splits 3] [--update-readme]

Tables with 600 curves or more; those after the largest training set are forecast, from a quarter and a half of each.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from bandits.curves import History
from bandits.forecasts import Forecast
from bandits.predictors import SRM
from bandits.rng import rng_for
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.prediction.cases import CASES, SEED, shuffled

HERE = Path(__file__).resolve().parent

TABLES = ("metaqnn_cifar10", "metaqnn_svhn", "deep_resnets_tinyimagenet", "alexnet_imagenet")
SHARES = (0.25, 0.5)


def measure(split: int, table: str, counts: list[int]) -> list[dict[str, Any]]:
    """R2 x100 and the median absolute error, in interquartile ranges of the ends, by size of the training set."""
    case = next(case for case in CASES if case.table == table)
    arms = shuffled(case, split)
    horizon = arms[0][1].tau
    test = arms[max(counts) :]
    truth = np.array([curve.scores[-1] for _, curve in test])
    unit = float(np.subtract(*np.quantile(truth, [0.75, 0.25])))
    rows = []
    for count in counts:
        fitted = SRM().fit(History.from_curves(arms[:count]), horizon=horizon, rng=rng_for(SEED, "curves", split))
        for share in SHARES:
            tau, began = max(1, round(share * horizon)), time.process_time()
            answers = fitted.forecast_many([(trial, curve.prefix(tau)) for trial, curve in test])
            said = np.array([answer.mean if isinstance(answer, Forecast) else np.nan for answer in answers])
            known = np.isfinite(said)
            errors = said[known] - truth[known]
            r2 = 1.0 - float(errors @ errors) / float(((truth[known] - truth[known].mean()) ** 2).sum())
            rows.append(
                {
                    "table": case.title,
                    "split": split,
                    "curves": count,
                    "share": share,
                    "test": int(known.sum()),
                    "r2": round(100 * r2, 2),
                    "median_error": round(float(np.median(np.abs(errors))) / unit, 4),
                    "seconds": round(time.process_time() - began, 3),
                }
            )
    return rows


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--curves", type=int, nargs="+", default=[50, 100, 200, 400])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "teaching_curves.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    rows = [
        row for table in TABLES for split in range(arguments.splits) for row in measure(split, table, arguments.curves)
    ]
    payload = {"benchmark": "optuna pruner, teaching curves", "command": command(), "machine": machine()}
    write_results(arguments.out, payload | {"rows": rows})
    text = report(rows, arguments.curves)
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "teaching curves", text)


def report(rows: list[dict[str, Any]], counts: list[int]) -> str:
    """The table of the README."""
    lines = ["| table, share of the curve | " + " | ".join(f"{n} curves" for n in counts) + " |"]
    lines.append("|---|" + "---:|" * len(counts))
    for table in dict.fromkeys(row["table"] for row in rows):
        for share in SHARES:
            cells = []
            for n in counts:
                own = [r for r in rows if (r["table"], r["share"], r["curves"]) == (table, share, n)]
                r2, error = (float(np.mean([r[key] for r in own])) for key in ("r2", "median_error"))
                cells.append(f"{r2:.1f} ({error:.3f})")
            lines.append(f"| {table}, {share:.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
