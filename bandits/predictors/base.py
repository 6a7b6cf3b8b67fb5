"""The predictor's role: learn from curves that reached a horizon, and forecast curves that have not reached it yet."""

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
        reached: how many reached the horizon. Those that it cannot use lack a finite feature, or are outsized.
        outsized: how many have scores that are far too large beside the others (see `features.in_proportion`).
    """
    featureless = reached - usable - outsized
    groups = ((featureless, "lack a finite feature"), (outsized, "have scores far too large beside the others"))
    more = " and ".join(f"{count} more {what}" for count, what in groups if count)
    left_out = f" ({more})" if more else ""
    cause = Cause.MISSING_FEATURES if featureless and reached >= needed else Cause.TOO_FEW_CURVES
    return Abstain(f"{predictor} needs {needed} curves that reached epoch {horizon}, has {usable}{left_out}", cause)


def _plain(value: Any) -> Any:
    """A setting as a JSON value: an enumeration becomes its value, a NumPy number becomes a Python number."""
    if isinstance(value, enum.Enum):
        return value.value
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Leave-one-out forecasts of training curves after some epoch: each as if that curve had not been in the set.

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
            curve: `[tau]` scores so far, 1 <= tau < horizon. Epochs after tau are not read.

        Returns:
            A forecast, or the reason why there is none. Never NaN, never an exception for odd data.
        """

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        """Forecast many arms at once; the same answers as `forecast`, in the same order."""
        return [self.forecast(trial, curve) for trial, curve in arms]

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:  # noqa: ARG002 - for predictors that have them
        """Leave-one-out forecasts of the training curves from their first `tau` epochs.

        Returns:
            The forecasts, or why there are none after that epoch. None means that this predictor has no cheap way to
            compute them: the caller must fit again without some of the curves.
        """
        return None


class Predictor(ABC):
    """Settings of a way to forecast. Holds no state: fitting returns a second object.

    Attributes:
        name: the predictor's name in messages.
        learns_from_every_step: whether every epoch of every arm teaches it, also of arms that were dropped or still
            train. If so, `fit` is given all arms, and is called again when they have trained for more epochs. By
            default, complete curves teach, and shorter curves only where `fit` reads them.
    """

    name: str
    learns_from_every_step: bool = False

    @abstractmethod
    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        """Learn from every curve of `history` that reaches `horizon`, and from shorter curves if the predictor can.

        Args:
            history: the curves. It is read during this call and not kept.
            horizon: the epoch to forecast, >= 1.
            rng: the only source of randomness; this call advances it.

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
        """Learn again when the history has more curves, if that is cheaper than a new fit.

        Args:
            forecaster: of an earlier fit of this predictor for the same horizon; it stays as it is.
            history, horizon, rng: as in `fit`.

        Returns:
            A new forecaster. By default it is the result of `fit`.
        """
        return self.fit(history, horizon=horizon, rng=rng)

    def settings(self) -> Mapping[str, Any]:
        """The arguments that build an equal predictor again, by name; JSON values.

        By default they are the fields of a dataclass. A predictor that takes arguments and is not a dataclass overrides
        this method.
        """
        names: list[str] = [field.name for field in fields(self)] if is_dataclass(self) else []
        return {name: _plain(getattr(self, name)) for name in names}

    @abstractmethod
    def curves_needed(self, horizon: int) -> int:
        """How many curves must reach `horizon` before a forecast is possible (0: none is needed)."""
