"""The role of a rule that has a budget: it weighs an arm against fresh ones."""

from __future__ import annotations

from abc import abstractmethod

from bandits.causes import Cause
from bandits.forecasts import Forecast
from bandits.stopping.economic.situation import Situation, Spending
from bandits.stopping.rules import StoppingRule
from bandits.verdicts import Keep, Verdict

__all__ = ["BudgetRule"]


class BudgetRule(StoppingRule):
    """Weighs an arm against fresh ones, within a budget, for searches that cannot resume an arm.

    Attributes:
        budget: what the search may spend, in full trainings, >= 1.
    """

    budget: float
    burn_in: int | None = 1  # the first arm sets the bar

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:  # noqa: ARG002 - it takes more than a bar
        """Keep the arm: nothing is known of fresh arms and of the budget here. `weigh` judges."""
        return Keep("nothing is known of fresh arms", cause=Cause.NO_THRESHOLD)

    @abstractmethod
    def by_budget_alone(self, epochs: int, horizon: int, spending: Spending) -> Verdict | None:
        """The verdict that needs no forecast; None where one is needed.

        Args:
            epochs: of the arm.
            horizon: epochs of a whole training.
            spending: of the search so far.
        """

    @abstractmethod
    def weigh(self, forecast: Forecast, situation: Situation) -> Verdict:
        """Keep or drop an arm on which `by_budget_alone` has no verdict.

        Args:
            forecast: of the arm's score at its horizon.
            situation: the arm, what is left of the budget, and what fresh arms promise.
        """
