"""How well the BNN predictor forecasts toy curves."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is an optional extra: pip install 'bandits-hpo[torch]'")

from bandits.curves import Curve, History, Trial
from bandits.predictors.bnn import BNN
from bandits.rng import rng_for

FAIR: dict[str, Any] = {"chains": 3, "burn_in": 500, "networks": 3, "keep_every": 50, "batch": 50, "batch_epochs": 5}
HORIZON = 20


def logarithms(arms: int, key: str, noise: float = 0.0) -> list[tuple[Trial, Curve]]:
    """Curves 1 + a ln(b t) / 10 with features a and b, t the share of the horizon."""
    rng = rng_for(0, key)
    t = np.arange(1, HORIZON + 1) / HORIZON
    pairs = []
    for i in range(arms):
        a, b = rng.uniform(0.05, 1.0, size=2)
        scores = 1 + a * np.log(b * t) / 10 + rng.normal(0, 1, HORIZON) * noise
        pairs.append((Trial(1000 * (key == "asked") + i, {}, {"a": a, "b": b}), Curve(scores)))
    return pairs


def answers(predictor: BNN, learnt: list[tuple[Trial, Curve]], asked: list[tuple[Trial, Curve]]) -> list[Any]:
    """Forecasts of arms at the horizon."""
    return predictor.fit(History.from_curves(learnt), horizon=HORIZON, rng=rng_for(0)).forecast_many(asked)


def test_toy_curves_are_forecast_from_their_first_fifth() -> None:
    """With 20 % of each of 50 curves seen, the ends of logarithms are known to within 0.05, and better than the
    last value says."""
    asked = logarithms(50, "asked")
    seen = [(trial, curve.prefix(4)) for trial, curve in asked]
    # Two finished curves set the predictor to work; all it knows of the other 50 is their first fifth.
    forecasts = answers(BNN(**FAIR, min_curves=2), [*logarithms(2, "learnt"), *seen], seen)
    errors = np.array([f.mean - curve.scores[-1] for f, (_, curve) in zip(forecasts, asked, strict=True)])
    last_value = np.array([curve.scores[3] - curve.scores[-1] for _, curve in asked])

    assert np.sqrt((errors**2).mean()) < 0.05
    assert np.sqrt((errors**2).mean()) < 0.5 * np.sqrt((last_value**2).mean())


@pytest.mark.parametrize("noise", ["shared", "per configuration"])
def test_intervals_hold_what_they_promise(noise: Any) -> None:
    """Of noisy toy curves, 80 to 97 % end inside their 90 % interval."""
    asked = logarithms(100, "asked", noise=0.02)
    prefixes = [(trial, curve.prefix(4)) for trial, curve in asked]
    forecasts = answers(BNN(**FAIR, noise=noise), logarithms(40, "learnt", noise=0.02), prefixes)
    position = np.array(
        [f.prob_at_most(float(curve.scores[-1])) for f, (_, curve) in zip(forecasts, asked, strict=True)]
    )

    assert 0.80 <= ((position > 0.05) & (position < 0.95)).mean() <= 0.97


@pytest.mark.parametrize("setting", [{}, {"latents": 0, "update_steps": 300, "update_networks": 4}])
def test_an_arms_own_epochs_move_its_forecast(setting: dict[str, Any]) -> None:
    """Of two arms with the same features, the one that starts better is expected to end better."""
    learnt = [(Trial(i, {}, {"x": i / 30}), Curve(0.4 + i / 60 - 0.2 / np.arange(1, HORIZON + 1))) for i in range(30)]
    start = 0.65 - 0.2 / np.arange(1, 11)
    arms = [(Trial(100, {}, {"x": 0.5}), Curve(start + shift)) for shift in (-0.1, 0.1)]
    low, high = answers(BNN(**FAIR, **setting), learnt, arms)

    assert high.mean - low.mean > 0.003


def test_what_features_do_not_explain_is_learnt_from_the_start_of_a_curve() -> None:
    """Where curves differ although their feature says nothing, a quarter of a curve tells how it ends."""
    rng, t = rng_for(0, "unexplained"), np.arange(1, HORIZON + 1)
    pairs = [
        (Trial(i, {}, {"x": rng.normal()}), Curve(limit - 0.3 / t + rng.normal(0, 0.005, HORIZON)))
        for i, limit in enumerate(rng.normal(0.6, 0.1, 80))
    ]
    forecasts = answers(BNN(**FAIR), pairs[:40], [(trial, curve.prefix(5)) for trial, curve in pairs[40:]])
    ends = np.array([curve.scores[-1] for _, curve in pairs[40:]])
    errors = np.array([f.mean for f in forecasts]) - ends

    assert (errors**2).mean() < 0.1 * ends.var()
