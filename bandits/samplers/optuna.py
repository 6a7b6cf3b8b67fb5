"""Samplers of Optuna choose configurations for schedulers that stop early: TPE with Hyperband is the recipe of BOHB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from bandits.curves import Trial
from bandits.errors import ProtocolError, SettingError
from bandits.errors.checks import check_choice, check_instance, check_number, check_whole
from bandits.rng import rng_for
from bandits.samplers.base import Outcome, Projection, Sampler, Searchable
from bandits.samplers.optuna_model import ModelStudy, Standing
from bandits.samplers.optuna_names import named_sampler
from bandits.samplers.random import RandomSampler
from bandits.search_space import check_space, params_in

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

__all__ = ["Dropped", "OptunaSampler", "named_sampler"]

Dropped = Literal["forecast", "measured", "nothing"]
_LEAST_ARMS = 10  # before so many, Optuna's TPE and GP draw at random


@dataclass(slots=True)
class _Arm:
    """A configuration and what became of it so far."""

    scores: list[float] = field(default_factory=list)
    ended: bool = False
    withdrawn: bool = False  # the model shall not know of it
    forecast: tuple[int, float] | None = None  # for which epoch, and the score

    def at(self, epoch: int) -> Standing:
        """Where it stands at an epoch."""
        if self.withdrawn:
            return Standing("out")
        if epoch <= len(self.scores):
            return Standing("known", self.scores[epoch - 1])
        if self.forecast is not None and self.forecast[0] == epoch:
            return Standing("known", self.forecast[1], forecast=True)
        return Standing("out" if self.ended else "open")


@dataclass(frozen=True, slots=True)
class _Search:
    """What there is to choose, and who chooses."""

    space: Mapping[str, BaseDistribution]
    project: Projection | None
    random: RandomSampler
    model: ModelStudy
    least_arms: int  # one more than there are parameters, or what a sampler wants

    @classmethod
    def of(
        cls, chosen: BaseSampler, space: Mapping[str, BaseDistribution], seed: int, project: Projection | None
    ) -> _Search:
        """The beginning of a search."""
        check_space(space)
        free = sum(not distribution.single() for distribution in space.values())
        random, model = RandomSampler(space, seed), ModelStudy(chosen, space)
        return cls(dict(space), project, random, model, max(free + 1, _LEAST_ARMS))


class OptunaSampler(Sampler):
    """Lets a sampler of Optuna propose configurations, and gives it the scores of all arms at one epoch.

    That epoch is the last one that at least `min_arms` arms have reached. docs/samplers.md tells how arms count.

    Args:
        sampler: a name of `named_sampler`, or a sampler of Optuna, which is used as it is and serves one run.
        space: a distribution of `optuna.distributions` for each parameter name. None takes space and projection of the
            run's objective.
        seed: seed of a sampler given by name, and of `random_share`, >= 0.
        dropped: how an arm that a forecast dropped counts: "forecast" (by its scores, and by its forecast at the
            horizon), "measured" (by its scores alone) or "nothing" (not at all).
        project: a function from chosen parameters to the configuration that is trained (`Objective.projection`); the
            sampler is told the parameters of that configuration. Needs `space`.
        min_arms: how many arms must have reached the epoch whose scores count, >= 1; None for one more than there are
            parameters, and at least 10.
        random_share: share of configurations drawn at random, in [0, 1]; 1/3 in BOHB.
        options: further arguments of Optuna's class, such as n_startup_trials of "tpe"; only with a sampler's name.

    Raises:
        SettingError, UnknownPlugin, MissingDependency: an argument breaks its rule, no sampler has that name, or a
            library is not installed.

    Source: Falkner, Klein and Hutter, "BOHB" (ICML 2018), for the model of the largest budget with enough arms.

    Example:
        >>> OptunaSampler("tpe", seed=0).settings()["sampler"]
        'tpe'
    """

    def __init__(
        self,
        sampler: BaseSampler | str = "tpe",
        space: Mapping[str, BaseDistribution] | None = None,
        *,
        seed: int = 0,
        dropped: Dropped = "forecast",
        project: Projection | None = None,
        min_arms: int | None = None,
        random_share: float = 0.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        from optuna.samplers import BaseSampler

        check_instance("sampler", sampler, (BaseSampler, str), "must be a sampler of optuna, or the name of one")
        if project is not None and (space is None or not callable(project)):
            raise SettingError.broken("`project`", "must be a function, and come with a space", project)
        check_instance("options", options, Mapping, "must map names to arguments of Optuna's sampler", or_none=True)
        self._least_arms = check_whole("min_arms", min_arms, 1, or_none=True)
        self._seed = check_whole("seed", seed, 0)
        self._dropped = check_choice("dropped", dropped, get_args(Dropped))
        self._random_share = check_number("random_share", random_share, least=0, most=1)
        self._name = sampler if isinstance(sampler, str) else type(sampler).__name__
        if options and not isinstance(sampler, str):
            raise SettingError.broken("`options`", "must be left out with a sampler that has been made", options)
        self._options = dict(options or {})
        self._chosen = named_sampler(sampler, seed=self._seed, options=options) if isinstance(sampler, str) else sampler
        self._arms: list[_Arm] = []  # by their number in the study
        self._numbers: dict[int, int] = {}  # by trial id
        self._news: dict[int, None] = {}  # numbers of those of whom the study does not know the latest
        self._reached: Counter[int] = Counter()  # how many arms have a score, by epoch
        self._epoch = 1
        self._search: _Search | None = None if space is None else _Search.of(self._chosen, space, self._seed, project)

    def bind(self, objective: Searchable) -> None:
        """Take the parameters of an objective, unless some were given.

        Raises:
            SettingError: there are none; or the sampler has served another run, and knows what came of that one.
        """
        if self._arms:
            raise SettingError.broken("`sampler`", "must be a new one, since it has learnt in another run", self._name)
        if self._search is None:
            if objective.space is None:
                rule = f"must be left out for {objective.name}, which has no parameters that it could choose"
                raise SettingError.broken("`sampler`", rule, self._name)
            self._search = _Search.of(self._chosen, objective.space, self._seed, objective.projection())

    @property
    def _searched(self) -> _Search:
        if self._search is None:
            rule = "must be given, or be that of an objective that is run with this sampler"
            raise SettingError.broken("`space`", rule, None)
        return self._search

    @property
    def _min_arms(self) -> int:
        return self._searched.least_arms if self._least_arms is None else self._least_arms

    def settings(self) -> dict[str, Any]:
        """The arguments that build this sampler, but for the space and the projection, which are the objective's."""
        return {
            "sampler": self._name,
            "dropped": self._dropped,
            "min_arms": self._least_arms if self._search is None else self._min_arms,
            "random_share": self._random_share,
            "seed": self._seed,
        } | ({"options": self._options} if self._options else {})

    @property
    def epoch(self) -> int:
        """The epoch whose scores the sampler knows."""
        self._inform()
        return self._epoch

    @property
    def study(self) -> Study:
        """What the sampler knows, as an Optuna study that maximizes the score at `epoch`; not to be changed.

        Its trials are the arms in the order in which they were proposed. Those without a score there are RUNNING if
        they may get one, else FAIL.
        """
        self._inform()
        return self._searched.model.study

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The configuration of a trial; each id is asked for once, in any order.

        Raises:
            ProtocolError: the id has been asked for before.
        """
        if check_whole("trial_id", trial_id, 0) in self._numbers:
            raise ProtocolError(f"trial {trial_id} has its configuration already")
        search = self._searched
        self._inform()
        number = self._numbers[trial_id] = len(self._arms)
        self._arms.append(_Arm())
        if float(rng_for(self._seed, "random share", trial_id).random()) < self._random_share:
            params = dict(search.random.propose(trial_id))
            search.model.add(params)
        else:
            params = search.model.ask()
        if search.project is None:
            return params
        config = search.project(params)
        search.model.change(number, params_in(config, search.space))
        return config

    def watch(self, trial: Trial, epoch: int, score: float) -> None:
        """Remember a score.

        Raises:
            ProtocolError: the trial is none of this sampler's, its outcome is known, or it is at another epoch.
        """
        number, arm = self._arm(trial)
        if epoch != len(arm.scores) + 1:
            raise ProtocolError(f"trial {trial.id} is at epoch {len(arm.scores)}, epoch {epoch} cannot follow")
        arm.scores.append(score)
        self._reached[epoch] += 1
        self._news[number] = None

    def learn(self, outcome: Outcome) -> None:
        """Remember how a trial has ended.

        Raises:
            ProtocolError: the trial is none of this sampler's, or its outcome is known.
        """
        trial = outcome.trial
        number, arm = self._arm(trial)
        for epoch in range(len(arm.scores) + 1, len(outcome.scores) + 1):  # of which `watch` was not told
            self.watch(trial, epoch, outcome.scores[epoch - 1])
        arm.ended = True
        self._news[number] = None
        dropped = outcome.how == "dropped"
        if outcome.how == "failed" or (dropped and self._dropped == "nothing"):
            arm.withdrawn = True
            self._reached.subtract(range(1, len(arm.scores) + 1))
        elif dropped and self._dropped == "forecast" and outcome.forecast is not None and outcome.horizon is not None:
            arm.forecast = (outcome.horizon, outcome.forecast)
            self._reached[outcome.horizon] += 1

    def _arm(self, trial: Trial) -> tuple[int, _Arm]:
        number = self._numbers.get(trial.id)
        if number is None:
            raise ProtocolError(f"trial {trial.id} was not proposed by this sampler")
        arm = self._arms[number]
        if arm.ended:
            raise ProtocolError(f"trial {trial.id} has its outcome already")
        return number, arm

    def _inform(self) -> None:
        """Let the study know the latest, at the epoch that counts now."""
        model, least = self._searched.model, self._min_arms
        epoch = max((epoch for epoch, arms in self._reached.items() if arms >= least), default=1)
        told = epoch == self._epoch and all(model.tell(number, self._arms[number].at(epoch)) for number in self._news)
        self._news.clear()
        if not told:
            self._epoch = epoch
            model.rebuild([arm.at(epoch) for arm in self._arms])
