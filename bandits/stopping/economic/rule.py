"""The economic stopping rule: an arm is dropped when its epochs are worth more to fresh arms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bandits.causes import Cause
from bandits.errors.checks import check_number, check_whole
from bandits.forecasts import Forecast
from bandits.stopping.budget_rule import BudgetRule
from bandits.stopping.check_epochs import sparse
from bandits.stopping.economic.record import Floats, ends_of
from bandits.stopping.economic.sharpening import worth_of_looking_later
from bandits.stopping.economic.situation import Situation, Spending
from bandits.stopping.rules import settings_of
from bandits.verdicts import Drop, Keep, ValueEvidence, Verdict

__all__ = ["EconomicRule"]

_LEAST_ARMS = 3  # arms with forecasts, by which fresh ones are valued
_TRAININGS = 2.0  # for so many trainings' worth of epochs, one arm is trained to its end


@dataclass(frozen=True)
class EconomicRule(BudgetRule):
    """Drop an arm when fresh arms are expected to make more of the epochs that it has still to go.

    The promise is the best configuration for a budget, not a risk. Let b be the best end so far, Y the end of the arm,
    M the best end of as many fresh arms as the budget allows, and M' the same if this arm is trained to its end first.
    The arm goes on if E max(Y, M', b) > E max(M, b), and is dropped otherwise. An arm that cannot end within the budget
    is dropped. An arm goes on if it can end, and no fresh arm could. For every two trainings' worth of epochs, one
    arm is trained to its end: the next one whose first forecast is in the best third. docs/stopping.md tells more.

    It serves searches that train one arm after another and resume none, with a predictor that learns from every epoch,
    such as `CurveProcess`.

    Args:
        budget: what the search may spend, in full trainings, >= 1. The more is left, the better an arm must look.
        from_epoch: no arm is dropped before this epoch, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: ours. The stopping problem is that of Weitzman, "Optimal search for the best alternative" (1979).

    Example:
        >>> EconomicRule(budget=40).settings()
        {'budget': 40}
    """

    budget: float
    from_epoch: int = 1

    keep = 1

    def __post_init__(self) -> None:
        check_number("budget", self.budget, least=1)
        check_whole("from_epoch", self.from_epoch, 1)

    def settings(self) -> Mapping[str, Any]:
        return settings_of(self)

    def check_epochs(self, horizon: int) -> Sequence[int]:
        """Epochs at growing distances, as of the default rule."""
        return sparse(horizon, self.from_epoch)

    def by_budget_alone(self, epochs: int, horizon: int, spending: Spending) -> Verdict | None:
        """See `BudgetRule.by_budget_alone`: near the end of the budget no forecast is needed."""
        left, to_go = spending.left(self.budget, horizon), horizon - epochs
        if to_go > left:
            reason = f"it needs {to_go} more epochs, and the budget has {left} left"
            return Drop(reason, cause=Cause.BUDGET_SPENT)
        if left < horizon:
            reason = f"it can end within the {left} epochs that are left of the budget, and no fresh arm can"
            return Keep(reason, cause=Cause.LAST_ARM)
        return None

    def weigh(self, forecast: Forecast, situation: Situation) -> Verdict:
        """See `BudgetRule.weigh`."""
        bar = situation.bar
        evidence = ValueEvidence(forecast, bar, forecast.prob_at_most(bar), 1.0)
        if len(situation.fresh.record) < _LEAST_ARMS:
            return _keep(evidence, Cause.FIRST_ARMS, f"fresh arms are valued by {_LEAST_ARMS} arms or more")
        if self._is_due(situation) and situation.is_promising_at_first():
            return _keep(evidence, Cause.LEASH, "an arm is due to be trained to its end, and this one looked promising")
        with np.errstate(over="ignore", invalid="ignore"):
            return self._weighed(evidence, ends_of(forecast), situation)

    def _is_due(self, situation: Situation) -> bool:
        """Whether, when the arm began, too few arms had been trained to their end for the epochs spent."""
        spending = situation.spending
        spent = spending.epochs - situation.epochs
        return spent >= _TRAININGS * situation.horizon * (spending.complete + 1)

    def _weighed(self, evidence: ValueEvidence, ends: Floats, situation: Situation) -> Verdict:
        """The verdict by expected improvements."""
        T, epochs = situation.horizon, situation.epochs
        left = situation.spending.left(self.budget, T)
        fresh = situation.fresh.prospects(situation.bar, left)
        after = left - (T - epochs)
        dropped, kept, rest = fresh.worth(left), float(fresh.worth_with(ends, after)), fresh.worth(after)
        if not math.isfinite(dropped + kept):
            return _keep(evidence, Cause.UNUSABLE_SCORES, "scores are too large to compute with")
        evidence = replace(evidence, value=max(kept - rest, 0.0) / (T - epochs), fresh=(dropped - rest) / (T - epochs))
        if kept > dropped:
            return _keep(evidence, Cause.WORTH_MORE, "it is worth more than fresh arms")
        checks = [check for check in self.check_epochs(T) if check > epochs]
        sharpness = situation.fresh.sharpness
        if worth_of_looking_later(sharpness, fresh, ends, epoch=epochs, checks=checks, left=left) > dropped:
            return _keep(evidence, Cause.WORTH_MORE, "it is worth another look")
        return _drop(evidence, Cause.WORTH_LESS, "fresh arms are worth no less")


def _drop(evidence: ValueEvidence, cause: Cause, why: str) -> Drop:
    evidence = replace(evidence, why=why)
    return Drop(evidence.sentence(), evidence, cause=cause)


def _keep(evidence: ValueEvidence, cause: Cause, why: str) -> Keep:
    evidence = replace(evidence, why=why)
    return Keep(evidence.sentence(), evidence, cause=cause)
