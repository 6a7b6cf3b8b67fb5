"""The words and numbers of a command line, and what they become: a run's scheduler and objective, or predictions."""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from bandits import registry
from bandits.curves import Goal
from bandits.errors import SettingError, UnknownPlugin
from bandits.objectives.base import Objective
from bandits.objectives.curve_table import CurveTable
from bandits.prediction import Predictions, predict_table
from bandits.schedulers.base import Scheduler
from bandits.stopping import EarlierCurves, EarlyStopper, ProbabilityRule, RiskControlledRule, StoppingRule

__all__ = ["DEFAULT_OBJECTIVE", "ObjectiveSpec", "PredictionSpec", "RunSpec", "epoch_from"]

DEFAULT_OBJECTIVE = "table:metaqnn_cifar10"
_TRIALS_WITHOUT_TABLE = 100
_EPOCH = re.compile(r"[0-9]{1,9}")
_SHARE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%")


@dataclass(frozen=True, slots=True)
class ObjectiveSpec:
    """What trains, or is replayed. None stands for the objective's default.

    Args:
        objective: "table:NAME", "table:FILE.csv", "cnn:DATASET", "lstm:CORPUS", "NAME:ARGUMENT" of a plug-in, or
            "module:attribute", where the attribute is an Objective or a function made one by
            `bandits.objectives.objective`. The current folder is searched for the module first.
        max_epochs: T of a training that can be as long as one likes.
        goal: "maximize" or "minimize", for a file whose metric does not tell.
        space: name of the search space.
        device: "cpu", "cuda", "cuda:0,1" or "auto".
        data_dir: folder where data sets lie.
        threads: CPU threads of a training.
    """

    objective: str = DEFAULT_OBJECTIVE
    max_epochs: int | None = None
    goal: str | None = None
    space: str | None = None
    device: str | None = None
    data_dir: str | None = None
    threads: int | None = None

    def build(self) -> Objective:
        """Find the objective that is meant.

        Raises:
            SettingError, UnknownPlugin: there is no such objective, or a setting is none of its own.
        """
        kind, colon, argument = self.objective.partition(":")
        kinds = registry.names("objectives")
        if kind in kinds and argument:
            make = registry.load("objectives", kind)
            objective: Objective = make(argument, **self._settings(kind, inspect.signature(make).parameters))
            return objective
        if not colon or not argument or kind in kinds:
            raise UnknownPlugin(
                "objective", self.objective, [*(f"{name}:..." for name in kinds), "your_module:your_function"]
            )
        self._settings(self.objective, {})
        return _imported(self.objective, kind, argument)

    def _settings(self, kind: str, accepted: Mapping[str, object]) -> dict[str, Any]:
        """The settings that were given, all of which the objective must know; the length where it can be chosen."""
        given = {name: getattr(self, name) for name in ("goal", "space", "device", "data_dir", "threads")}
        settings = {name: value for name, value in given.items() if value is not None}
        for name, value in settings.items():
            if name not in accepted:
                raise SettingError.broken(f"`{name}`", f"must be left out for {kind}, which has no such setting", value)
        if self.max_epochs is not None and "max_epochs" in accepted:
            settings["max_epochs"] = self.max_epochs
        return settings


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What to run. None stands for the default of the algorithm, the rule or the objective.

    Args:
        algorithm: a name of `bandits list algorithms`.
        predictor: a name of `bandits list predictors`; None drops no arm early.
        objective, goal, space, device, data_dir, threads: as `ObjectiveSpec` documents them.
        max_epochs: R; by default the objective's length.
        eta, loops, trials, kappa, sizes, look_ahead, min_epochs, burn_in, percentile, warm_up, min_arms, interval, k,
            first_epochs: as the algorithm documents them.
        risk, audit, margin, keep: as `RiskControlledRule` documents them.
        confidence: as `ProbabilityRule` documents it; takes that rule instead.
        warm_start: earlier studies whose curves the predictor starts with, each as `read_study` takes it.
        workers: how many arms train at a time.
        seed: of everything random.
    """

    algorithm: str
    predictor: str | None = None
    objective: str = DEFAULT_OBJECTIVE
    max_epochs: int | None = None
    eta: int | None = None
    loops: int | None = None
    trials: int | None = None
    kappa: float | None = None
    sizes: str | None = None
    look_ahead: bool | None = None
    min_epochs: int | None = None
    burn_in: int | None = None
    percentile: float | None = None
    warm_up: int | None = None
    min_arms: int | None = None
    interval: int | None = None
    k: int | None = None
    first_epochs: int | None = None
    risk: float | None = None
    audit: float | None = None
    confidence: float | None = None
    margin: float | None = None
    keep: int | None = None
    goal: str | None = None
    space: str | None = None
    device: str | None = None
    data_dir: str | None = None
    threads: int | None = None
    warm_start: tuple[str, ...] = ()
    workers: int = 1
    seed: int = 0

    def build_objective(self) -> Objective:
        """The objective that is meant.

        Raises:
            SettingError, UnknownPlugin: there is no such objective.
        """
        names = (field.name for field in fields(ObjectiveSpec))
        return ObjectiveSpec(**{name: getattr(self, name) for name in names}).build()

    def build_earlier(self, objective: Objective) -> EarlierCurves | None:
        """The curves of earlier studies, for a new one of `objective`; None without a warm start.

        Raises:
            SettingError, JournalError, UnknownPlugin: a source cannot be read, or does not fit the objective.
        """
        if not self.warm_start:
            return None
        from bandits.earlier import earlier_curves  # others need not wait for its readers

        return earlier_curves(self.warm_start, objective, seed=self.seed)

    def build_stopper(self, objective: Objective) -> EarlyStopper | None:
        """The predictor, the rule and the curves of earlier studies; None without a predictor.

        Raises:
            SettingError: a rule's setting is wrong, or given without a predictor; or what `build_earlier` says.
            UnknownPlugin: there is no such predictor.
        """
        given: dict[str, Any] = {
            name: value
            for name in ("risk", "audit", "confidence", "margin", "keep")
            if (value := getattr(self, name)) is not None
        }
        if self.predictor is None:
            given |= {} if self.kappa is None else {"kappa": self.kappa}
            given |= {"look_ahead": True} if self.look_ahead else {}
            given |= {"warm_start": self.warm_start} if self.warm_start else {}
            for name, value in given.items():
                raise SettingError.broken(f"`{name}`", "must come with a predictor", value)
            return None
        predictor = registry.load("predictors", self.predictor)()
        earlier = self.build_earlier(objective)
        return EarlyStopper(predictor, _rule(given), earlier=earlier, seed=self.seed)

    def build_scheduler(self, objective: Objective) -> Scheduler:
        """The algorithm, sized for the objective.

        Raises:
            SettingError: a setting is wrong, or is none of this algorithm's.
            UnknownPlugin: there is no such algorithm.
        """
        algorithm = registry.load("algorithms", self.algorithm)
        accepted = inspect.signature(algorithm).parameters
        settings: dict[str, Any] = {
            "eta": self.eta,
            "loops": self.loops,
            "trials": self.trials,
            "kappa": self.kappa,
            "sizes": self.sizes,
            "look_ahead": self.look_ahead,
            "min_epochs": self.min_epochs,
            "burn_in": self.burn_in,
            "percentile": self.percentile,
            "warm_up": self.warm_up,
            "min_arms": self.min_arms,
            "interval": self.interval,
            "k": self.k,
            "first_epochs": self.first_epochs,
        }
        settings = {name: value for name, value in settings.items() if value is not None}
        for name, value in settings.items():
            if name not in accepted:
                own = ", ".join(name for name in accepted if name not in ("stopper", "max_epochs", "form"))
                raise SettingError.broken(f"`{name}`", f"must be a setting of {self.algorithm} ({own})", value)
        if accepted.get("trials", _OPTIONAL).default is inspect.Parameter.empty:
            settings.setdefault("trials", objective.configurations or _TRIALS_WITHOUT_TABLE)
        max_epochs = objective.max_epochs if self.max_epochs is None else self.max_epochs
        scheduler: Scheduler = algorithm(max_epochs=max_epochs, stopper=self.build_stopper(objective), **settings)
        return scheduler


def _rule(given: Mapping[str, Any]) -> StoppingRule:
    """The stopping rule whose settings are given: risk-controlled, unless a confidence asks for the paper's."""
    if "confidence" not in given:
        return RiskControlledRule(**given)
    for name in ("risk", "audit"):
        if name in given:
            raise SettingError.broken(f"`{name}`", "must be left out with `confidence`, another rule's", given[name])
    return ProbabilityRule(**given)


_OPTIONAL = inspect.Parameter("trials", inspect.Parameter.KEYWORD_ONLY, default=None)


@dataclass(frozen=True, slots=True)
class PredictionSpec:
    """Which curves to forecast, and how.

    Args:
        curves: path of a csv file, or "table:NAME" of a table that comes with the package.
        predictor: a name of `bandits list predictors`.
        at: the epoch at which rows are cut, or a share of the horizon such as "25%"; None uses all that was measured.
        horizon: the epoch that is forecast; None for the table's last.
        check: how many complete rows are forecast as a test, where `at` is given.
        goal: "maximize" or "minimize", for a file whose metric does not tell.
        seed: of everything random.
    """

    curves: str
    predictor: str = "srm"
    at: str | None = None
    horizon: int | None = None
    check: int = 200
    goal: Goal | None = None
    seed: int = 0

    def predict(self) -> Predictions:
        """Load, fit, forecast: see `predict_table`.

        Raises:
            SettingError, CurveTableError, UnknownPlugin, MissingDependency: what it says.
        """
        predictor = registry.load("predictors", self.predictor)()
        kind, _, name = self.curves.partition(":")
        table = CurveTable(name if kind == "table" and name else self.curves, goal=self.goal, duplicates="keep")
        at = None if self.at is None else epoch_from(self.at, self.horizon or table.max_epochs)
        return predict_table(table, predictor, at=at, horizon=self.horizon, check=self.check, seed=self.seed)


def epoch_from(text: str, horizon: int) -> int:
    """Read an epoch, "12", or a share of the horizon, "25%", which is rounded down to a whole epoch, 1 at least.

    Raises:
        SettingError: it is neither, or the share is not between 0 and 100 %.

    Example:
        >>> epoch_from("12", 50), epoch_from("25%", 50)
        (12, 12)
    """
    if match := _EPOCH.fullmatch(text.strip()):
        return int(match[0])
    if match := _SHARE.fullmatch(text.strip()):
        share = Fraction(match[1]) / 100  # exact: as a float, 29 % of 100 is less than 29
        if 0 < share < 1:
            return max(1, math.floor(share * horizon))
    raise SettingError.broken("`at`", "must be an epoch such as 12, or a share such as 25%", text)


def _imported(spec: str, module_name: str, attribute: str) -> Objective:
    """Import an objective that the user wrote."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        known = [*(f"{name}:..." for name in registry.names("objectives")), "your_module:your_function"]
        if error.name != module_name.partition(".")[0]:
            raise
        raise UnknownPlugin("objective", spec, known) from None
    if not hasattr(module, attribute):
        raise SettingError.broken("objective", f"must name an attribute of {module_name}", attribute)
    objective = getattr(module, attribute)
    if not isinstance(objective, Objective):
        rule = "must be an Objective; decorate a function with bandits.objectives.objective(space=..., metric=...)"
        raise SettingError.broken("objective", rule, objective)
    return objective
