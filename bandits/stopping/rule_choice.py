"""Choose the stopping rule by its settings, for runs, Optuna studies and what-ifs alike."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from bandits.errors import SettingError
from bandits.errors.checks import check_instance
from bandits.stopping.risk_control import RiskControlledRule
from bandits.stopping.rules import ProbabilityRule, StoppingRule

__all__ = ["RULE_NUMBERS", "choose_rule", "rule_with"]

RULE_NUMBERS = ("risk", "audit", "confidence", "margin", "keep", "from_epoch")
"""The settings by which a rule can be chosen without naming it."""


def rule_with(given: Mapping[str, Any], usual: type[StoppingRule] = RiskControlledRule) -> type[StoppingRule]:
    """The rule that has these settings: `ProbabilityRule` where a confidence is among them, else the usual one, else
    `RiskControlledRule`.

    Args:
        given: values by name; names of `RULE_NUMBERS`.
        usual: the rule to take if it has all of these settings.

    Raises:
        SettingError: no rule has all of them.
    """
    if "confidence" in given:
        for name in given.keys() - _settings(ProbabilityRule):
            rule = "must be left out with `confidence`, another rule's"
            raise SettingError.broken(f"`{name}`", rule, given[name])
        return ProbabilityRule
    return usual if given.keys() <= _settings(usual) else RiskControlledRule


def _settings(rule: type[StoppingRule]) -> set[str]:
    return set(signature(rule).parameters)


def choose_rule(rule: StoppingRule | None = None, **numbers: Any) -> StoppingRule:
    """The rule that is given, or the one that has the given settings.

    Args:
        rule: the rule itself; then no number may be given.
        numbers: any of `RULE_NUMBERS`; None stands for the rule's own default.

    Raises:
        SettingError: the numbers belong to different rules, come beside a rule, or break a rule of their own.

    Example:
        >>> choose_rule(confidence=0.95, keep=None)
        ProbabilityRule(confidence=0.95, margin=0.0, keep=1, from_epoch=1)
    """
    given = {name: value for name, value in numbers.items() if value is not None}
    if rule is None:
        return rule_with(given)(**given)
    check_instance("rule", rule, StoppingRule, "must be a StoppingRule such as RiskControlledRule()")
    for name, value in given.items():
        raise SettingError.broken(f"`{name}`", "must be left out with `rule`, which has its own settings", value)
    return rule
