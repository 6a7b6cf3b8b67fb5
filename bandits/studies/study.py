"""An earlier study, wherever it was kept: a metric, and for each trial its configuration, features and scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

import numpy as np

from bandits.curves import Curve, Metric

__all__ = ["EarlierStudy", "EarlierTrial", "End", "Kind", "curve_until_gap"]

End = Literal["completed", "stopped", "failed", "running"]
Kind = Literal["table", "journal", "optuna", "export"]


@dataclass(frozen=True, slots=True)
class EarlierTrial:
    """One trial of an earlier study.

    Args:
        config: what was trained.
        features: AP and HP as finite numbers, under the names of that study.
        curve: its scores until it ended, failed, or had a gap; larger is better.
        end: how it ended: as planned, stopped early (pruned, dropped or cut), by an error, or not yet.
        value: the score that counts as its result; None where it has none. Larger is better.
        seconds: how long it trained in all; None where that is unknown.
        measured: the epochs at which it was measured, ascending, the curve's last one among them, where some were left
            out (the curve is filled in between); None where it was measured after each.
        number: its number in that study, from 0; None where it has none.
        name: what that study calls it; empty where it has a number only.
    """

    config: Mapping[str, object]
    features: Mapping[str, float]
    curve: Curve
    end: End = "completed"
    value: float | None = None
    seconds: float | None = None
    measured: tuple[int, ...] | None = None
    number: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """What was read from one source.

    Args:
        source: as the user wrote it.
        metric: what was measured. An Optuna study gives no name: it is empty.
        trials: those with a measured epoch, in the order in which they were started, as far as the source tells.
        kind: what the source is: a table of curves, a journal of a run, an Optuna study, or an export of another tool.
    """

    source: str
    metric: Metric
    trials: tuple[EarlierTrial, ...]
    kind: Kind = "table"


def curve_until_gap(scores: Iterable[float]) -> Curve | None:
    """The scores before the first that is not finite; None where that is the first of all."""
    measured = list(takewhile(math.isfinite, scores))
    return Curve(np.array(measured)) if measured else None
