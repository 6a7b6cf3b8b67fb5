"""The lines that switch early stopping on, with the settings that were asked about."""

from __future__ import annotations

from bandits import predictors, registry
from bandits.tools.what_if import WhatIf
from bandits.tools.what_if.settings import Settings

__all__ = ["lines_of_code"]

_YOURS = "YOUR_MODULE:YOUR_FUNCTION"


def lines_of_code(answer: WhatIf, predictor: str) -> list[str]:
    """Python for a search in Optuna, or one that may go there; a command and Python for runs of this library.

    Args:
        answer: what was asked.
        predictor: its name in the registry.
    """
    if answer.study.kind in ("optuna", "export"):
        return _optuna(answer, predictor)
    return _command(answer, predictor)


def _optuna(answer: WhatIf, predictor: str) -> list[str]:
    wanted, making = _predictor(predictor)
    settings = answer.settings
    arguments = {
        "max_epochs": settings.max_epochs,
        **_rule(settings),
        **_unusual(settings, ("audit", "margin", "keep")),
    }
    arguments |= _unusual(settings, ("seed",))
    said = ", ".join([making, *(f"{name}={value!r}" for name, value in arguments.items())])
    return [
        "from bandits.integrations.optuna import PredictivePruner",
        wanted,
        f"study = optuna.create_study(direction={answer.metric.goal!r}, pruner=PredictivePruner({said}))",
    ]


def _command(answer: WhatIf, predictor: str) -> list[str]:
    wanted, making = _predictor(predictor)
    settings, trials = answer.settings, len(answer.trials)
    rule = _rule(settings) | _unusual(settings, ("audit", "margin", "keep"))
    options = {"predictor": predictor, **rule, "max_epochs": settings.max_epochs}
    options |= {"burn_in": settings.needed, "trials": trials, **_unusual(settings, ("seed",))}
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in options.items())
    kind = "RiskControlledRule" if settings.confidence is None else "ProbabilityRule"
    judging = f"{kind}({', '.join(f'{name}={value!r}' for name, value in rule.items())})"
    search = f"RandomSearch({trials}, {settings.max_epochs}, stopper, burn_in={settings.needed})"
    return [
        f"bandits run random {words} --objective {_YOURS}",
        "",
        f"from bandits import EarlyStopper, {', '.join(sorted(('RandomSearch', kind)))}, run",
        wanted,
        f"stopper = EarlyStopper({making}, {judging})",
        f"result = run({search}, your_objective)",
    ]


def _rule(settings: Settings) -> dict[str, object]:
    """What the rule is told in any case."""
    return {"risk": settings.risk} if settings.confidence is None else {"confidence": settings.confidence}


def _unusual(settings: Settings, names: tuple[str, ...]) -> dict[str, object]:
    """Settings that are not the default."""
    defaults = {"audit": 0.02, "margin": 0.0, "keep": 1, "seed": 0}
    return {name: value for name in names if (value := getattr(settings, name)) != defaults[name]}


def _predictor(name: str) -> tuple[str, str]:
    """How a predictor is imported, and how it is made."""
    entry = registry.find("predictors", name)
    module, _, attribute = entry.target.partition(":")
    home = "bandits.predictors" if attribute in predictors.__all__ else module
    given = ", ".join(f"{argument}={value!r}" for argument, value in entry.arguments.items())
    return f"from {home} import {attribute}", f"{attribute}({given})"
