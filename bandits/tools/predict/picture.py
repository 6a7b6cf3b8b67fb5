"""What a plot of forecasts shows; other files draw it.

The number of curves is limited, so that each can be seen; the caption says which are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bandits.tools.plots.view import Frame, evenly_spread, frame_of
from bandits.tools.predict import RowForecast
from bandits.tools.predict.report import ForecastReport, check_sentence, config_text

__all__ = ["Drawn", "Picture", "picture_of"]

Floats = NDArray[np.float64]

_MOST_BEHIND, _MOST_IN_FRONT = 150, 40
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
        frame: the vertical axis.
    """

    title: str
    captions: tuple[str, ...]
    metric: str
    coverage: float
    horizon: int
    behind: tuple[Floats, ...] = field(repr=False)
    rows: tuple[Drawn, ...] = field(repr=False)
    best: float | None
    frame: Frame


def picture_of(report: ForecastReport) -> Picture:
    """Choose what is drawn: the partial rows with the best forecasts; without any, rows of the check."""
    predictions, check = report.predictions, report.predictions.check
    metric = predictions.metric
    partial = [row for row in predictions.forecasts if row.mean is not None]
    tested = [] if check is None or predictions.forecasts else list(check.answered)
    ranked = sorted(partial or tested, key=lambda row: -metric.orient(row.mean or 0.0))
    places = range(len(ranked)) if partial else evenly_spread(len(ranked), _MOST_IN_FRONT)
    shown = [ranked[place] for place in places[:_MOST_IN_FRONT]]
    behind = tuple(predictions.training[evenly_spread(len(predictions.training), _MOST_BEHIND)])
    rows = tuple(_drawn(row, report.coverage, place, len(shown)) for place, row in enumerate(shown))
    return Picture(
        title=f"{metric.name} at epoch {predictions.horizon}, forecast by {report.predictor}",
        captions=tuple(_captions(report, len(behind), len(rows), len(ranked), bool(tested))),
        metric=metric.name,
        coverage=report.coverage,
        horizon=predictions.horizon,
        behind=behind,
        rows=rows,
        best=predictions.best,
        frame=_frame(behind, rows, falls=metric.goal == "minimize"),
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


def _frame(behind: Sequence[Floats], rows: Sequence[Drawn], *, falls: bool) -> Frame:
    """The frame of ordinary ends, and of ordinary values of whole curves."""
    forecasts = [value for row in rows for value in (row.mean, row.low, row.high) if math.isfinite(value)]
    ends = np.array([*(curve[-1] for curve in behind), *forecasts], dtype=np.float64)
    return frame_of([ends, np.concatenate([ends, *behind, *(row.values for row in rows)])], falls=falls)
