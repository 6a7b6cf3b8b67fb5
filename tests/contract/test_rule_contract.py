"""Every built-in stopping rule keeps the contract of rules."""

import pytest

from bandits.stopping import EconomicRule, ProbabilityRule, RiskControlledRule, StoppingRule
from bandits.testing import NeverDropRule, StoppingRuleContract

RULES = {
    "default": RiskControlledRule(),
    "bold, without audits": RiskControlledRule(0.5, audit=0.0, tolerance=0.05),
    "careful, with a margin": RiskControlledRule(0.02, margin=0.1, keep=3),
    "the paper's": ProbabilityRule(),
    "margin": ProbabilityRule(confidence=0.8, margin=0.1, keep=3),
    "cautious": ProbabilityRule(confidence=0.999),
    "never": NeverDropRule(),
    "with a budget": EconomicRule(budget=40),
    "with a budget, later": EconomicRule(budget=2.5, from_epoch=3),
}


class TestRules(StoppingRuleContract):
    @pytest.fixture(params=RULES.values(), ids=RULES)
    def rule(self, request: pytest.FixtureRequest) -> StoppingRule:
        """Every rule."""
        return request.param
