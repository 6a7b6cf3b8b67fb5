"""What is common to the settings of all predictors: plain values that build an equal predictor again."""

import json
from dataclasses import FrozenInstanceError, fields
from importlib.util import find_spec

import pytest

from bandits.forecasts import Link
from bandits.predictors import (
    BNN,
    LCE,
    SRM,
    CurveProcess,
    GaussianProcess,
    LastSeenValue,
    NGBoost,
    Parametric,
    Predictor,
    QuantileForest,
)
from bandits.testing.toys import SpyPredictor

DEFAULTS = [LCE, SRM, CurveProcess, GaussianProcess, LastSeenValue, NGBoost, Parametric, QuantileForest]
CHANGED = [
    LCE(min_epochs=7, every=2, max_std=0.1, mode="optimistic", link=Link.IDENTITY),
    SRM("svr_rbf", draws=20, uncertainty="bootstrap", partial=False, link=Link.LOG_LOSS),
    CurveProcess(min_arms=5),
    GaussianProcess(min_curves=7),
    LastSeenValue(min_curves=3, link=Link.LOG_LOSS),
    NGBoost(rounds=30, step=0.1, trend=False),
    Parametric("mmf", recency=2.5, recalibrate=False),
    QuantileForest(trees=30, min_leaf=5),
]
if find_spec("torch"):
    DEFAULTS.append(BNN)
    CHANGED.append(BNN(min_curves=5, latents=0, noise="per configuration", step_size=0.01, curve_layer=False))


@pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
def test_settings_are_the_fields(kind: type[Predictor]) -> None:
    """Every field is a public setting, and `settings` tells all of them."""
    predictor = kind()
    assert list(predictor.settings()) == [field.name for field in fields(predictor)]  # type: ignore[arg-type]
    assert not any(name.startswith("_") for name in predictor.settings())


@pytest.mark.parametrize("predictor", [*(kind() for kind in DEFAULTS), *CHANGED], ids=repr)
def test_settings_build_an_equal_predictor(predictor: Predictor) -> None:
    """Written to JSON and read again, the settings build a predictor that is equal, hash and all."""
    again = type(predictor)(**json.loads(json.dumps(predictor.settings())))
    assert again == predictor
    assert hash(again) == hash(predictor)


@pytest.mark.parametrize("predictor", CHANGED, ids=lambda predictor: predictor.name)
def test_settings_cannot_be_changed(predictor: Predictor) -> None:
    """A predictor is frozen, and the repr of one builds it again."""
    with pytest.raises(FrozenInstanceError):
        predictor.link = "auto"  # type: ignore[attr-defined]
    assert eval(repr(predictor)) == predictor  # noqa: S307


def test_a_predictor_without_fields_has_no_settings() -> None:
    """A plug-in that is no dataclass says nothing of its settings unless it overrides `settings`."""
    assert SpyPredictor(SRM()).settings() == {}
