"""From forecasts to verdicts: keep an arm or drop it, with the reason."""

from bandits.stopping.budget_rule import BudgetRule
from bandits.stopping.earlier.status import EarlierStatus
from bandits.stopping.earlier.training_set import EarlierCurves
from bandits.stopping.early_stopper import EarlyStopper
from bandits.stopping.economic.rule import EconomicRule
from bandits.stopping.economic.situation import Spending
from bandits.stopping.risk_control import RiskControlledRule
from bandits.stopping.rule_choice import choose_rule
from bandits.stopping.rules import ProbabilityRule, StoppingRule
from bandits.verdicts import Drop, Evidence, Keep, Verdict

__all__ = [
    "BudgetRule",
    "Drop",
    "EarlierCurves",
    "EarlierStatus",
    "EarlyStopper",
    "EconomicRule",
    "Evidence",
    "Keep",
    "ProbabilityRule",
    "RiskControlledRule",
    "Spending",
    "StoppingRule",
    "Verdict",
    "choose_rule",
]
