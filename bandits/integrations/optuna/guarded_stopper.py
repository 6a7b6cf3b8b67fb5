"""An early stopper for trainings that are not ours: whatever its predictor or rule does, it says keep or drop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.integrations.optuna.pending_warnings import PendingWarnings
from bandits.predictors.base import Forecaster, LeaveOneOut, Predictor
from bandits.stopping import EarlyStopper, Keep, StoppingRule, Verdict

__all__ = ["GuardedStopper"]

Answer = TypeVar("Answer")
Arms = Sequence[tuple[Trial, Curve]]


class GuardedStopper(EarlyStopper):
    """Keeps an arm where its predictor or its rule raises, and warns once of each kind of error.

    What was fitted depends on the training set alone (`scratch_growth` 1). Nothing is asked again of a
    history with which the rule has failed.

    Args:
        predictor: how to forecast.
        rule: when to drop.
        seed: as in `EarlyStopper`.
        warnings: to which errors are added, and that there is no forecast for want of features.
    """

    def __init__(self, predictor: Predictor, rule: StoppingRule, *, seed: int, warnings: PendingWarnings) -> None:
        self._watched = _WatchedPredictor(predictor, warnings)
        super().__init__(self._watched, rule, scratch_growth=1.0, seed=seed)
        self._warnings = warnings
        self._failed: WeakKeyDictionary[History, Keep] = WeakKeyDictionary()
        self._refusals: WeakKeyDictionary[History, Abstain | None] = WeakKeyDictionary()

    @property
    def forecasts(self) -> int:
        """How many arms it has had a forecast made of."""
        return self._watched.arms

    def advise_many(self, arms: Arms, history: History, *, horizon: int, bar: float | None) -> list[Verdict]:
        """See `EarlyStopper.advise_many`."""
        if history in self._failed:
            return [self._failed[history]] * len(arms)
        self._watched.begin()
        try:
            verdicts = super().advise_many(arms, history, horizon=horizon, bar=bar)
        except Exception as error:  # a rule may raise what it likes
            kept = self._failed[history] = Keep(self.failed(type(self.rule).__name__, error), cause=Cause.ERROR)
            return [kept] * len(arms)
        if self._watched.fits:
            self._refusals[history] = self._watched.refusal
        verdicts = [self._explained(verdict, self._refusals.get(history)) for verdict in verdicts]
        for verdict in verdicts:
            self._warn_of_features(verdict)
        return verdicts

    def failed(self, what: str, error: Exception) -> str:
        """Warn that something has raised, and say so."""
        return _failure(what, error, self._warnings)

    def _explained(self, verdict: Verdict, refusal: Abstain | None) -> Verdict:
        """Where the rule has learnt no threshold, say why the predictor gave it nothing to learn from."""
        if refusal is None or not verdict.cause.rule_waits:
            return verdict
        return Keep(f"no forecast: {refusal.reason}", cause=refusal.cause)

    def _warn_of_features(self, verdict: Verdict) -> None:
        if verdict.cause.about_features:
            self._warnings.add(
                f"{self.predictor.name} cannot judge trials, so they go on unpruned; {verdict.reason} (features are the"
                " parameters of the study, and the user attributes that are named in `user_attrs`)",
            )


def _failure(who: str, error: Exception, warnings: PendingWarnings) -> str:
    """Warn that something has raised; a sentence about it."""
    sentence = f"{who} failed with {type(error).__name__}: {error}"
    warnings.add(f"{sentence}; trials go on unpruned until it works")
    return sentence


class _WatchedPredictor(Predictor):
    """Another predictor, which abstains where that one raises.

    Attributes:
        arms: how many arms it was to forecast so far.
        fits: how many fits it made since `begin`.
        refusal: why it has said nothing since then of any training curve, if it failed or wants features; else None.
    """

    def __init__(self, predictor: Predictor, warnings: PendingWarnings) -> None:
        self.name = predictor.name
        self._predictor, self._warnings = predictor, warnings
        self.arms = 0
        self.begin()

    def begin(self) -> None:
        """Forget what was said of training curves."""
        self.fits = 0
        self._answered = False
        self._refusal: Abstain | None = None

    @property
    def refusal(self) -> Abstain | None:
        return None if self._answered else self._refusal

    def curves_needed(self, horizon: int) -> int:
        return self._predictor.curves_needed(horizon)

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.fits += 1
        fitted = self.guarded(lambda: self._predictor.fit(history, horizon=horizon, rng=rng))
        return _NoForecaster(self, fitted) if isinstance(fitted, Abstain) else _WatchedForecaster(self, fitted)

    def guarded(self, ask: Callable[[], Answer]) -> Answer | Abstain:
        """What the predictor answers; an abstention if it raises."""
        try:
            return ask()
        except Exception as error:  # plug-ins may raise what they like
            return Abstain(_failure(self.name, error, self._warnings), Cause.ERROR)

    def heard(self, answer: Answer | Abstain) -> Answer | Abstain:
        """Note what was said of a training curve."""
        if isinstance(answer, Abstain):
            if answer.cause is Cause.ERROR or answer.cause.about_features:
                self._refusal = answer
        elif answer is not None:
            self._answered = True
        return answer


class _WatchedForecaster(Forecaster):
    """A fit of a watched predictor."""

    def __init__(self, predictor: _WatchedPredictor, fitted: Forecaster) -> None:
        self._predictor, self._fitted = predictor, fitted

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return self._predictor.heard(self._predictor.guarded(lambda: self._fitted.forecast(trial, curve)))

    def forecast_many(self, arms: Arms) -> list[Forecast | Abstain]:
        self._predictor.arms += len(arms)
        answers = self._predictor.guarded(lambda: self._fitted.forecast_many(arms))
        return [answers] * len(arms) if isinstance(answers, Abstain) else answers

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:
        return self._predictor.heard(self._predictor.guarded(lambda: self._fitted.leave_one_out(tau)))


class _NoForecaster(Forecaster):
    """What a fit that has raised is to a watched predictor."""

    def __init__(self, predictor: _WatchedPredictor, why: Abstain) -> None:
        self._predictor, self._why = predictor, why

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:  # noqa: ARG002 - whatever is asked
        return self._predictor.heard(self._why)

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:  # noqa: ARG002
        return self._predictor.heard(self._why)
