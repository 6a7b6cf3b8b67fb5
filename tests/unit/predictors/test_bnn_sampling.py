"""The parts of the BNN predictor: basis functions, network, sampler, posterior."""

import math
from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is an optional extra: pip install 'bandits-hpo[torch]'")
import torch

from bandits.predictors import learning_curve_layer as layer
from bandits.predictors.lc_net import LCNet
from bandits.predictors.lc_posterior import CurvePoints, Posterior, single_threaded
from bandits.predictors.sghmc import AdaptiveSGHMC


def generator(seed: int = 0) -> torch.Generator:
    """A generator of this test's own."""
    return torch.Generator().manual_seed(seed)


def adam(start: torch.Tensor, gradient: Callable[[torch.Tensor], torch.Tensor], steps: int) -> torch.Tensor:
    """Adam by hand: importing torch.optim's takes seconds."""
    position, mean, square = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    for step in range(1, steps + 1):
        g = gradient(position)
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        position -= 3e-3 * mean / (1 - 0.9**step) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return position


def points(n: int = 200, features: int = 2, seed: int = 0) -> CurvePoints:
    """Points of y = 0.3 + 0.3 sigmoid(x_1) t."""
    rng = np.random.default_rng(seed)
    x, t = rng.normal(size=(n, features)), rng.uniform(0.05, 1.0, n)
    return CurvePoints.of(x, t, 0.3 + 0.3 * t / (1 + np.exp(-x[:, 0])))


def test_basis_functions_are_those_of_the_table() -> None:
    """Each function at theta = 0.5 and t = 0.25, computed by hand."""
    a = b = c = 0.5
    t = 0.25
    expected = [
        math.exp(-a - b / (10 * t) - c * math.log(t) / 10) - math.exp(-a - b / 10),
        a * (t**b - 1),
        2 * a * (1 / (1 + math.exp(-b * c / 10)) - 1 / (1 + t**c * math.exp(-b * c / 10))),
        b * (math.exp(-10 * a) - math.exp(-10 * a * t)),
        a * (1 / (1 + (c / t) ** b) - 1 / (1 + c**b)),
    ]
    actual = layer.basis_functions(torch.full((layer.PARAMETERS,), 0.5), torch.tensor(t)).tolist()

    assert expected == pytest.approx(actual, abs=1e-6)


def test_basis_functions_vanish_at_the_horizon_and_stay_in_bounds() -> None:
    """They are 0 at t = 1, and for any parameters finite and between -1 and 1 from the first of 10 000 epochs on."""
    theta = torch.rand(500, layer.PARAMETERS, generator=generator())
    early = layer.basis_functions(theta.unsqueeze(1), torch.linspace(1e-4, 1.0, 50).expand(500, 50))

    assert torch.allclose(torch.zeros(500, 5), layer.basis_functions(theta, torch.ones(500)), atol=1e-6)
    assert torch.isfinite(early).all()
    assert early.abs().max() <= 1.0


def test_a_curve_ends_at_its_asymptote() -> None:
    """At t = 1 the layer gives the logistic function of its last head."""
    heads = torch.randn(7, 19, generator=generator()) * 20

    assert torch.allclose(torch.sigmoid(heads[:, -1]), layer.learning_curve(heads, torch.ones(7)), atol=1e-6)


@pytest.mark.parametrize("noise", ["shared", "per configuration"])
@pytest.mark.parametrize("curve_layer", [True, False])
def test_networks_are_evaluated_side_by_side(noise: str, curve_layer: bool) -> None:
    """Each network answers as it would alone, and starts with the noise 1e-3 or near it."""
    net = LCNet(3, noise=noise, curve_layer=curve_layer)  # type: ignore[arg-type]
    networks = net.start(4, generator())
    x, t = torch.randn(4, 6, 3, generator=generator(1)), torch.rand(4, 6, generator=generator(2))
    mean, log_variance = net.predict(networks, x, t)
    alone, _ = net.predict(networks[2:3], x[2:3], t[2:3])

    assert (4, net.size) == networks.shape
    assert (4, 6) == mean.shape == log_variance.shape
    assert torch.allclose(alone[0], mean[2], atol=1e-6)
    assert abs(float(log_variance.mean()) - math.log(1e-3)) < 1.5


def test_minibatches_give_the_gradient_on_average() -> None:
    """The mean of many minibatch gradients is the gradient over all points, groups of points included."""
    net = LCNet(2, hidden=5)
    networks = net.start(1, generator())
    pools = [points(200), points(8, seed=1)]
    full = Posterior(net, pools, 1000, generator()).gradient(networks)
    estimate = Posterior(net, pools, 5, generator()).gradient(networks.expand(20_000, -1)).mean(dim=0)

    assert float((estimate - full[0]).norm() / full.norm()) < 0.02


def test_the_sampler_finds_a_gaussian() -> None:
    """On a Gaussian with variances 1 and 0.01, chains end with these means and variances."""
    mean, variance = torch.tensor([3.0, -1.0]), torch.tensor([1.0, 0.01])
    sampler = AdaptiveSGHMC(
        torch.zeros(1000, 2), lambda position: (position - mean) / variance, generator(), step_size=0.02, friction=0.05
    )
    sampler.burn_in(500)
    sampler.walk(1000)
    found = torch.cat(list(sampler.samples(5, 50)))

    assert mean.tolist() == pytest.approx(found.mean(dim=0).tolist(), abs=0.1)
    assert variance.tolist() == pytest.approx(found.var(dim=0).tolist(), rel=0.25)


def test_sampled_networks_doubt_more_where_nothing_was_seen_than_optimised_ones() -> None:
    """Far outside the training range, sampled networks differ more than an ensemble of posterior modes."""
    data, net, chains = points(), LCNet(2, hidden=20), 4
    with single_threaded():
        start = net.start(chains, generator())
        sampler = AdaptiveSGHMC(
            start, Posterior(net, [data], 50, generator(1)).gradient, generator(2), step_size=0.02, friction=0.05
        )
        sampler.burn_in(200)
        modes = adam(start, Posterior(net, [data], 50, generator(1)).gradient, steps=200)
        far = torch.randn(100, 2, generator=generator(3)) * 5
        with torch.no_grad():
            spreads = [
                float(net.predict(networks, far.expand(chains, 100, 2), torch.ones(chains, 100))[0].var(dim=0).mean())
                for networks in (sampler.positions, modes)
            ]

    assert spreads[0] > spreads[1]
