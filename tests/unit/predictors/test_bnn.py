"""The BNN predictor: the contract, what it learns from, and what it refuses."""

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is an optional extra: pip install 'bandits-hpo[torch]'")
import torch

from bandits.curves import Curve, History, Trial
from bandits.errors import MissingDependency, SettingError
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors import bnn
from bandits.predictors.bnn import BNN
from bandits.predictors.lc_net.sampling import Mixture
from bandits.rng import rng_for
from bandits.testing import PredictorContract, ramps

QUICK: dict[str, Any] = {
    "chains": 2, "burn_in": 20, "networks": 2, "keep_every": 5, "batch": 10, "batch_epochs": 3, "update_steps": 2,
    "update_networks": 2,
}  # fmt: skip
HORIZON = 20


class TestContract(PredictorContract):
    horizon = 6
    arms = 2

    @pytest.fixture(
        params=[{}, {"noise": "per configuration", "curve_layer": False, "latents": 0, "update_steps": 0}],
        ids=["default", "the paper's plain network"],
    )
    def predictor(self, request: pytest.FixtureRequest) -> BNN:
        """Few steps: the contract is about manners, not accuracy."""
        return BNN(**{**QUICK, **request.param})


def answers(predictor: BNN, learnt: list[tuple[Trial, Curve]], asked: list[tuple[Trial, Curve]]) -> list[Any]:
    """Forecasts of arms at the horizon."""
    return predictor.fit(History.from_curves(learnt), horizon=HORIZON, rng=rng_for(0)).forecast_many(asked)


def test_learns_from_unfinished_curves_if_told() -> None:
    """Unfinished curves change a forecast, and with `partial_curves=False` they do not."""
    finished, begun = ramps(20, HORIZON), [(Trial(500 + t.id, {}, t.features), c.prefix(9)) for t, c in ramps(9, 9)]
    asked = [(Trial(900, {}, {"limit": 0.5, "pace": 0.5}), Curve([0.2, 0.3]))]
    using, ignoring = BNN(**QUICK), BNN(**QUICK, partial_curves=False)

    assert answers(using, finished, asked) != answers(using, [*finished, *begun], asked)
    assert answers(ignoring, finished, asked) == answers(ignoring, [*finished, *begun], asked)


def test_an_arms_earlier_epochs_count_once() -> None:
    """What the history holds of the arm itself is left out where its epochs are added."""
    fitted = BNN(**QUICK).fit(History.from_curves(ramps(25, HORIZON)), horizon=HORIZON, rng=rng_for(0))

    assert len(fitted._curves()) - 1 == len(fitted._curves(without=7))  # type: ignore[attr-defined]


def test_a_loss_is_forecast_on_its_logarithm() -> None:
    """Losses that fall far get the logarithmic link, and every sample is a loss."""
    learnt = [(t, Curve(-np.exp(3 * (1 - c.scores)))) for t, c in ramps(25, HORIZON)]
    (forecast,) = answers(BNN(**QUICK), learnt, [(Trial(99, {}, learnt[0][0].features), learnt[0][1].prefix(3))])

    assert forecast.link is Link.LOG_LOSS
    assert max(forecast.samples) < 0


def test_mean_and_spread_are_those_of_the_samples() -> None:
    """`mean` and `std` sum up the samples: about a thousand, ascending."""
    (forecast,) = answers(BNN(**QUICK), ramps(25, HORIZON), [(ramps(1, 2)[0][0], Curve([0.2, 0.3]))])

    assert 1000 == len(forecast.samples)
    assert forecast.mean == pytest.approx(np.mean(forecast.samples), abs=1e-3)
    assert forecast.std == pytest.approx(np.std(forecast.samples), rel=0.02)


@pytest.mark.parametrize(
    ("features", "words"),
    [({"limit": 0.5}, "'pace', which trial 9 lacks"), ({"limit": math.nan, "pace": 1.0}, "not a finite number")],
)
def test_abstains_without_an_arms_features(features: dict[str, float], words: str) -> None:
    """A missing or infinite feature is named."""
    (answer,) = answers(BNN(**QUICK), ramps(25, HORIZON), [(Trial(9, {}, features), Curve([0.1]))])

    assert isinstance(answer, Abstain) and words in answer.reason


def test_abstains_where_features_do_not_differ() -> None:
    """The features are the network's only view of an arm."""
    learnt = [(Trial(t.id, {}, {"x": 1.0}), c) for t, c in ramps(25, HORIZON)]
    (answer,) = answers(BNN(**QUICK), learnt, [(Trial(99, {}, {"x": 1.0}), Curve([0.1]))])

    assert isinstance(answer, Abstain) and "training curves have the same features" in answer.reason


def test_abstains_when_every_chain_diverges() -> None:
    """A step size far too large gives a reason, not NaN."""
    predictor = BNN(**{**QUICK, "step_size": 1e30})
    (answer,) = answers(predictor, ramps(25, HORIZON), [(ramps(1, 2)[0][0], Curve([0.1]))])

    assert isinstance(answer, Abstain) and "diverged" in answer.reason


def test_an_arm_beyond_all_others_is_still_forecast() -> None:
    """Scores and features far outside the training range count as their edge."""
    (answer,) = answers(
        BNN(**QUICK), ramps(25, HORIZON), [(Trial(99, {}, {"limit": 1e250, "pace": -1e250}), Curve([1e250]))]
    )

    assert isinstance(answer, Forecast)


def test_torch_is_left_as_it_was() -> None:
    """Neither the number of threads nor the global generator changes."""
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    answers(BNN(**QUICK), ramps(25, HORIZON), [(ramps(1, 2)[0][0], Curve([0.1]))])

    assert threads == torch.get_num_threads()
    assert torch.equal(state, torch.random.get_rng_state())


def test_says_how_to_install_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch, the error holds the command that installs it."""
    monkeypatch.setattr(bnn, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependency, match=r"pip install .*'torch>="):
        BNN()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("min_curves", 1), ("latents", -1), ("batch_epochs", 0),
     ("chains", 0), ("burn_in", -1), ("networks", 0), ("keep_every", 0), ("batch", 0),
     ("update_steps", -1), ("update_networks", 0), ("noise", "none"), ("step_size", 0.0), ("link", "log")],
)  # fmt: skip
def test_settings_keep_their_rules(setting: str, value: Any) -> None:
    """The message names the setting."""
    with pytest.raises(SettingError, match=f"`{setting}`"):
        BNN(**{setting: value})


def test_says_its_settings() -> None:
    """`repr` can be read back."""
    predictor = BNN(chains=2)

    assert repr(predictor) == repr(eval(repr(predictor), {"BNN": BNN, "Link": Link}))  # noqa: S307


def test_horizon_must_be_an_epoch() -> None:
    """Epochs count from 1."""
    with pytest.raises(SettingError, match="horizon"):
        BNN(**QUICK).fit(History(), horizon=0, rng=rng_for(0))


def test_abstains_at_the_edges_of_a_curve() -> None:
    """There is nothing to forecast at the horizon, and nothing to forecast from before epoch 1."""
    trial = ramps(1, 2)[0][0]
    before, at = answers(BNN(**QUICK), ramps(25, HORIZON), [(trial, Curve([])), (trial, Curve([0.5] * HORIZON))])

    assert "not been measured" in before.reason
    assert "already reached" in at.reason


def test_the_logarithm_of_a_negative_loss_is_refused() -> None:
    """A link that cannot take the scores is a reason, for training curves and for the arm."""
    trial = ramps(1, 2)[0][0]
    predictor = BNN(**QUICK, link=Link.LOG_LOSS)
    losses = [(t, Curve(c.scores - 2.0)) for t, c in ramps(25, HORIZON)]
    (training,) = answers(predictor, ramps(25, HORIZON), [(trial, Curve([0.5]))])
    (asked,) = answers(predictor, losses, [(trial, Curve([0.5]))])

    assert "a training curve has a loss <= 0" in training.reason
    assert f"a loss of trial {trial.id}" in asked.reason


def test_one_diverged_curve_leaves_the_others_alone() -> None:
    """A loss of 1e34 among losses near 1 does not press those into one point."""
    losses = [(t, Curve(c.scores - 2.0)) for t, c in ramps(25, HORIZON)]
    diverged = (Trial(77, {}, losses[3][0].features), Curve(np.r_[losses[3][1].scores[:5], [-1e34] * (HORIZON - 5)]))
    asked = [(Trial(99, {}, losses[0][0].features), losses[0][1].prefix(3))]
    (before,) = answers(BNN(**QUICK), losses, asked)
    (after,) = answers(BNN(**QUICK), [*losses, diverged], asked)

    assert after.std < 20 * before.std


def test_a_diverged_arm_is_forecast() -> None:
    """A loss of 1e34 so far counts as the worst there is."""
    losses = [(t, Curve(c.scores - 2.0)) for t, c in ramps(25, HORIZON)]
    (answer,) = answers(BNN(**QUICK), losses, [(Trial(99, {}, losses[0][0].features), Curve([-1.9, -1e34]))])

    assert isinstance(answer, Forecast)


def test_samples_keep_the_tails_of_a_mixture() -> None:
    """Of a thousand equal Gaussians, the samples have their spread and their tails."""
    n = 1000
    samples = bnn._quantiles(Mixture(np.full(n, 0.5), np.full(n, 0.1), np.full(n, 1 / n)), 1000)

    assert samples.std() == pytest.approx(0.1, rel=0.03)
    assert np.quantile(samples, [0.05, 0.95]) == pytest.approx([0.5 - 0.1645, 0.5 + 0.1645], abs=0.01)
