"""Trials and studies for the tests of the Optuna pruner."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from bandits.curves import Curve, Goal, History, Trial
from bandits.forecasts import Forecast
from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import Forecaster, Predictor
from bandits.stopping import Keep, ProbabilityRule, StoppingRule, Verdict
from bandits.stopping.calibration_set import CalibrationSet

T = 10
RATE = FloatDistribution(1e-4, 1.0, log=True)


class Notebook(Predictor):
    """Forecasts the last score, surely unless told otherwise, and notes what it was given."""

    name = "Notebook"

    def __init__(self, needed: int = 1, std: float = 0.0) -> None:
        self.needed, self.std = needed, std
        self.fits: list[History] = []
        self.asked: list[tuple[Trial, Curve]] = []

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.horizon = horizon
        self.fits.append(History.from_curves(history.reaching(horizon)))
        return _Reader(self, horizon)

    def curves_needed(self, horizon: int) -> int:
        return self.needed

    def curves(self) -> list[list[float]]:
        """The training curves of the latest fit."""
        return [curve.scores.tolist() for _, curve in self.fits[-1].reaching(self.horizon)]

    def features(self) -> list[Mapping[str, float]]:
        """The features of the trials of the latest fit."""
        return [trial.features for trial, _ in self.fits[-1].reaching(self.horizon)]


class _Reader(Forecaster):
    def __init__(self, notebook: Notebook, horizon: int) -> None:
        self.notebook, self.horizon = notebook, horizon

    def forecast(self, trial: Trial, curve: Curve) -> Forecast:
        self.notebook.asked.append((trial, curve))
        return Forecast(float(curve.scores[-1]), self.notebook.std, self.horizon)


@dataclass
class Learner(StoppingRule):
    """Looks after epochs 2, 5 and 8 and drops what is forecast below the bar, once it has so many curves; and is silent
    as long as there are audits, but fewer than it wants to see."""

    least: int = 1
    audit: float = 0.0
    audits: int = 0
    keep: int = 1
    learns = True

    def settings(self) -> Mapping[str, Any]:
        return {}

    def check_epochs(self, horizon: int) -> Sequence[int]:
        return (2, 5, 8)

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return ProbabilityRule(0.5).judge(forecast, bar=bar)

    def learn(self, calibration: CalibrationSet) -> Mapping[int, StoppingRule] | Keep:
        if len(calibration) < self.least:
            return Keep("too few curves")
        if 0 < calibration.audited.sum() < self.audits:
            return Keep("too few audits")
        return super().learn(calibration)


def finished(
    reports: Mapping[int, float],
    value: float | None = None,
    params: Mapping[str, Any] | None = None,
    distributions: Mapping[str, BaseDistribution] | None = None,
    state: TrialState = TrialState.COMPLETE,
) -> FrozenTrial:
    """A trial of an earlier study; its value is its last report unless it is given."""
    last = reports[max(reports)] if value is None and reports else value
    return create_trial(
        state=state,
        value=last if state == TrialState.COMPLETE else None,
        params=dict(params or {}),
        distributions=dict(distributions or {}),
        intermediate_values=dict(reports),
    )


def line(end: float, first_step: int = 1, epochs: int = T) -> dict[int, float]:
    """Reports of a straight curve from 0 to `end`."""
    return {first_step + i: end * (i + 1) / epochs for i in range(epochs)}


def study_with(pruner: PredictivePruner, *trials: FrozenTrial, direction: Goal = "maximize") -> optuna.Study:
    """A study in memory that holds `trials`."""
    study = optuna.create_study(direction=direction, pruner=pruner)
    study.add_trials(trials)
    return study


def running(study: optuna.Study, reports: Mapping[int, float], **params: BaseDistribution) -> FrozenTrial:
    """A trial of the study that has reported so much and is still running."""
    trial = study.ask(params)
    for step, value in reports.items():
        trial.report(value, step)
    return study.get_trials(deepcopy=False)[trial.number]


def notebook_study(
    *trials: FrozenTrial, max_epochs: int = T, **options: Any
) -> tuple[Notebook, PredictivePruner, optuna.Study]:
    """A study whose pruner notes what its predictor is given; by the paper's rule unless a rule is given."""
    notebook = Notebook()
    rule = {} if {"rule", "risk"} & options.keys() else {"confidence": 0.99}
    options = {"n_startup_trials": 1} | rule | options
    pruner = PredictivePruner(notebook, max_epochs=max_epochs, **options)
    return notebook, pruner, study_with(pruner, *trials)


def exponential(sign: float, steps: range = range(T)) -> Callable[[optuna.Trial], float]:
    """An objective whose accuracy rises, or whose error falls, to a level that its parameters set."""

    def objective(trial: optuna.Trial) -> float:
        level = trial.suggest_float("level", 0.2, 0.9)
        rate = trial.suggest_float("rate", 0.2, 0.8)
        noise = np.random.default_rng(trial.number).normal(0, 0.005, len(steps))
        for i, step in enumerate(steps):
            score = level * (1 - math.exp(-rate * (i + 1))) + noise[i]
            trial.report(sign * score, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(sign * score)

    return objective


def optimised(pruner: optuna.pruners.BasePruner, sign: float = 1.0, trials: int = 60, **options: Any) -> optuna.Study:
    """A finished study of exponential curves, sampled at random under one seed."""
    study = optuna.create_study(
        direction="maximize" if sign > 0 else "minimize",
        pruner=pruner,
        sampler=optuna.samplers.RandomSampler(seed=3),
    )
    study.optimize(exponential(sign, **options), n_trials=trials)
    return study


def decisions(study: optuna.Study) -> list[tuple[TrialState, int | None]]:
    """How every trial ended, and at which step."""
    return [(trial.state, trial.last_step) for trial in study.get_trials(deepcopy=False)]


def pruned(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=(TrialState.PRUNED,)))
