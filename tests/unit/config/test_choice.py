"""Things built from their names and settings."""

from importlib.metadata import EntryPoint

import pytest

from bandits.config import build, choose, registry
from bandits.errors import SettingError, UnknownPlugin
from bandits.predictors import SRM, Parametric
from bandits.stopping import ProbabilityRule, RiskControlledRule


@pytest.mark.parametrize(
    ("kind", "text", "built"),
    [
        ("predictors", "srm", SRM()),
        ("predictors", "srm:min_curves=5,model=svr_rbf", SRM("svr_rbf", min_curves=5)),
        ("predictors", "SRM:svr_rbf", SRM("svr_rbf")),
        ("predictors", "srm-ridge:link=log_loss,use-curve=no", SRM("ridge", link="log_loss", use_curve=False)),
        ("predictors", "mmf:recency=2", Parametric("mmf", recency=2.0)),
        ("rules", "risk:risk=0.05,from_epoch=7", RiskControlledRule(0.05, from_epoch=7)),
        ("rules", "risk-controlled:0.2,tolerance=0.5", RiskControlledRule(0.2, tolerance=0.5)),
        ("rules", "probability:0.9,keep=2", ProbabilityRule(0.9, keep=2)),
    ],
)
def test_names_with_settings_are_objects(kind, text, built):
    """What is written is what is built; hyphens and underscores are the same."""
    assert built == build(kind, text)


def test_arguments_are_offered_not_forced():
    """They are used where the constructor takes them and the text does not say otherwise."""
    assert 9 == build("algorithms", "hyperband:max_epochs=9", max_epochs=81, burn_in=3).max_epochs
    assert 81 == build("algorithms", "hyperband", max_epochs=81).max_epochs


def test_settings_of_optunas_samplers_are_handed_on():
    """They are typed from the signature of Optuna's own class, and are part of the settings."""
    sampler = build("samplers", "tpe:n_startup_trials=5,min_arms=3", seed=4)

    assert {"n_startup_trials": 5} == sampler.settings()["options"]
    assert (3, 4) == (sampler.settings()["min_arms"], sampler.settings()["seed"])
    assert 5 == sampler._chosen._n_startup_trials


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("predictors", "smr", "predictor must be one of srm, .* got 'smr' \\(did you mean 'srm'\\?\\)"),
        ("predictors", "srm:min_curve=5", r"`min_curve` must be a setting of srm \(model, min_curves, .* got 5 \(did"),
        ("predictors", "srm-ridge:model=ols", "`model` must be a setting of srm-ridge"),
        ("predictors", "srm:min_curves=few", "`min_curves` of srm must be an integer, got 'few'"),
        ("predictors", "srm:min_curves=1", "`min_curves` must be an integer >= 2, got 1"),
        ("predictors", "srm:model=svr", "`model` .*must be one of .*, got 'svr'"),
        ("predictors", "srm:ridge,model=ridge", r"`model` of srm must be given once, got \['ridge', 'ridge'\]"),
        ("predictors", "last-seen-value:[a]", "must be an integer, got"),
        ("rules", "risk:risk=0.7", r"`risk` must be in \(0, 0.5\], got 0.7"),
        ("algorithms", "hyperband:stopper=x", r"`stopper` must be a setting of hyperband \(max_epochs, eta, loops,"),
        ("objectives", "table:lstm_ptb,metric=x", "`metric` of table must be given in Python"),
        ("algorithms", "random", "`trials` of random must be given, as in random:trials=..."),
        ("samplers", "tpe:seeds=3", "`seeds` must be a setting of tpe .* got 3 \\(did you mean 'seed'"),
        ("samplers", "tpe:n_startup_trials=few", "`n_startup_trials` of tpe must be an integer, got 'few'"),
    ],
)
def test_wrong_settings_are_one_sentence(kind, text, message):
    """It names the setting, the rule and the value."""
    with pytest.raises((SettingError, UnknownPlugin), match=message):
        build(kind, text)


def test_short_forms_are_settings():
    """What was given in another way is read alike, and must not be given twice."""
    assert {"eta": 4, "loops": 2} == choose("algorithms", "hyperband:eta=4", {"loops": "2"}).settings
    with pytest.raises(SettingError, match=r"`eta` of hyperband must be given once, got \['4', '3'\]"):
        choose("algorithms", "hyperband:eta=4", {"eta": "3"})
    with pytest.raises(SettingError, match=r"`loops` must be a setting of asha .*, got 2"):
        choose("algorithms", "asha", {"loops": "2"})


def picky(limit: int = 1) -> object:
    """Refuse everything as Python does."""
    raise TypeError(f"no {limit}")


def test_what_a_plug_in_raises_is_one_sentence(monkeypatch):
    """A constructor that raises TypeError, and a plug-in that cannot be imported, are told with their names."""
    points = [
        EntryPoint("picky", f"{__name__}:picky", "bandits.rules"),
        EntryPoint("lost", "no_such_module:Rule", "bandits.rules"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "bandits.rules" else [])
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("types").SimpleNamespace(picky=picky))

    with pytest.raises(SettingError, match="picky cannot be made with limit=2: TypeError: no 2"):
        build("rules", "picky:limit=2")
    with pytest.raises(SettingError, match=r"plug-in lost from .* must be importable, but no_such_module:Rule raised"):
        build("rules", "lost")
