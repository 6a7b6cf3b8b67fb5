"""An earlier study, wherever it was kept: a metric, and for each trial its configuration, features and scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from bandits.curves import Curve, Metric

__all__ = ["EarlierStudy", "EarlierTrial", "curve_until_gap"]


@dataclass(frozen=True, slots=True)
class EarlierTrial:
    """One trial of an earlier study.

    Args:
        config: what was trained.
        features: AP and HP as finite numbers, under the names of that study.
        curve: its scores until it ended, failed, or had a gap; larger is better.
    """

    config: Mapping[str, object]
    features: Mapping[str, float]
    curve: Curve


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """What was read from one source.

    Args:
        source: as the user wrote it.
        metric: what was measured. An Optuna study gives no name: it is empty.
        trials: those with a measured epoch, in the order of the source.
    """

    source: str
    metric: Metric
    trials: tuple[EarlierTrial, ...]


def curve_until_gap(scores: Iterable[float]) -> Curve | None:
    """The scores before the first that is not finite; None where that is the first of all."""
    measured = list(takewhile(math.isfinite, scores))
    return Curve(np.array(measured)) if measured else None
