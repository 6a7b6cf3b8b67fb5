"""Why an arm is trained, paused or left: in words, as a value, and with the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.causes import Cause
from bandits.curves import Metric
from bandits.forecasts import Forecast

__all__ = ["Decision"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a scheduler that values arms by their forecasts says of one of them.

    Args:
        reason: why, in words; not empty.
        cause: the same as a value.
        forecast: of the arm's end; None where there is none.
        bar: the best end so far, a score; None before the first.
        value: by how much another epoch of the arm is expected to improve on the bar, in the metric's units, >= 0;
            None where it was not valued.
    """

    reason: str
    cause: Cause
    forecast: Forecast | None = None
    bar: float | None = None
    value: float | None = None

    def words(self, metric: Metric) -> str:
        """The reason and the numbers, in the units of a metric."""
        numbers = []
        if self.forecast is not None:
            mean = metric.restore(self.forecast.mean)
            numbers.append(f"{mean:.4g} ± {self.forecast.std:.2g} is forecast for epoch {self.forecast.horizon}")
        if self.value is not None:
            best = "" if self.bar is None else f" on {metric.restore(self.bar):.6g}"
            numbers.append(f"improves{best} by {self.value:.2g} an epoch in expectation")
        return f"{self.reason} ({'; '.join(numbers)})" if numbers else self.reason
