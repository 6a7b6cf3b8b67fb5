"""The predictor's role: learn from curves that reached a horizon, forecast the ones that have not yet."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast, Link

__all__ = ["Forecaster", "LeaveOneOut", "Predictor", "too_few_curves"]


def too_few_curves(predictor: str, needed: int, horizon: int, usable: int, reached: int, outsized: int = 0) -> Abstain:
    """The answer of a predictor that needs more curves.

    Args:
        predictor: its name.
        needed: how many it needs that reached `horizon`.
        usable: how many it can use.
        reached: how many reached the horizon; those that it cannot use lack a finite feature, or are outsized.
        outsized: how many have scores that are out of all proportion (see `features.in_proportion`).
    """
    featureless = reached - usable - outsized
    groups = ((featureless, "lack a finite feature"), (outsized, "have scores out of all proportion"))
    more = " and ".join(f"{count} more {what}" for count, what in groups if count)
    left_out = f" ({more})" if more else ""
    cause = Cause.MISSING_FEATURES if featureless and reached >= needed else Cause.TOO_FEW_CURVES
    return Abstain(f"{predictor} needs {needed} curves that reached epoch {horizon}, has {usable}{left_out}", cause)


def _plain(value: Any) -> Any:
    """A setting as JSON holds it: an enumeration's value, a Python number for NumPy's."""
    if isinstance(value, enum.Enum):
        return value.value
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """What would have been said of training curves after some epoch, had each not been among them.

    Args:
        trials: `[n]` ids of the training trials.
        means: `[n]` forecasts of their scores at the horizon, on the link's scale.
        stds: `[n]` standard deviations of the errors, on that scale; > 0.
        link: the scale.
    """

    trials: Sequence[int]
    means: NDArray[np.float64]
    stds: NDArray[np.float64]
    link: Link


class Forecaster(ABC):
    """A fitted predictor: answers for one horizon, from the curves it was fitted on."""

    @abstractmethod
    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """Forecast one arm's score at the horizon.

        Args:
            trial: the arm; its features have the names that the training trials had.
            curve: `[tau]` scores so far, 1 <= tau < horizon. Nothing beyond tau is looked at.

        Returns:
            A forecast, or the reason why there is none. Never NaN, never an exception for odd data.
        """

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        """Forecast many arms at once; the same answers as `forecast`, in the same order."""
        return [self.forecast(trial, curve) for trial, curve in arms]

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:  # noqa: ARG002 - for predictors that know
        """Leave-one-out forecasts of the training curves from their first `tau` epochs.

        Returns:
            Why there are none after that epoch; or None if there is no cheaper way to them than fitting again without
            some of the curves.
        """
        return None


class Predictor(ABC):
    """Settings of a way to forecast. Holds no state: fitting returns a second object.

    Attributes:
        name: how messages call it.
        learns_from_every_step: whether every epoch of every arm teaches it, also of arms that were dropped or still
            train; `fit` is then given all of them, and again when their epochs have grown in number. By default
            complete curves teach, and shorter ones where `fit` looks at them.
    """

    name: str
    learns_from_every_step: bool = False

    @abstractmethod
    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        """Learn from every curve of `history` that reaches `horizon`; from shorter ones, where a predictor can.

        Args:
            history: read now, not kept.
            horizon: the epoch to forecast, >= 1.
            rng: consumed; the only source of randomness.

        Returns:
            A forecaster for that horizon. With too few curves it is one that abstains.
        """

    def refit(
        self,
        forecaster: Forecaster,  # noqa: ARG002 - for predictors that can use it
        history: History,
        *,
        horizon: int,
        rng: np.random.Generator,
    ) -> Forecaster:
        """Learn again after some more curves, where that is cheaper than from scratch.

        Args:
            forecaster: of an earlier fit of this predictor for the same horizon; it stays as it is.
            history, horizon, rng: as in `fit`.

        Returns:
            A new forecaster. Unless a predictor says otherwise, that of `fit`.
        """
        return self.fit(history, horizon=horizon, rng=rng)

    def settings(self) -> Mapping[str, Any]:
        """The arguments that build an equal predictor again, by name; JSON values.

        They are the fields of a dataclass. A predictor that is none, and takes arguments, overrides this.
        """
        names: list[str] = [field.name for field in fields(self)] if is_dataclass(self) else []
        return {name: _plain(getattr(self, name)) for name in names}

    @abstractmethod
    def curves_needed(self, horizon: int) -> int:
        """How many curves must reach `horizon` before a forecast is possible (0: none is needed)."""
