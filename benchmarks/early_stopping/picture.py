"""The picture of docs/stopping.md: what the risk-controlled rule learns from 40 curves, and what it asks of an arm.

python -m benchmarks.early_stopping.picture [--table metaqnn_cifar10] [--epoch 3] [--seed 0] [--out FILE]
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.objectives import CurveTable
from bandits.predictors import SRM
from bandits.rng import rng_for
from bandits.stopping import RiskControlledRule
from bandits.stopping.calibration_set import leave_one_out
from bandits.stopping.score_lines import ScoreLines
from benchmarks.lib.common import argument_parser

CURVES = 40


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--table", default="metaqnn_cifar10")
    parser.add_argument("--epoch", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "docs" / "stopping.png")
    arguments = parser.parse_args()
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    table = CurveTable(arguments.table)
    horizon, rule, predictor = table.max_epochs, RiskControlledRule(), SRM()
    rows = rng_for(arguments.seed, "picture").permutation(len(table))
    trials = [Trial(i, table.configs[row], table.features(table.configs[row])) for i, row in enumerate(rows)]
    curves = [Curve(table.scores[row]) for row in rows]
    history = History.from_curves(zip(trials[:CURVES], curves[:CURVES], strict=True))
    forecaster = predictor.fit(history, horizon=horizon, rng=rng_for(arguments.seed))
    record = leave_one_out(
        predictor, forecaster, history, history, horizon=horizon, epochs=rule.check_epochs(horizon), seed=arguments.seed
    )
    lines = ScoreLines.fit(record)
    column = record.epochs.index(arguments.epoch)
    bar = float(record.ends.max())
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))

    ends = np.linspace(record.ends.min(), lines.reach, 100)
    left.scatter(record.ends, record.errors[:, column], s=16, color="tab:blue", label=f"{CURVES} training curves")
    left.plot(ends, lines.heights[column] + lines.slopes[column] * (ends - lines.centre), color="tab:blue", lw=1)
    threshold = lines.threshold(column, ends, rule.risk)
    left.plot(ends, threshold, color="tab:red", label=f"looks worse than {1 - rule.risk:.0%} of whole paths")
    left.axvline(bar, color="k", lw=0.8, ls=":")
    left.annotate("the bar", (bar, left.get_ylim()[0]), xytext=(-6, 6), textcoords="offset points", ha="right")
    left.set_ylim(top=float(threshold.max()) + 1.6)
    left.annotate(
        "an arm that would have to lie here\nto end at the bar is dropped",
        (bar, float(lines.threshold(column, bar, rule.risk)) + 0.7),
        xytext=(-225, -2),
        textcoords="offset points",
        fontsize=9,
        arrowprops={"arrowstyle": "->"},
    )
    left.set_xlabel(f"{table.metric.name} at epoch {horizon}")
    left.set_ylabel(f"end - forecast after epoch {arguments.epoch}, in standard deviations")
    left.set_title("Forecasts of good arms fall short", fontsize=11)
    left.legend(fontsize=8, loc="lower left")

    away = np.array([lines.nonconformity(k, record.errors[:, k], record.ends) for k in range(len(record.epochs))]).T
    paths = away * lines.growth
    limit = lines.conformal_threshold(rule.risk) * lines.growth
    for path in paths:
        right.plot(record.epochs, path, color="tab:blue", alpha=0.25, lw=1)
    right.plot(record.epochs, limit, color="tab:red", label="dropped above")
    said = forecaster.forecast_many([(trials[CURVES], curves[CURVES].prefix(tau)) for tau in record.epochs])
    looks = [
        float(lines.nonconformity(k, record.scale.of_forecast(forecast, bar), bar) * lines.growth[k])
        for k, forecast in enumerate(said)
        if isinstance(forecast, Forecast)
    ]
    dropped = next((k for k, look in enumerate(looks) if look > limit[k]), len(looks) - 1)
    life = slice(0, dropped + 1)
    right.plot(record.epochs[life], looks[life], "o-", color="k", ms=4, label="a new arm, as if it ended at the bar")
    right.set_ylim(min(paths.min(), -1) - 0.5, max(paths.max(), limit.max(), looks[dropped]) + 1.2)
    right.set_xlabel("checkpoint (epoch)")
    right.set_ylabel("distance from the raised line")
    right.set_title(f"One threshold for all check epochs, which {rule.risk:.0%} of paths cross", fontsize=11)
    right.legend(fontsize=8, loc="upper right")
    figure.tight_layout()
    figure.savefig(arguments.out, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
