"""A predictor that abstains if another predictor raises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import described
from bandits.forecasts import Abstain, Forecast
from bandits.integrations.optuna.pending_warnings import PendingWarnings
from bandits.predictors.base import Forecaster, LeaveOneOut, Predictor

__all__ = ["GuardedPredictor", "failure"]

Answer = TypeVar("Answer")


def failure(who: str, error: Exception, warnings: PendingWarnings) -> str:
    """Warn of an error, and return a sentence about it."""
    sentence = f"{who} failed with {described(error)}"
    warnings.add(f"{sentence}; trials go on unpruned until it works")
    return sentence


class GuardedPredictor(Predictor):
    """Wraps a predictor: abstains, and warns, if that predictor raises.

    Args:
        predictor: the wrapped predictor.
        warnings: receives the errors.

    Attributes:
        arms: how many arms it was asked to forecast so far.
        fits: how many fits it made since `begin`.
    """

    def __init__(self, predictor: Predictor, warnings: PendingWarnings) -> None:
        self.name = predictor.name
        self.learns_from_every_step = predictor.learns_from_every_step
        self._predictor, self._warnings = predictor, warnings
        self.arms = 0
        self.begin()

    def begin(self) -> None:
        """Forget the answers about training curves."""
        self.fits = 0
        self._has_answered = False
        self._refusal: Abstain | None = None

    @property
    def refusal(self) -> Abstain | None:
        """Why it has forecast no training curve since `begin`, if it failed or lacks features; else None."""
        return None if self._has_answered else self._refusal

    def curves_needed(self, horizon: int) -> int:
        return self._predictor.curves_needed(horizon)

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.fits += 1
        fitted = self.ask(lambda: self._predictor.fit(history, horizon=horizon, rng=rng))
        return _FailedForecaster(self, fitted) if isinstance(fitted, Abstain) else _GuardedForecaster(self, fitted)

    def ask(self, question: Callable[[], Answer]) -> Answer | Abstain:
        """The predictor's answer; an abstention if it raises."""
        try:
            return question()
        except Exception as error:  # plug-ins may raise what they like
            return Abstain(failure(self.name, error, self._warnings), Cause.ERROR)

    def noted(self, answer: Answer | Abstain) -> Answer | Abstain:
        """Remember an answer about a training curve, and return it."""
        if isinstance(answer, Abstain):
            if answer.cause is Cause.ERROR or answer.cause.about_features:
                self._refusal = answer
        elif answer is not None:
            self._has_answered = True
        return answer


class _GuardedForecaster(Forecaster):
    """A fit of a guarded predictor."""

    def __init__(self, predictor: GuardedPredictor, fitted: Forecaster) -> None:
        self._predictor, self._fitted = predictor, fitted

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return self._predictor.noted(self._predictor.ask(lambda: self._fitted.forecast(trial, curve)))

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        self._predictor.arms += len(arms)
        answers = self._predictor.ask(lambda: self._fitted.forecast_many(arms))
        return [answers] * len(arms) if isinstance(answers, Abstain) else answers

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:
        return self._predictor.noted(self._predictor.ask(lambda: self._fitted.leave_one_out(tau)))


class _FailedForecaster(Forecaster):
    """A fit that has raised."""

    def __init__(self, predictor: GuardedPredictor, why: Abstain) -> None:
        self._predictor, self._why = predictor, why

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:  # noqa: ARG002 - whatever is asked
        return self._predictor.noted(self._why)

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:  # noqa: ARG002
        return self._predictor.noted(self._why)
