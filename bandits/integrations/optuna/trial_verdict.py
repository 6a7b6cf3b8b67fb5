"""Verdicts as user attributes of Optuna trials, for dashboards and other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from bandits.causes import Cause
from bandits.curves import Metric
from bandits.errors import described
from bandits.integrations.optuna.compat import set_attribute
from bandits.integrations.optuna.pending_warnings import PendingWarnings
from bandits.verdicts import SPARED, Drop, Keep, Verdict

__all__ = ["VERDICT", "TrialVerdict", "metric_of", "said_of_epoch", "save_verdict", "saved_verdict"]

VERDICT = "bandits:verdict"
"""The user attribute that holds the last verdict on a trial that is worth saving."""


@dataclass(frozen=True, slots=True)
class TrialVerdict:
    """A verdict on a trial, and the epoch at which it was given.

    Args:
        verdict: keep or drop.
        step: the last step that the trial had reported; None before the first report.
        epoch: the epoch of that step; None if unknown.
        by_inner: whether another pruner gave it.
    """

    verdict: Verdict
    step: int | None
    epoch: int | None
    by_inner: bool = False

    @classmethod
    def of_inner(cls, name: str, step: int | None, epoch: int | None) -> TrialVerdict:
        """The verdict that another pruner, of this name, prunes the trial."""
        return cls(Drop(f"{name} prunes it", cause=Cause.OTHER_PRUNER), step, epoch, by_inner=True)

    @property
    def worth_saving(self) -> bool:
        """Whether it is based on a forecast, or ends the trial."""
        return self.verdict.evidence is not None or isinstance(self.verdict, Drop)

    def replaces(self, earlier: TrialVerdict | None) -> bool:
        """Whether it replaces an earlier verdict in memory.

        The verdict that a trial was spared is kept for the rest of its life, unless another pruner prunes it. A verdict
        without a forecast does not replace one with a forecast.
        """
        if earlier is None or isinstance(self.verdict, Drop):
            return True
        return not earlier.verdict.spared and (self.worth_saving or not earlier.worth_saving)

    def as_json(self, metric: Metric) -> dict[str, Any]:
        """The verdict in the units of a metric, as JSON values."""
        evidence = self.verdict.evidence
        fields: dict[str, Any] = {
            "pruned": isinstance(self.verdict, Drop),
            "step": self.step,
            "epoch": self.epoch,
            "reason": self.verdict.words(metric),
            "cause": self.verdict.cause.value,
            "spared": self.verdict.spared,
        }
        names = ("forecast", "std", "horizon", "bar", "probability")
        if evidence is None:
            return fields | dict.fromkeys(names)
        forecast = evidence.forecast
        numbers = (
            metric.restore(forecast.mean),
            forecast.std,
            forecast.horizon,
            metric.restore(evidence.bar),
            evidence.probability,
        )
        return fields | dict(zip(names, numbers, strict=True))


def said_of_epoch(verdict: Verdict, epoch: int) -> Verdict:
    """The same verdict, with the horizon in the objective's own unit.

    Args:
        verdict: a verdict on a curve that may have fewer scores than there are epochs.
        epoch: the epoch whose score was forecast.
    """
    evidence = verdict.evidence
    if evidence is None or evidence.forecast.horizon == epoch:
        return verdict
    evidence = replace(evidence, forecast=replace(evidence.forecast, horizon=epoch))
    return replace(verdict, reason=evidence.sentence() + SPARED * verdict.spared, evidence=evidence)


def metric_of(study: Study) -> Metric:
    """The metric of a study with one objective; its name is "value" unless the study names it."""
    names = study.metric_names
    goal = "maximize" if study.direction == StudyDirection.MAXIMIZE else "minimize"
    return Metric(names[0] if names else "value", goal)  # type: ignore[arg-type]  # it is one of the two


def save_verdict(study: Study, trial: FrozenTrial, verdict: TrialVerdict, warnings: PendingWarnings) -> None:
    """Write a verdict to a user attribute of its trial.

    Nothing is written to a trial that has been finished meanwhile. If the storage refuses for another reason, a warning
    is added.
    """
    try:
        set_attribute(study, trial, VERDICT, verdict.as_json(metric_of(study)))
    except Exception as error:  # whatever a driver raises
        warnings.add(f"a verdict could not be written to its trial: {described(error)}", kind="saving")


def saved_verdict(trial: FrozenTrial) -> Verdict | None:
    """The verdict that was written to a trial, in the units of its study; None if none can be read."""
    saved = trial.user_attrs.get(VERDICT)
    if not isinstance(saved, Mapping) or not isinstance(saved.get("reason"), str) or not saved["reason"]:
        return None
    cause = Cause.named(saved.get("cause"))
    if saved.get("pruned") is True:
        return Drop(saved["reason"], cause=cause)
    return Keep(saved["reason"], spared=saved.get("spared") is True, cause=cause)
