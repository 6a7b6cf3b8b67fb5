"""Studies of made-up trials, and clocks for what a pruner and its storage take of a report."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.predictors import Predictor
from bandits.predictors.base import Forecaster, LeaveOneOut
from bandits.stopping.auditing import is_audited

EPOCHS, SEED = 30, 0
AUDIT = 0.02  # the pruner's
STUDY = "cost"
SPACE = {
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "decay": FloatDistribution(1e-6, 1e-2, log=True),
    "layers": IntDistribution(1, 6),
    "optimizer": CategoricalDistribution(["adam", "sgd", "rmsprop"]),
}
_START = datetime(2026, 1, 1)


def reports(number: int, seed: int = SEED) -> tuple[dict[str, Any], list[float]]:
    """Parameters of a trial, drawn at random, and its accuracy after each epoch: a rise to a level, with noise."""
    rng = np.random.default_rng((seed, number))
    rate, decay = 10.0 ** rng.uniform(-4, 0), 10.0 ** rng.uniform(-6, -2)
    layers, optimizer = int(rng.integers(1, 7)), str(rng.choice(["adam", "sgd", "rmsprop"]))
    level = 0.9 - 0.06 * (math.log10(rate) + 2) ** 2 - 0.02 * (math.log10(decay) + 4) ** 2 - 0.01 * (layers - 4) ** 2
    level += rng.normal(0, 0.02) - 0.03 * (optimizer == "sgd")
    speed = rng.uniform(0.08, 0.4)
    curve = level * (1 - np.exp(-speed * np.arange(1, EPOCHS + 1))) + rng.normal(0, 0.004, EPOCHS)
    params = {"rate": rate, "decay": decay, "layers": layers, "optimizer": optimizer}
    return params, curve.tolist()


def finished(number: int) -> FrozenTrial:
    """A finished trial: every second one, and those that the pruner would audit, went to the end, as did the first ten;
    the others were pruned on the way."""
    params, curve = reports(number)
    complete = number < 10 or number % 2 == 0 or is_audited(number, AUDIT, seed=0)
    stop = EPOCHS if complete else int(np.random.default_rng((SEED, number, 1)).integers(1, EPOCHS // 2))
    trial = create_trial(
        state=TrialState.COMPLETE if complete else TrialState.PRUNED,
        value=curve[-1] if complete else None,
        params=params,
        distributions=SPACE,
        intermediate_values=dict(enumerate(curve[:stop])),
    )
    trial.datetime_start = _START + timedelta(minutes=number)
    trial.datetime_complete = trial.datetime_start + timedelta(minutes=1)
    return trial


def storage_of(kind: str, folder: Path) -> BaseStorage:
    """A storage of one of three kinds; the file of the latter two lies in the folder."""
    if kind == "memory":
        return InMemoryStorage()
    if kind == "SQLite":
        return RDBStorage(f"sqlite:///{folder / 'study.db'}")
    return JournalStorage(JournalFileBackend(str(folder / "study.log")))


def filled(kind: str, counts: list[int], folder: Path) -> Iterator[tuple[int, optuna.Study]]:
    """A study with so many finished trials, for each of the counts, ascending. Each is a copy: it may be written to."""
    growing = folder / "growing"
    growing.mkdir()
    storage, there = storage_of(kind, growing), 0
    study = optuna.create_study(study_name=STUDY, direction="maximize", storage=storage)
    for count in counts:
        study.add_trials([finished(number) for number in range(there, count)])
        there = count
        if kind == "memory":
            copy = optuna.create_study(study_name=STUDY, direction="maximize", storage=storage_of(kind, folder))
            copy.add_trials(study.get_trials(deepcopy=False))
        else:
            here = folder / str(count)
            shutil.copytree(growing, here)
            copy = optuna.load_study(study_name=STUDY, storage=storage_of(kind, here))
        yield count, copy


@dataclass
class Clock:
    """CPU seconds spent in some methods; calls inside others of them count once."""

    seconds: float = 0.0
    _depth: int = field(default=0, repr=False)

    def watch(self, owner: object, name: str) -> None:
        """Time a method of an object from now on."""
        method: Callable[..., Any] = getattr(owner, name)

        @wraps(method)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            began = time.process_time()
            try:
                return method(*args, **kwargs)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.seconds += time.process_time() - began

        setattr(owner, name, timed)

    def watch_storage(self, storage: BaseStorage) -> None:
        """Time everything that a storage does."""
        for name in dir(BaseStorage):
            if not name.startswith("_") and callable(getattr(storage, name)):
                self.watch(storage, name)


class Counted(Predictor):
    """Another predictor, whose forecasts of running trials are counted."""

    def __init__(self, predictor: Predictor) -> None:
        self.name, self.predictor, self.forecasts = predictor.name, predictor, 0

    def curves_needed(self, horizon: int) -> int:
        return self.predictor.curves_needed(horizon)

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return _CountedForecaster(self, self.predictor.fit(history, horizon=horizon, rng=rng))


class _CountedForecaster(Forecaster):
    def __init__(self, counter: Counted, forecaster: Forecaster) -> None:
        self.counter, self.forecaster = counter, forecaster

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return self.forecast_many([(trial, curve)])[0]

    def forecast_many(self, arms: Any) -> list[Forecast | Abstain]:
        answers = self.forecaster.forecast_many(arms)
        self.counter.forecasts += sum(isinstance(answer, Forecast) for answer in answers)
        return answers

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:
        return self.forecaster.leave_one_out(tau)
