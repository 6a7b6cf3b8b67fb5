"""What the risk-controlled rule costs on top of the forecasts.

    python -m benchmarks.early_stopping.cost [--out FILE] [--update-readme]

CPU milliseconds on one core. *Thresholds*: looking back at all training curves at all checkpoints and learning from
that, once the regressions are fitted (the median of 20 times). *Advice*: a verdict on one arm, forecast included
(median and 99th percentile over 500 arms); and the forecast's part of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bandits import EarlyStopper
from bandits.curves import Curve, History, Trial
from bandits.objectives import CurveTable
from bandits.predictors import SRM
from bandits.rng import rng_for
from bandits.stopping import RiskControlledRule
from bandits.stopping.calibration_set import leave_one_out
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

CASES = (
    ("metaqnn_cifar10", 40),
    ("metaqnn_cifar10", 100),
    ("metaqnn_cifar10", 500),
    ("alexnet_imagenet", 40),
    ("alexnet_imagenet", 400),
)
ARMS = 500
REPEATS = 20


def milliseconds(work: Callable[[], Any]) -> float:
    """CPU time of one call."""
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1e6


def measure(name: str, curves: int) -> dict[str, Any]:
    table = CurveTable(name)
    horizon, rule, predictor = table.max_epochs, RiskControlledRule(), SRM()
    scores = table.scores[~(table.scores != table.scores).any(axis=1)]
    order = rng_for(0, "cost").permutation(len(scores))
    arms = [(Trial(i, features=table.features(table.configs[row])), Curve(scores[row])) for i, row in enumerate(order)]
    history = History.from_curves(arms[:curves])
    epochs = rule.check_epochs(horizon)
    fit = milliseconds(lambda: _fitted(predictor, history, horizon, epochs))
    forecaster = _fitted(predictor, history, horizon, epochs)
    thresholds = [
        milliseconds(
            lambda: rule.learn(
                leave_one_out(predictor, forecaster, history, history, horizon=horizon, epochs=epochs, seed=0)
            )
        )
        for _ in range(REPEATS)
    ]
    stopper = EarlyStopper(predictor, rule)
    bar = float(scores[order[:curves], -1].max())
    asked = [(trial, curve.prefix(epochs[2])) for trial, curve in arms[curves : curves + ARMS]] or arms[:1]

    def advise(trial: Trial, curve: Curve) -> Any:
        return stopper.advise(trial, curve, history, horizon=horizon, bar=bar)

    advise(*asked[0])
    advice = sorted(milliseconds(partial(advise, *arm)) for arm in asked)
    forecasts = sorted(milliseconds(partial(forecaster.forecast, *arm)) for arm in asked)
    return {
        "table": name,
        "curves": curves,
        "checkpoints": len(epochs),
        "fit_ms": fit,
        "thresholds_ms": statistics.median(thresholds),
        "advice_ms": statistics.median(advice),
        "advice_p99_ms": advice[int(0.99 * (len(advice) - 1))],
        "forecast_ms": statistics.median(forecasts),
    }


def _fitted(predictor: SRM, history: History, horizon: int, epochs: Any) -> Any:
    forecaster = predictor.fit(history, horizon=horizon, rng=rng_for(0))
    for tau in epochs:
        forecaster.leave_one_out(tau)
    return forecaster


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "cost.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    rows = [measure(*case) for case in CASES]
    lines = [
        "| table | curves | checkpoints | all fits, ms | thresholds, ms | advice, ms | its 99 % | of it the forecast |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {row['table']} | {row['curves']} | {row['checkpoints']} | {row['fit_ms']:,.0f} "
            f"| {row['thresholds_ms']:.1f} | {row['advice_ms']:.2f} | {row['advice_p99_ms']:.2f} "
            f"| {row['forecast_ms']:.2f} |"
            for row in rows
        ),
    ]
    print("\n".join(lines))
    write_results(
        arguments.out, {"benchmark": "stopping cost", "command": command(), "machine": machine(), "rows": rows}
    )
    if arguments.update_readme:
        update_readme(HERE / "README.md", "cost", "\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
