"""What `settings()` gives builds an equal object again, for everything in the registry."""

import inspect
import json
from importlib.util import find_spec

import pytest
from optuna.distributions import FloatDistribution

from bandits.architectures import Grammar
from bandits.config import rebuild, rebuild_stopper, registry
from bandits.errors import SettingError
from bandits.predictors import SRM, CurveProcess, LastSeenValue, Parametric
from bandits.stopping import EarlyStopper, EconomicRule, ProbabilityRule, RiskControlledRule
from bandits.testing import NeverDropRule

# Values that are no defaults, for every constructor in the registry: each argument that is not the objective's.
UNUSUAL = {
    "RandomSearch": {"trials": 7, "max_epochs": 9, "burn_in": 3},
    "SuccessiveHalving": {"max_epochs": 9, "eta": 2, "trials": 5, "kappa": 0.5, "loops": 2},
    "Hyperband": {"max_epochs": 9, "eta": 2, "loops": 2, "kappa": 0.5, "sizes": "floor", "look_ahead": True},
    "DEHB": {"max_epochs": 9, "eta": 2, "loops": 4},
    "ASHA": {"max_epochs": 9, "eta": 2, "trials": 5, "min_epochs": 2, "form": "stopping"},
    "PASHA": {"max_epochs": 9, "eta": 2, "trials": 5, "min_epochs": 2, "percentile": 50.0},
    "MedianRule": {"trials": 7, "max_epochs": 9, "burn_in": 3, "warm_up": 1, "min_arms": 2, "interval": 2},
    "TopK": {"trials": 7, "max_epochs": 9, "k": 2, "first_epochs": 2, "loops": 3},
    "FreezeThaw": {
        "max_epochs": 9, "budget": "50epochs", "trials": 7, "switch_cost": 1.5, "proposals": 4, "seed": 3,
        "predictor": {"name": "LastSeenValue", "settings": dict(LastSeenValue(min_curves=5).settings())},
    },
    "MetaQNN": {"trials": 7, "max_epochs": 9, "burn_in": 3},
    "RiskControlledRule": {"risk": 0.2, "margin": 0.1, "keep": 2, "audit": 0.0, "tolerance": 0.5, "from_epoch": 3},
    "ProbabilityRule": {"confidence": 0.9, "margin": 0.1, "keep": 2, "from_epoch": 3},
    "EconomicRule": {"budget": 2.5, "from_epoch": 3},
    "RandomSampler": {"seed": 3},
    "OptunaSampler": {"dropped": "nothing", "min_arms": 4, "random_share": 0.5, "seed": 3},
    "DifferentialEvolution": {"seed": 3, "mutation_factor": 0.7, "crossover_probability": 0.4},
    "QLearning": {
        "epsilon": "1.0:2,0.5:1", "learning_rate": 0.1, "discount": 0.9, "initial_value": 0.1, "replay": 4,
        "config": {"lr": 0.1}, "seed": 3,
    },
}  # fmt: skip
NOT_OURS = {"stopper", "space", "project", "process", "sampler", "options"}
OFFERED = {"space": {"lr": FloatDistribution(0.1, 1.0)}, "process": Grammar.for_images(8, 1, 10)}
MADE = [
    (kind, entry)
    for kind in ("algorithms", "rules", "samplers")
    for entry in registry.entries(kind)
    if not (entry.name in ("gp", "cmaes") and find_spec("torch" if entry.name == "gp" else "cmaes") is None)
]


def through_json(settings):
    """As a journal keeps them."""
    return json.loads(json.dumps(settings))


@pytest.mark.parametrize(("kind", "entry"), MADE, ids=lambda value: getattr(value, "name", value))
def test_settings_build_an_equal_object(kind, entry):
    """Every argument comes back, through JSON, by the registry's name and by the name of the class."""
    unusual = {**UNUSUAL[entry.load_target().__name__], **entry.arguments}
    parameters = inspect.signature(entry.load_target()).parameters
    assert set(parameters) - NOT_OURS == set(unusual) - {"sampler"}, "an argument is not tested"
    built = rebuild(kind, entry.name, {**unusual}, **OFFERED)

    for name in (entry.name, entry.load_target().__name__):
        again = rebuild(kind, name, through_json(built.settings()), **OFFERED)
        assert type(built) is type(again)
        assert unusual == {key: value for key, value in again.settings().items() if key in unusual}
        assert built.settings() == again.settings()
        assert kind != "rules" or built == again


UNUSUAL_WORDS = {"auto": "ridge", "pow3": "mmf", "loo": "bootstrap", "shared": "per configuration"}


@pytest.mark.parametrize("entry", registry.entries("predictors"), ids=lambda entry: entry.name)
def test_a_predictors_settings_build_an_equal_one(entry):
    """Numbers, flags and choices that are no defaults come back, through JSON."""
    if (entry.name == "bnn" and find_spec("torch") is None) or (entry.name == "lce" and find_spec("emcee") is None):
        pytest.skip("its library is not installed")
    usual = entry.load()()
    settings = {}
    for name, value in usual.settings().items():
        if name in entry.arguments:
            continue
        if isinstance(value, bool):
            settings[name] = not value
        elif isinstance(value, int | float):
            settings[name] = value + 1 if isinstance(value, int) else value / 2
        elif name == "link":
            settings[name] = "log_loss"
        elif name != "model":
            settings[name] = UNUSUAL_WORDS.get(value, value)
    try:
        built = entry.load()(**settings)
    except SettingError:  # some of these do not go together
        built = entry.load()(**{name: settings[name] for name in list(settings)[:2]})

    assert built != usual
    assert built == rebuild("predictors", entry.name, through_json(built.settings()))
    assert built == rebuild("predictors", type(built).__name__, through_json(built.settings()))


@pytest.mark.parametrize(
    "stopper",
    [
        EarlyStopper(SRM()),
        EarlyStopper(SRM("svr_rbf", min_curves=4), refit_growth=2, scratch_growth=3.0, seed=3),
        EarlyStopper(Parametric("mmf"), ProbabilityRule(0.9, from_epoch=4)),
        EarlyStopper(LastSeenValue(min_curves=3), RiskControlledRule(0.2, tolerance=0.1)),
        EarlyStopper(CurveProcess(), EconomicRule(2.5)),
    ],
)
def test_a_stoppers_settings_build_an_equal_one(stopper):
    """Predictor, rule, growths and seed come back from what a journal keeps."""
    again = rebuild_stopper(through_json(stopper.settings()))

    for name in ("predictor", "rule", "refit_growth", "scratch_growth", "seed"):
        assert getattr(stopper, name) == getattr(again, name)


def test_settings_of_different_stoppers_differ():
    """No argument is lost in them."""
    stoppers = [
        EarlyStopper(SRM()),
        EarlyStopper(SRM("svr_rbf")),
        EarlyStopper(SRM(), refit_growth=2),
        EarlyStopper(SRM(), scratch_growth=3),
        EarlyStopper(SRM(), seed=1),
        EarlyStopper(SRM(), ProbabilityRule()),
        EarlyStopper(SRM(), NeverDropRule()),
    ]
    settings = [json.dumps(stopper.settings(), sort_keys=True) for stopper in stoppers]

    assert len(stoppers) == len(set(settings))


def test_an_old_journals_stopper_is_built():
    """What journals held before they named the rule and its predictor's settings."""
    old = {"predictor": "SRM", "rule": {"confidence": 0.9, "margin": 0.0, "keep": 1}, "seed": 2}

    assert (ProbabilityRule(0.9), 2) == (rebuild_stopper(old).rule, rebuild_stopper(old).seed)


def test_earlier_curves_are_not_among_the_settings():
    """They must be given again."""
    with pytest.raises(SettingError, match="`earlier` must be given, since settings hold no curves"):
        rebuild_stopper({**EarlyStopper(SRM()).settings(), "earlier": {"sources": ["a"]}})
