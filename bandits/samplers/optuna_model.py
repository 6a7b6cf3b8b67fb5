"""The study from which a sampler of Optuna learns: the scores of all arms at one epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bandits.samplers.optuna_log import quiet_optuna

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.storages import InMemoryStorage
    from optuna.trial import TrialState

__all__ = ["FORECAST", "ModelStudy", "Standing"]

FORECAST = "bandits:forecast"  # a trial's user attribute: its value was forecast
_NAME = "bandits"


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of an arm at the epoch of the study.

    Args:
        how: "known" (it has a score there), "open" (it may get there yet) or "out" (it never will).
        score: of the known; larger is better.
        forecast: the score was forecast, not measured.
    """

    how: Literal["known", "open", "out"]
    score: float | None = None
    forecast: bool = False


class ModelStudy:
    """An Optuna study in memory: known arms are COMPLETE there, open ones RUNNING, and others FAIL.

    Arms are its trials, in the order in which they were proposed. What a sampler keeps in its system attributes stays
    when the study is made anew, so that one which has a state, as CMA-ES has, goes on.

    Args:
        sampler: proposes parameters.
        space: a distribution by parameter name.

    Attributes:
        study: the study as it stands; another object after `rebuild`.
    """

    def __init__(self, sampler: BaseSampler, space: Mapping[str, BaseDistribution]) -> None:
        self._sampler = sampler
        self._space = dict(space)
        self._standings: list[Standing] = []
        self._storage, self.study = _empty_study(sampler)

    def ask(self) -> dict[str, Any]:
        """The parameters of a new, open trial."""
        number = self.study.ask(fixed_distributions=self._space).number
        self._standings.append(Standing("open"))
        return self._storage.get_trial(self._id(number)).params  # as the distributions have them

    def add(self, params: Mapping[str, Any]) -> None:
        """Add an open trial that the sampler did not propose."""
        from optuna.trial import TrialState, create_trial

        trial = create_trial(state=TrialState.RUNNING, params=dict(params), distributions=self._space)
        self.study.add_trial(trial)
        self._standings.append(Standing("open"))

    def change(self, number: int, params: Mapping[str, Any]) -> None:
        """Give an open trial other parameters."""
        for name, value in params.items():
            distribution = self._space[name]
            internal = distribution.to_internal_repr(value)
            self._storage.set_trial_param(self._id(number), name, internal, distribution)

    def tell(self, number: int, standing: Standing) -> bool:
        """Say where an arm stands.

        Returns:
            Whether it could be said: what a study knows of a trial that has ended is final there.
        """
        known = self._standings[number]
        if standing == known:
            return True
        if known.how != "open":
            return False
        if standing.forecast:
            self._storage.set_trial_user_attr(self._id(number), FORECAST, True)
        self.study.tell(number, standing.score, state=_state(standing))
        self._standings[number] = standing
        return True

    def rebuild(self, standings: Sequence[Standing]) -> None:
        """Make the study anew, with the same trials where they stand now."""
        from optuna.trial import create_trial

        old, trials = self._storage, self.study.get_trials(deepcopy=False)
        self._storage, self.study = _empty_study(self._sampler)
        study_id = self._storage.get_study_id_from_name(_NAME)
        for name, value in old.get_study_system_attrs(old.get_study_id_from_name(_NAME)).items():
            self._storage.set_study_system_attr(study_id, name, value)
        for trial, standing in zip(trials, standings, strict=True):
            self.study.add_trial(
                create_trial(
                    state=_state(standing),
                    value=standing.score,
                    params=trial.params,
                    distributions=trial.distributions,
                    user_attrs={FORECAST: True} if standing.forecast else {},
                    system_attrs=trial.system_attrs,
                )
            )
        self._standings = list(standings)

    def _id(self, number: int) -> int:
        study_id = self._storage.get_study_id_from_name(_NAME)
        return self._storage.get_trial_id_from_study_id_trial_number(study_id, number)


def _state(standing: Standing) -> TrialState:
    from optuna.trial import TrialState

    states = {"known": TrialState.COMPLETE, "open": TrialState.RUNNING, "out": TrialState.FAIL}
    return states[standing.how]


def _empty_study(sampler: BaseSampler) -> tuple[InMemoryStorage, Study]:
    """A storage of its own, so that trials have the same ids in every study; nothing is logged."""
    import optuna

    storage = optuna.storages.InMemoryStorage()
    pruner = optuna.pruners.NopPruner()
    with quiet_optuna():
        study = optuna.create_study(
            storage=storage, study_name=_NAME, direction="maximize", sampler=sampler, pruner=pruner
        )
    return storage, study
