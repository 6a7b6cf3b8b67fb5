"""Every public constructor, every argument, every wrong kind of value: one sentence that names the argument."""

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from bandits.architectures import Grammar
from bandits.curves import Curve, Trial
from bandits.errors import BanditsError
from bandits.objectives import CurveTable
from bandits.predictors import LastSeenValue

ROOMS = (
    "bandits",
    "bandits.predictors",
    "bandits.stopping",
    "bandits.schedulers",
    "bandits.samplers",
    "bandits.objectives",
    "bandits.integrations.optuna",
    "bandits.curves",
    "bandits.forecasts",
    "bandits.verdicts",
)

ODD: dict[str, Any] = {
    "text": "a",
    "negative": -1,
    "nan": math.nan,
    "inf": math.inf,
    "none": None,
    "list": [],
    "mapping": {},
    "object": object(),
    "true": True,
    "fraction": 2.5,
    "zero": 0,
    "array": np.zeros((2, 2)),
}

SPACE = {"lr": FloatDistribution(1e-4, 1.0, log=True)}
GRAMMAR = Grammar.for_images(8, 1, 10)
NUMBER = "fraction zero negative"  # what a finite number of any size may be


def train(config: Mapping[str, object]) -> Iterator[float]:
    yield 0.5


# name: arguments that it must have; argument: which of the odd values are right for it, after a dot the class's own
NEEDED: dict[str, dict[str, Any]] = {
    **{name: {"max_epochs": 9} for name in ("ASHA", "DEHB", "PASHA", "FreezeThaw", "Hyperband", "SuccessiveHalving")},
    **{name: {"trials": 9, "max_epochs": 9} for name in ("RandomSearch", "MedianRule", "MetaQNN", "TopK")},
    "EarlyStopper": {"predictor": LastSeenValue()},
    "EconomicRule": {"budget": 9},
    "EarlierCurves": {"curves": [(Trial(-1), Curve([0.1, 0.2]))]},
    "PredictivePruner": {"predictor": LastSeenValue(), "max_epochs": 9},
    "Curve": {"scores": [0.1, 0.2]},
    "Trial": {"id": 0},
    "Metric": {"name": "loss", "goal": "minimize"},
    "Forecast": {"mean": 0.5, "std": 0.1, "horizon": 9},
    "ErrorShape": {"normal": (-1.0, 1.0), "errors": (-1.0, 1.0)},
    "Abstain": {"reason": "no curve"},
    **{name: {"reason": "no bar"} for name in ("Keep", "Drop", "Verdict")},
    "ArchitectureSampler": {"grammar": GRAMMAR, "space": SPACE, "seed": 0},
    "QLearning": {"process": GRAMMAR},
    "RandomSampler": {"space": SPACE, "seed": 0},
    "TableSampler": {"rows": [{"lr": 0.1}], "seed": 0},
    "OptunaSampler": {"sampler": "random", "space": SPACE},
    "EpsilonSchedule": {"stages": None},
    "FunctionObjective": {"function": train, "space": SPACE, "metric": CurveTable("lstm_ptb").metric, "max_epochs": 3},
    "CurveTable": {"source": "lstm_ptb"},
    "CNNObjective": {"data": "digits"},
    "LSTMObjective": {"corpus": "shakespeare"},
}
_OF_RULES = {"risk": "", "audit": "zero", "margin": "zero fraction", "keep": ""}  # None stands for the rule's default
RIGHT: dict[str, str] = {
    "seed": "zero",
    "stopper": "none",
    "kappa": "none",
    "trials": "none",
    "RandomSearch.trials": "",
    "MedianRule.trials": "",
    "MetaQNN.trials": "",
    "TopK.trials": "",
    "warm_up": "zero",
    "percentile": "zero fraction",
    "look_ahead": "true",
    "budget": "fraction",
    "FreezeThaw.predictor": "none",
    "switch_cost": "zero fraction",
    "margin": "zero fraction",
    "audit": "zero",
    "tolerance": "zero fraction",
    "rule": "none",
    "earlier": "none",
    "refit_growth": "fraction inf",
    "scratch_growth": "fraction inf",
    "sources": "list",
    "notes": "list",
    "EarlierCurves.curves": "list mapping",
    "tester": "none",
    "name": "text",
    "unit": "text",
    "id": "negative zero",
    "config": "mapping",
    "features": "mapping",
    "mean": NUMBER,
    "std": "zero fraction",
    "samples": "none",
    "reason": "text",
    "evidence": "none",
    "censored": "true",
    "whole": "none",
    "spared": "true",
    "min_epochs": "",
    "draws": "none",
    "use_curve": "true",
    "partial": "true",
    "trend": "true",
    "recency": "fraction",
    "recalibrate": "true",
    "skip_plateau": "true",
    "noise": "true",
    "BNN.noise": "",
    "certain_std": "fraction",
    "max_std": "fraction none",
    "burn_in": "zero",
    "RandomSearch.burn_in": "none",
    "MedianRule.burn_in": "none",
    "MetaQNN.burn_in": "",
    "partial_curves": "true",
    "curve_layer": "true",
    "latents": "zero",
    "update_steps": "zero",
    "step_size": "fraction",
    "space": "mapping",
    "OptunaSampler.space": "none",
    "DifferentialEvolution.space": "none",
    "RandomSampler.space": "",
    "FunctionObjective.space": "",
    "CNNObjective.space": "",
    "LSTMObjective.space": "",
    "project": "none",
    "min_arms": "none",
    "MedianRule.min_arms": "",
    "CurveProcess.min_arms": "",
    "random_share": "zero",
    "crossover_probability": "zero",
    "options": "none mapping",
    "epsilon": "none",
    "initial_value": NUMBER,
    "replay": "zero",
    "conditional": "list mapping",
    "grammar": "none",
    "ArchitectureSampler.grammar": "",
    "FunctionObjective.name": "text none",
    "metric": "none",
    "FunctionObjective.metric": "",
    "goal": "none",
    "Metric.goal": "",
    "untrained_first": "none true",
    "data_dir": "none text",
    "batch_size": "none",
    "bptt": "none",
    "epoch_tokens": "none zero",
    "validation_tokens": "none zero",
    "max_vocabulary": "none",
    "max_epochs": "",
    "LSTMObjective.max_epochs": "none",
    "level": "none",
    "restarts": "zero",
    "confidence": "",
    "PredictivePruner.confidence": "none",
    "n_startup_trials": "zero none",
    "PredictivePruner.predictor": "none",
    "PredictivePruner.max_curves": "none",
    "n_warmup_steps": "zero",
    "inner": "none",
    "user_attrs": "list",
    **{f"PredictivePruner.{name}": f"none {right}" for name, right in _OF_RULES.items()},
    "max_wait": "none zero fraction",
    "save_verdicts": "true",
    "Curve.scores": "list",
}
# What the library writes and a user reads: these carry results, and are not built from settings.
RECORDS = {
    *("Arm", "BracketReport", "Change", "Done", "EarlierStatus", "Evidence", "Failed", "Job", "Measured", "Outcome"),
    *(
        "Parents",
        "Result",
        "RiskEvidence",
        "RungReport",
        "Spending",
        "ValueEvidence",
        "StageReport",
        "TableReport",
        "Wait",
    ),
    *("Measurement", "WorkerSite"),  # what an objective yields is checked in the loop, where only its trial fails
}


def public_classes() -> dict[str, type]:
    """Classes that a user builds, by name."""
    found = {}
    for room in ROOMS:
        module = import_module(room)
        for name in module.__all__:
            value = getattr(module, name)
            settings = inspect.isclass(value) and not inspect.isabstract(value) and name not in RECORDS
            if settings and not issubclass(value, Exception) and list(arguments_of(value)):
                found[name] = value
    return found


def arguments_of(kind: Callable[..., object]) -> Iterator[str]:
    """Names of a constructor's arguments; none of enumerations and protocols."""
    if hasattr(kind, "__members__") or getattr(kind, "_is_protocol", False):
        return
    yield from inspect.signature(kind).parameters


CASES = [
    pytest.param(kind, argument, id=f"{name}.{argument}")
    for name, kind in public_classes().items()
    for argument in arguments_of(kind)
]


@pytest.mark.parametrize(("kind", "argument"), CASES)
def test_wrong_values_get_one_sentence_each(kind: Callable[..., object], argument: str) -> None:
    """Whatever an argument cannot be is refused in one sentence that names it; nothing wrong is accepted."""
    right = RIGHT.get(f"{kind.__name__}.{argument}", RIGHT.get(argument, "")).split()
    for name, value in ODD.items():
        arguments = {**NEEDED.get(kind.__name__, {}), argument: value}
        if name in right:
            kind(**arguments)
            continue
        message = refusal(kind, arguments)
        assert message is not None, f"{argument}={value!r} was accepted"
        # what no plug-in is called is said by kind: "table must be one of ..., got 'a'"
        assert argument in message or " must be one of " in message, f"{argument}={value!r}: {message}"
        assert "\n" not in message.strip(), message


def refusal(kind: Callable[..., object], arguments: Mapping[str, object]) -> str | None:
    """The sentence with which a constructor refuses its arguments; None if it takes them."""
    try:
        kind(**arguments)
    except BanditsError as error:
        return str(error)
    return None


@pytest.mark.parametrize("kind", public_classes().values(), ids=lambda kind: kind.__name__)
def test_the_least_arguments_are_enough(kind: Callable[..., object]) -> None:
    """The arguments of the table build the object, so that the wrong one alone is to blame."""
    needed = NEEDED.get(kind.__name__, {})
    if None not in needed.values():
        kind(**needed)
