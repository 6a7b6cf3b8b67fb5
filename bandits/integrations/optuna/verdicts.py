"""Verdicts as user attributes of Optuna trials: what a dashboard shows, and other processes read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna import exceptions
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from bandits.curves import Metric
from bandits.integrations.optuna.pruning_warning import Complaints
from bandits.verdicts import Drop, Keep, Verdict

__all__ = ["VERDICT", "Judgement", "metric_of", "save_verdict", "saved_verdict"]

# The first releases of Optuna 4 have no name of its own for it.
_FINISHED: type[Exception] = getattr(exceptions, "UpdateFinishedTrialError", RuntimeError)

VERDICT = "bandits:verdict"
"""The user attribute that holds the last verdict on a trial worth telling."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on a trial, and when it was given.

    Args:
        verdict: keep or drop.
        step: the last step that the trial had reported; None before the first.
        epoch: which epoch that was; None where it is not known.
        by_inner: another pruner said so.
    """

    verdict: Verdict
    step: int | None
    epoch: int | None
    by_inner: bool = False

    @classmethod
    def of_inner(cls, name: str, step: int | None, epoch: int | None) -> Judgement:
        """That another pruner, of this name, prunes the trial."""
        return cls(Drop(f"{name} prunes it"), step, epoch, by_inner=True)

    @property
    def worth_telling(self) -> bool:
        """Whether it rests on a forecast, or ends the trial."""
        return self.verdict.evidence is not None or isinstance(self.verdict, Drop)

    def follows(self, earlier: Judgement | None) -> bool:
        """Whether it is told instead of an earlier one.

        Once a trial has been spared, the rest of its life is owed to that, until it is pruned all the same by another
        pruner; and where no forecast is made the last one still stands.
        """
        if earlier is None or isinstance(self.verdict, Drop):
            return True
        return not earlier.verdict.spared and (self.worth_telling or not earlier.worth_telling)

    def as_json(self, metric: Metric) -> dict[str, Any]:
        """The judgement in the units of a metric, as JSON values."""
        evidence = self.verdict.evidence
        told: dict[str, Any] = {
            "pruned": isinstance(self.verdict, Drop),
            "step": self.step,
            "epoch": self.epoch,
            "reason": self.verdict.words(metric),
            "spared": self.verdict.spared,
        }
        names = ("forecast", "std", "horizon", "bar", "probability")
        if evidence is None:
            return told | dict.fromkeys(names)
        forecast = evidence.forecast
        numbers = (
            metric.restore(forecast.mean),
            forecast.std,
            forecast.horizon,
            metric.restore(evidence.bar),
            evidence.probability,
        )
        return told | dict(zip(names, numbers, strict=True))


def metric_of(study: Study) -> Metric:
    """The metric of a study of one objective; it is called "value" unless the study names it."""
    names = study.metric_names
    goal = "maximize" if study.direction == StudyDirection.MAXIMIZE else "minimize"
    return Metric(names[0] if names else "value", goal)  # type: ignore[arg-type]  # it is one of the two


def save_verdict(study: Study, trial: FrozenTrial, judgement: Judgement, complaints: Complaints) -> None:
    """Write a judgement to its trial, as Optuna's own pruners write to attributes of a trial.

    Nothing is written to a trial that somebody else has finished meanwhile. Where the storage refuses for another
    reason, a complaint is noted.
    """
    try:
        told = judgement.as_json(metric_of(study))
        study._storage.set_trial_user_attr(trial._trial_id, VERDICT, told)
    except _FINISHED:
        pass
    except Exception as error:  # whatever a driver raises
        complaints.note(f"a verdict could not be written to its trial: {type(error).__name__}: {error}", kind="saving")


def saved_verdict(trial: FrozenTrial) -> Verdict | None:
    """The verdict that was written to a trial, in the units of its study; None if there is none that can be read."""
    told = trial.user_attrs.get(VERDICT)
    if not isinstance(told, Mapping) or not isinstance(told.get("reason"), str) or not told["reason"]:
        return None
    if told.get("pruned") is True:
        return Drop(told["reason"])
    return Keep(told["reason"], spared=told.get("spared") is True)
