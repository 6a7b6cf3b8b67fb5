"""What a plot of forecasts shows; other files draw it.

1. The number of curves is limited, so that each can be seen; the caption says which are left out.
2. The frame ends where ordinary values end, so that a few diverged runs do not flatten all others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bandits.tools.predict import RowForecast
from bandits.tools.predict.report import ForecastReport, check_sentence, config_text

__all__ = ["Drawn", "Picture", "picture_of"]

Floats = NDArray[np.float64]

_MOST_BEHIND, _MOST_IN_FRONT = 150, 40
_FENCE = 3.0  # quartile distances beyond the quartiles, where ordinary values end
_LOG_SPAN = 10.0  # losses that span this factor or more are drawn on a logarithmic axis
_MARGIN = 0.04  # of the frame's height
_LARGEST_LOG = 700.0  # exp of more overflows
_COLOURS = ((27, 79, 168), (42, 157, 143), (233, 162, 59))  # best, middle, worst forecast


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One coloured row.

    Args:
        row: its number.
        config: its configuration in a line.
        values: `[tau]` raw values seen.
        mean, low, high: the forecast and its interval, in raw units; an end may be infinite.
        truth: the raw value at the horizon; None if unknown.
        colour: "#rrggbb".
    """

    row: int
    config: str
    values: Floats
    mean: float
    low: float
    high: float
    truth: float | None
    colour: str


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Everything that a plot shows; raw units.

    Args:
        title: what is forecast, and by which predictor.
        captions: which rows taught the predictor, which are not drawn, and the results of the check.
        metric: what the vertical axis shows.
        coverage: probability of the intervals.
        horizon: the epoch that is forecast.
        behind: complete curves, drawn in grey, each `[horizon]`.
        rows: coloured rows, the best forecast first.
        best: the best complete row at the horizon; None without any.
        frame: lowest and highest value of the vertical axis.
        logarithmic: whether the vertical axis is logarithmic.
    """

    title: str
    captions: tuple[str, ...]
    metric: str
    coverage: float
    horizon: int
    behind: tuple[Floats, ...] = field(repr=False)
    rows: tuple[Drawn, ...] = field(repr=False)
    best: float | None
    frame: tuple[float, float]
    logarithmic: bool


def picture_of(report: ForecastReport) -> Picture:
    """Choose what is drawn: the partial rows with the best forecasts; without any, rows of the check."""
    predictions, check = report.predictions, report.predictions.check
    metric = predictions.metric
    partial = [row for row in predictions.forecasts if row.mean is not None]
    tested = [] if check is None or predictions.forecasts else list(check.answered)
    ranked = sorted(partial or tested, key=lambda row: -metric.orient(row.mean or 0.0))
    shown = ranked[:_MOST_IN_FRONT] if partial else [ranked[place] for place in _spread(len(ranked), _MOST_IN_FRONT)]
    behind = tuple(predictions.training[_spread(len(predictions.training), _MOST_BEHIND)])
    rows = tuple(_drawn(row, report.coverage, place, len(shown)) for place, row in enumerate(shown))
    logarithmic, frame = _frame(behind, rows, falls=metric.goal == "minimize")
    return Picture(
        title=f"{metric.name} at epoch {predictions.horizon}, forecast by {report.predictor}",
        captions=tuple(_captions(report, len(behind), len(rows), len(ranked), bool(tested))),
        metric=metric.name,
        coverage=report.coverage,
        horizon=predictions.horizon,
        behind=behind,
        rows=rows,
        best=predictions.best,
        frame=frame,
        logarithmic=logarithmic,
    )


def _captions(report: ForecastReport, behind: int, front: int, ranked: int, tested: bool) -> list[str]:
    predictions = report.predictions
    there = len(predictions.training)
    some = "" if behind == there else f" ({behind:,} of them drawn)"
    kind, choice = ("complete, in the check", "evenly chosen") if tested else ("partial", "the best forecasts")
    part = f"{front:,} {kind}" if front == ranked else f"{front:,} of {ranked:,} {kind} ({choice})"
    captions = [f"{report.file}; rows in grey: {there:,} complete{some}; in colour: {part}"]
    silent = len(predictions.forecasts) - ranked if not tested else 0
    if silent:
        captions.append(f"not drawn, without a forecast: {silent:,}")
    if predictions.check is not None:
        captions.append(f"check {check_sentence(predictions.check, report.coverage)}")
    return captions


def _drawn(row: RowForecast, coverage: float, place: int, count: int) -> Drawn:
    low, high = row.interval(coverage) or (math.nan, math.nan)
    config = config_text(row.config, row.config, width=90)
    mean = math.nan if row.mean is None else row.mean
    return Drawn(row.row, config, row.values, mean, low, high, row.truth, _colour(place, count))


def _colour(place: int, count: int) -> str:
    """The colour of a place between the first and the last of `count`, through the three colours."""
    at = 2.0 * place / max(1, count - 1)
    left = min(int(at), 1)
    mixed = [round(a + (b - a) * (at - left)) for a, b in zip(_COLOURS[left], _COLOURS[left + 1], strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _spread(count: int, most: int) -> list[int]:
    """At most `most` of `count` places, at equal distances, the first and the last included."""
    return list(range(count)) if count <= most else np.linspace(0, count - 1, most).round().astype(int).tolist()


def _frame(behind: Sequence[Floats], rows: Sequence[Drawn], *, falls: bool) -> tuple[bool, tuple[float, float]]:
    """Whether the vertical axis is logarithmic, and where it ends."""
    forecasts = [value for row in rows for value in (row.mean, row.low, row.high) if math.isfinite(value)]
    ends = np.array([*(curve[-1] for curve in behind), *forecasts], dtype=np.float64)
    groups = [group for group in (ends, np.concatenate([ends, *behind, *(row.values for row in rows)])) if len(group)]
    if not groups:
        return False, (0.0, 1.0)
    if falls and all(float(group.min()) > 0.0 for group in groups):
        low, high = _ordinary([np.log(group) for group in groups])
        if high - low >= math.log(_LOG_SPAN):
            margin = _MARGIN * (high - low)
            return True, (math.exp(low - margin), math.exp(min(high + margin, _LARGEST_LOG)))
    low, high = _ordinary(groups)
    margin = _MARGIN * (high - low) or 0.5
    return False, (low - margin, high + margin)


def _ordinary(groups: Sequence[Floats]) -> tuple[float, float]:
    """The smallest and largest value that is inside the fences of its group."""
    ends: list[float] = []
    for values in groups:
        lower, upper = np.quantile(values, (0.25, 0.75)).tolist()
        reach = _FENCE * (upper - lower)
        inside = values[(values >= lower - reach) & (values <= upper + reach)]
        ends += [float(inside.min()), float(inside.max())]
    return min(ends), max(ends)
