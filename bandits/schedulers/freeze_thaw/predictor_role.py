"""What schedulers may know of predictors: that they learn from a history, and forecast arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast

__all__ = ["CurveForecaster", "CurvePredictor"]


class CurveForecaster(Protocol):
    """A fitted predictor: see `bandits.predictors.base.Forecaster`."""

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        """Forecast arms at once."""
        ...


@runtime_checkable
class CurvePredictor(Protocol):
    """Settings of a way to forecast curves: see `bandits.predictors.base.Predictor`.

    Attributes:
        name: its name in messages.
        learns_from_every_step: whether arms that stopped anywhere teach it. If so, it is also asked about arms that
            have not begun.
    """

    name: str
    learns_from_every_step: bool

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> CurveForecaster:
        """Learn from the curves of a history."""
        ...

    def refit(self, forecaster: Any, history: History, *, horizon: int, rng: np.random.Generator) -> CurveForecaster:
        """Learn again after some more epochs, where that is cheaper than from scratch."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """The arguments that build an equal one; JSON values."""
        ...
