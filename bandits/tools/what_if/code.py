"""The lines of code that switch early stopping on, with the settings of a what-if."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from bandits import predictors
from bandits.config import choose, registry
from bandits.objectives.curve_files.shipped_tables import shipped_titles
from bandits.stopping import StoppingRule
from bandits.stopping.rule_choice import RULE_NUMBERS, choose_rule
from bandits.stopping.rules import unusual_settings
from bandits.tools.what_if import WhatIf

__all__ = ["for_optuna", "lines_of_code"]

_YOURS = "YOUR_MODULE:YOUR_FUNCTION"


def for_optuna(answer: WhatIf) -> bool:
    """Whether the lines are those of a search in Optuna, and not of one in this library.

    The trials of a journal came from a run of this library, and a shipped table can be searched again. A file holds
    only trainings that are over, so it says nothing of what trains the next ones.
    """
    return answer.study.kind != "journal" and not _table(answer)


def lines_of_code(answer: WhatIf, predictor: str) -> list[str]:
    """Python code for a search in Optuna; a command and Python code for journals and shipped tables.

    Args:
        answer: the what-if.
        predictor: name and settings of the predictor, as `bandits.config.build` takes them.
    """
    if for_optuna(answer):
        return _optuna(answer, predictor)
    return [_command(answer, predictor), "", *_python(answer, predictor)]


def _optuna(answer: WhatIf, predictor: str) -> list[str]:
    wanted, making = _predictor(predictor)
    settings = answer.settings
    numbers, seed = _numbers(settings.rule), _seed(settings.seed)
    imports = ["import optuna", "from bandits.integrations.optuna import PredictivePruner", wanted]
    rule = _arguments(numbers)
    if "from_epoch" in numbers or choose_rule(**numbers) != settings.rule:  # the pruner has no argument for it
        imports.append(f"from bandits.stopping import {type(settings.rule).__name__}")
        rule = f"rule={_call(settings.rule)}"
    said = ", ".join(filter(None, [making, f"max_epochs={settings.max_epochs}", rule, _arguments(seed)]))
    direction = f"direction={answer.metric.goal!r}"
    return [*imports, f"study = optuna.create_study({direction}, pruner=PredictivePruner({said}))"]


def _command(answer: WhatIf, predictor: str) -> str:
    settings = answer.settings
    numbers = _numbers(settings.rule)
    rule: Mapping[str, object] = numbers
    if choose_rule(**numbers) != settings.rule:
        unusual = unusual_settings(settings.rule, settings.rule.settings())
        pairs = ",".join(f"{name}={value}" for name, value in unusual.items())
        rule = {"rule": f"{_rule_name(settings.rule)}:{pairs}" if pairs else _rule_name(settings.rule)}
    options = {"predictor": predictor, **rule, "max_epochs": settings.max_epochs}
    options |= {"burn_in": settings.needed, "trials": len(answer.trials), **_seed(settings.seed)}
    words = " ".join(f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in options.items())
    return f"bandits run random {words} --objective {shlex.quote(_table(answer) or _YOURS)}"


def _python(answer: WhatIf, predictor: str) -> list[str]:
    wanted, making = _predictor(predictor)
    settings, trials, kind = answer.settings, len(answer.trials), type(answer.settings.rule).__name__
    search = f"RandomSearch({trials}, {settings.max_epochs}, stopper, burn_in={settings.needed})"
    table = _table(answer).removeprefix("table:")
    seed = _arguments(_seed(settings.seed))
    stopper = ", ".join(filter(None, [making, _call(settings.rule), seed]))
    run = ", ".join(filter(None, [search, f"CurveTable({table!r})" if table else "YOUR_FUNCTION", seed]))
    return [
        "from bandits import EarlyStopper, RandomSearch, run",
        "from bandits.objectives import CurveTable" if table else f"from {_YOURS.replace(':', ' import ')}",
        wanted,
        f"from bandits.stopping import {kind}",
        f"stopper = EarlyStopper({stopper})",
        f"result = run({run})",
    ]


def _table(answer: WhatIf) -> str:
    """The shipped table of the what-if, as an objective; empty if its source was none."""
    kind, _, name = answer.study.source.partition(":")
    return answer.study.source if kind == "table" and name.partition("#")[0] in shipped_titles() else ""


def _numbers(rule: StoppingRule) -> dict[str, Any]:
    """The main number of the rule, and its other numbers that are not the defaults."""
    settings = rule.settings()
    unusual = unusual_settings(rule, settings)
    told = {name: settings[name] for name in ("risk", "confidence") if name in settings}
    return told | {name: value for name, value in unusual.items() if name in RULE_NUMBERS}


def _call(rule: StoppingRule) -> str:
    """The Python call that makes a rule."""
    settings = rule.settings()
    unusual = unusual_settings(rule, settings)
    told = {name: settings[name] for name in ("risk", "confidence") if name in settings} | unusual
    return f"{type(rule).__name__}({_arguments(told)})"


def _rule_name(rule: StoppingRule) -> str:
    return registry.find("rules", type(rule).__name__).name


def _seed(seed: int) -> dict[str, int]:
    return {"seed": seed} if seed else {}


def _arguments(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _predictor(text: str) -> tuple[str, str]:
    """The Python import of a predictor, and the call that makes it."""
    chosen = choose("predictors", text)
    module, _, attribute = chosen.entry.target.partition(":")
    home = "bandits.predictors" if attribute in predictors.__all__ else module
    return (
        f"from {home} import {attribute}",
        f"{attribute}({_arguments({**chosen.entry.arguments, **chosen.settings})})",
    )
