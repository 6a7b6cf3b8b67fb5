"""Verdicts: whether an arm is kept or dropped after an epoch, and why.

A verdict holds the forecast that it is based on. Its `reason` is written in scores (larger is better); `words` gives
the same reason in the units of a metric.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from bandits.causes import Cause
from bandits.curves import Curve, History, Metric, Trial
from bandits.errors.checks import check_flag, check_instance
from bandits.forecasts import Forecast, check_reason

__all__ = ["KEEP", "SPARED", "Drop", "Evidence", "Keep", "RiskEvidence", "Stopper", "ValueEvidence", "Verdict"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers behind a verdict: a forecast compared with a bar.

    Args:
        forecast: of the arm's score at its horizon.
        bar: the largest score with which the arm loses, after the margin was subtracted.
        probability: P(score at the horizon <= bar).
        confidence: the probability from which the arm is dropped (Delta in the paper).
    """

    forecast: Forecast
    bar: float
    probability: float
    confidence: float

    def sentence(self, metric: Metric | None = None) -> str:
        """The evidence in one line: in scores, or in raw values if a metric is given."""
        name, relation, bar = "score", "<=", self.bar
        if metric is not None:
            name, bar = metric.name, metric.restore(self.bar)
            relation = "<=" if metric.goal == "maximize" else ">="
        outcome = ">=" if self.probability >= self.confidence else "<"
        return (
            f"P({name} at epoch {self.forecast.horizon} {relation} {bar:.6g}) = {self.probability:.4g}"
            f" {outcome} {self.confidence:.4g}"
        )


class RiskEvidence(Evidence):
    """The numbers behind a verdict of the risk-controlled rule.

    `probability` is the probability that an arm which ends at the bar never gets a forecast this poor, at any check of
    its life; `confidence` is 1 - risk.
    """

    __slots__ = ()

    def sentence(self, metric: Metric | None = None) -> str:
        """The evidence in one line; see `Evidence.sentence`."""
        forecast, bar = self.forecast.mean, self.bar
        name = "score"
        if metric is not None:
            name, forecast, bar = metric.name, metric.restore(forecast), metric.restore(bar)
        chance, risk = 1.0 - self.probability, 1.0 - self.confidence
        relation = "<=" if chance <= risk else ">"
        return (
            f"{name} {forecast:.4g} ± {self.forecast.std:.2g} is forecast for epoch {self.forecast.horizon}; P(forecast"
            f" this poor at any check | ends at {bar:.6g}) = {chance:.3g} {relation} {risk:.3g}"
        )


@dataclass(frozen=True, slots=True)
class ValueEvidence(Evidence):
    """The numbers behind a verdict of a rule with a budget.

    `bar` is the best end so far, and `probability` that of ending no better. Nothing is decided by `confidence`.

    Args:
        why: what decided, in words.
        value: by how much each epoch of the arm still to go is expected to improve on the bar, in score units, >= 0;
            None where it was not valued.
        fresh: the same, if fresh arms get these epochs.
    """

    why: str = ""
    value: float | None = None
    fresh: float | None = None

    def sentence(self, metric: Metric | None = None) -> str:
        """The evidence in one line; see `Evidence.sentence`."""
        forecast, bar, name = self.forecast.mean, self.bar, "score"
        if metric is not None:
            name, forecast, bar = metric.name, metric.restore(forecast), metric.restore(bar)
        said = f"{name} {forecast:.4g} ± {self.forecast.std:.2g} is forecast for epoch {self.forecast.horizon}"
        if self.value is None or self.fresh is None:
            return f"{said}; {self.why}"
        return (
            f"{said}; {self.why}: an epoch of it improves on {bar:.6g} by {self.value:.2g} in expectation, one of fresh"
            f" arms by {self.fresh:.2g}"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision on one arm after one epoch. Use `Keep` or `Drop`.

    Args:
        reason: why, in words; not empty.
        evidence: the forecast behind it; None where no forecast was made.
        censored: the arm is censored by the forecast: another forecast would have led to another verdict.
        spared: the rule would have dropped the arm, which goes on so that the rule can be checked.
        cause: the reason as a value, which code compares.
    """

    reason: str
    evidence: Evidence | None = None
    censored: bool = False
    spared: bool = False
    cause: Cause = Cause.UNSTATED

    def __post_init__(self) -> None:
        usual = type(self.reason) is str and self.reason and type(self.cause) is Cause
        if usual and type(self.censored) is type(self.spared) is bool and isinstance(self.evidence, Evidence):
            return  # the checks below cost more than all else that makes a verdict
        check_reason(self.reason, self.cause)
        check_instance("evidence", self.evidence, Evidence, "must be Evidence", or_none=True)
        check_flag("censored", self.censored)
        check_flag("spared", self.spared)

    def __str__(self) -> str:
        return f"{type(self).__name__.lower()}: {self.reason}"

    def words(self, metric: Metric) -> str:
        """The reason, in the units of a metric."""
        if self.evidence is None:
            return self.reason
        return self.evidence.sentence(metric) + (SPARED if self.spared else "")


class Keep(Verdict):
    """The arm trains on, or has completed its epochs."""

    __slots__ = ()


class Drop(Verdict):
    """The arm stops here: a forecast says that it cannot win."""

    __slots__ = ()


SPARED = "; carried on nevertheless, to check the rule"
"""What is added to the reason of an arm that is spared."""

KEEP = Keep("no forecast was asked for", cause=Cause.NOT_ASKED)
"""The verdict where no stopper is at work; one object, since it is given after every epoch."""


@runtime_checkable
class Stopper(Protocol):
    """Tells a scheduler whether an arm may still win: see `bandits.stopping.EarlyStopper`."""

    @property
    def keep(self) -> int:
        """How many of the best arms must survive (n of the paper's n-th best)."""
        ...

    @property
    def burn_in(self) -> int | None:
        """How many arms should train in full before the first forecast; None where the scheduler decides."""
        ...

    @property
    def needs_whole_trainings(self) -> bool:
        """Whether it judges only arms that train to `max_epochs` in one job."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """The settings of this stopper for a journal; JSON values."""
        ...

    def advise(self, trial: Trial, curve: Curve, history: History, *, horizon: int, bar: float | None) -> Verdict:
        """Judge an arm that has trained for `curve.tau` < `horizon` epochs.

        Args:
            trial: the arm.
            curve: its scores so far, `[tau]`.
            history: what the predictor may learn from, now.
            horizon: the epoch whose score decides.
            bar: the largest score at which the arm still loses; None while there is no bar.
        """
        ...
