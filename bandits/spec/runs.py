"""Which run a command line asks for: its objective, scheduler, stopper, sampler and executor."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from bandits import registry
from bandits.errors import SettingError
from bandits.objectives.base import Objective
from bandits.runtime import Executor, executor_for
from bandits.runtime.event_order import Order
from bandits.samplers.base import Sampler
from bandits.samplers.epsilon_schedule import EpsilonSchedule
from bandits.schedulers.base import Scheduler
from bandits.spec.objectives import DEFAULT_OBJECTIVE, ObjectiveSpec
from bandits.stopping import EarlierCurves, EarlyStopper, ProbabilityRule, RiskControlledRule, StoppingRule

__all__ = ["RunSpec"]

_TRIALS_WITHOUT_TABLE = 100
_SCHEDULER = (
    "eta", "loops", "trials", "kappa", "sizes", "look_ahead", "min_epochs", "burn_in", "percentile", "warm_up",
    "min_arms", "interval", "k", "first_epochs",
)  # fmt: skip
_RULE = ("risk", "audit", "confidence", "margin", "keep")
_SAMPLER = ("epsilon", "q_learning_rate", "discount", "initial_value", "replay")
_OPTIONAL = inspect.Parameter("trials", inspect.Parameter.KEYWORD_ONLY, default=None)


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What to run. None stands for the default of the algorithm, the rule or the objective.

    Args:
        algorithm: a name of `bandits list algorithms`.
        predictor: a name of `bandits list predictors`; None drops no arm early.
        sampler: a name of `bandits list samplers`; by default the objective's own, which is random, or the algorithm's.
        objective, goal, space, device, data_dir, threads, restarts, arguments: as `ObjectiveSpec` documents them.
        max_epochs: R; by default the objective's length.
        eta, loops, trials, kappa, sizes, look_ahead, min_epochs, burn_in, percentile, warm_up, min_arms, interval, k,
            first_epochs: as the algorithm documents them.
        risk, audit, margin, keep: as `RiskControlledRule` documents them.
        confidence: as `ProbabilityRule` documents it; takes that rule instead.
        epsilon: stages of metaqnn's exploration, "1.0:1500,0.9:100,...", as `EpsilonSchedule` reads them.
        q_learning_rate, discount, initial_value, replay: as `QLearning` documents them.
        warm_start: earlier studies whose curves the predictor starts with, each as `read_study` takes it.
        workers, fixed_order, checkpoints: as `executor_for` documents them.
        seed: of everything random.
    """

    algorithm: str
    predictor: str | None = None
    sampler: str | None = None
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
    epsilon: str | None = None
    q_learning_rate: float | None = None
    discount: float | None = None
    initial_value: float | None = None
    replay: int | None = None
    goal: str | None = None
    space: str | None = None
    device: str | None = None
    data_dir: str | None = None
    threads: int | None = None
    restarts: int | None = None
    arguments: tuple[str, ...] = ()
    warm_start: tuple[str, ...] = ()
    workers: int = 1
    fixed_order: bool = False
    checkpoints: str | None = None
    seed: int = 0

    @property
    def sampler_name(self) -> str | None:
        """The sampler's name as `bandits list samplers` writes it; None where none was asked for.

        Raises:
            UnknownPlugin: there is no such sampler.
        """
        return None if self.sampler is None else registry.find("samplers", self.sampler).name

    def build_objective(self) -> Objective:
        """The objective that is meant.

        Raises:
            SettingError, UnknownPlugin: there is no such objective.
        """
        spec = ObjectiveSpec(**{field.name: getattr(self, field.name) for field in fields(ObjectiveSpec)})
        restarts = registry.find("algorithms", self.algorithm).objective.get("restarts")
        if spec.restarts is None and restarts is not None and spec.accepts("restarts"):
            spec = replace(spec, restarts=restarts)
        return spec.build()

    def build_earlier(self, objective: Objective) -> EarlierCurves | None:
        """The curves of earlier studies, for a new one of `objective`; None without a warm start.

        Raises:
            SettingError, JournalError, UnknownPlugin: a source cannot be read, or does not fit the objective.
        """
        if not self.warm_start:
            return None
        from bandits.studies import earlier_curves  # others need not wait for its readers

        return earlier_curves(self.warm_start, objective, seed=self.seed)

    def build_stopper(self, objective: Objective) -> EarlyStopper | None:
        """The predictor, the rule and the curves of earlier studies; None without a predictor.

        Raises:
            SettingError: a rule's setting is wrong, or given without a predictor; or what `build_earlier` says.
            UnknownPlugin: there is no such predictor.
        """
        given = self._given(_RULE)
        if self.predictor is None:
            given |= {} if self.kappa is None else {"kappa": self.kappa}
            given |= {"look_ahead": True} if self.look_ahead else {}
            given |= {"warm_start": self.warm_start} if self.warm_start else {}
            for name, value in given.items():
                raise SettingError.broken(f"`{name}`", "must come with a predictor", value)
            return None
        predictor = registry.load("predictors", self.predictor)()
        earlier = self.build_earlier(objective)
        if not given.keys() & {"risk", "audit"}:
            usual = registry.find("algorithms", self.algorithm).rule
            given = ({"confidence": ProbabilityRule().confidence} if usual else {}) | given
        return EarlyStopper(predictor, _rule(given), earlier=earlier, seed=self.seed)

    def build_scheduler(self, objective: Objective) -> Scheduler:
        """The algorithm, sized for the objective.

        Raises:
            SettingError: a setting is wrong, or is none of this algorithm's.
            UnknownPlugin: there is no such algorithm.
        """
        algorithm = registry.load("algorithms", self.algorithm)
        accepted = inspect.signature(algorithm).parameters
        settings = self._given(_SCHEDULER)
        for name, value in settings.items():
            if name not in accepted:
                own = ", ".join(name for name in accepted if name not in ("stopper", "max_epochs", "form"))
                raise SettingError.broken(f"`{name}`", f"must be a setting of {self.algorithm} ({own})", value)
        if accepted.get("trials", _OPTIONAL).default is inspect.Parameter.empty:
            settings.setdefault("trials", self._trials(objective))
        max_epochs = objective.max_epochs if self.max_epochs is None else self.max_epochs
        scheduler: Scheduler = algorithm(max_epochs=max_epochs, stopper=self.build_stopper(objective), **settings)
        return scheduler

    def build_sampler(self, objective: Objective) -> Sampler | None:
        """Who chooses the configurations; None where the objective's own sampler will do.

        Raises:
            SettingError: a setting is wrong, or is none of the algorithm's; or the objective has no nets that the
                algorithm could choose.
            UnknownPlugin: there is no such sampler.
        """
        own = registry.find("algorithms", self.algorithm).sampler
        make = registry.load("samplers", own) if own else None
        given = self._given(_SAMPLER)
        if make is None:
            for name, value in given.items():
                raise SettingError.broken(f"`{name}`", f"must be left out with {self.algorithm}", value)
            return self._named_sampler()
        if self.sampler is not None:
            rule = f"must be left out with {self.algorithm}, which has its own"
            raise SettingError.broken("`sampler`", rule, self.sampler)
        if objective.grammar is None:
            rule = f"must be one whose nets {self.algorithm} can choose layer by layer, such as cnn:digits"
            raise SettingError.broken("`objective`", rule, objective.name)
        if "q_learning_rate" in given:
            given["learning_rate"] = given.pop("q_learning_rate")
        sampler: Sampler = make(objective.grammar, seed=self.seed, **{**given, "epsilon": self._schedule()})
        return sampler

    def _named_sampler(self) -> Sampler | None:
        """The sampler that was asked for by name; random sampling is the objective's own business."""
        name = self.sampler_name
        if name is None or name == "random":
            return None
        sampler: Sampler = registry.load("samplers", name)(seed=self.seed)
        return sampler

    def build_executor(self, objective: Objective) -> Executor:
        """Where the objective trains.

        Raises:
            SettingError: a setting is wrong, or memory does not suffice.
        """
        order: Order = "fixed" if self.fixed_order else "arrival"
        threads = 1 if self.threads is None else self.threads
        return executor_for(objective, self.workers, order=order, checkpoints=self.checkpoints, threads=threads)

    def _schedule(self) -> EpsilonSchedule:
        """The stages of metaqnn: those given, else the paper's, scaled to the number of trials."""
        if self.epsilon is not None:
            return EpsilonSchedule.parse(self.epsilon)
        return EpsilonSchedule.paper() if self.trials is None else EpsilonSchedule.scaled(self.trials)

    def _trials(self, objective: Objective) -> int:
        if registry.find("algorithms", self.algorithm).sampler:
            return self._schedule().nets
        return objective.configurations or _TRIALS_WITHOUT_TABLE

    def _given(self, names: Iterable[str]) -> dict[str, Any]:
        """The settings of these names that were given."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def _rule(given: Mapping[str, Any]) -> StoppingRule:
    """The stopping rule whose settings are given: risk-controlled, unless a confidence asks for the paper's."""
    if "confidence" not in given:
        return RiskControlledRule(**given)
    for name in ("risk", "audit"):
        if name in given:
            raise SettingError.broken(f"`{name}`", "must be left out with `confidence`, another rule's", given[name])
    return ProbabilityRule(**given)
