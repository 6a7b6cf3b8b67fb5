"""The predictor that suits a rule."""

from __future__ import annotations

from bandits.predictors.base import Predictor
from bandits.predictors.curve_process import CurveProcess
from bandits.predictors.srm import SRM
from bandits.stopping.budget_rule import BudgetRule
from bandits.stopping.rules import StoppingRule

__all__ = ["usual_predictor"]


def usual_predictor(rule: StoppingRule) -> Predictor:
    """The predictor to take where none is named: `CurveProcess()` for a rule with a budget, which must judge before
    many curves are complete; else `SRM()`.

    Example:
        >>> from bandits.stopping import EconomicRule, RiskControlledRule
        >>> [usual_predictor(rule).name for rule in (EconomicRule(budget=40), RiskControlledRule())]
        ['CurveProcess', 'SRM']
    """
    return CurveProcess() if isinstance(rule, BudgetRule) else SRM()
