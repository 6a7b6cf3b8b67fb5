"""The parts of the BNN predictor: basis functions, network, sampler, posterior."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is an optional extra: pip install 'bandits-hpo[torch]'")
import torch

from bandits.predictors.lc_net import curve_layer as layer
from bandits.predictors.lc_net.latents import Observed, draw_latents
from bandits.predictors.lc_net.network import LCNet
from bandits.predictors.lc_net.posterior import CurveSet, Posterior, single_threaded
from bandits.predictors.lc_net.sghmc import AdaptiveSGHMC


def generator(seed: int = 0) -> torch.Generator:
    """A generator of this test's own."""
    return torch.Generator().manual_seed(seed)


def adam(start: torch.Tensor, gradient: Callable[[torch.Tensor], torch.Tensor], steps: int) -> torch.Tensor:
    """Adam by hand: importing torch.optim's takes seconds."""
    position, mean, square = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    for step in range(1, steps + 1):
        g = gradient(position)
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        position -= 1e-2 * mean / (1 - 0.9**step) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return position


def curves(n: int = 40, horizon: int = 10, seed: int = 0) -> CurveSet:
    """Curves y = 0.3 + 0.3 sigmoid(x_1) t."""
    x, t = np.random.default_rng(seed).normal(size=(n, 2)), np.arange(1, horizon + 1) / horizon
    return CurveSet.of(x, [0.3 + 0.3 * t / (1 + math.exp(-first)) for first in x[:, 0]], horizon)


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
@pytest.mark.parametrize("latents", [0, 2])
def test_networks_are_evaluated_side_by_side(noise: Any, curve_layer: bool, latents: int) -> None:
    """Each network and each curve is answered as it would be alone."""
    net = LCNet(3, latents, noise=noise, curve_layer=curve_layer)
    networks = torch.randn(4, net.size, generator=generator())
    inputs = torch.randn(4, 6, 3 + latents, generator=generator(1))
    t = torch.rand(4, 6, 5, generator=generator(2)) + 0.01
    both = net.predict(networks, inputs, t)
    alone = net.predict(networks[2:3], inputs[2:3, 1:2], t[2:3, 1:2])

    assert all((4, 6, 5) == answer.shape for answer in both)
    assert all(torch.allclose(one[0, 0], answer[2, 1], atol=1e-5) for one, answer in zip(alone, both, strict=True))


def test_a_latent_moves_a_curve_wherever_the_features_are() -> None:
    """Far outside the training range, where hidden units are saturated, latents still matter."""
    net = LCNet(1, 1)
    networks = torch.randn(20, net.size, generator=generator())
    low, high = (net.predict(networks, torch.tensor([[[1e3, z]]]).expand(20, 1, 2), torch.ones(20, 1, 1))[0]
                 for z in (-1.0, 1.0))  # fmt: skip

    assert float((high - low).abs().mean()) > 0.1


@pytest.mark.parametrize("always", [0, 3])
def test_minibatches_give_the_gradient_on_average(always: int) -> None:
    """The mean of many minibatch gradients is the gradient over all epochs of all curves, unfinished ones included."""
    net, every = LCNet(2, 1, hidden=4), curves(12)
    begun = CurveSet(every.x, every.y, torch.tensor([10, 3, 7] * 4), every.horizon)
    some = Posterior(net, begun, 4, 2, generator(), always)
    position = some.start(1)
    expected = torch.zeros_like(position[0])
    for i, tau in enumerate(begun.taus.tolist()):  # one curve at a time, with as many epochs as it has
        one = CurveSet(begun.x[i : i + 1], begun.y[i : i + 1], begun.taus[i : i + 1], begun.horizon)
        part = torch.cat((position[:, : net.size], position[:, net.size + i : net.size + i + 1]), dim=1)
        gradient = (Posterior(net, one, 1, tau, generator()).gradient(part) - part)[0]
        expected[: net.size] += gradient[:-1]
        expected[net.size + i] += gradient[-1]
    estimate = some.gradient(position.expand(8000, -1)).mean(dim=0)

    assert float((estimate - position[0] - expected).norm() / expected.norm()) < 0.05


def test_latents_are_drawn_from_their_posterior() -> None:
    """Mean and spread of weighted draws are those of the posterior on a fine grid, where it has one mode."""
    net = LCNet(2, 1)
    networks = torch.randn(6, net.size, generator=generator())[1:]
    networks[:, -1] = 2.5  # noise of standard deviation 0.12
    seen = Observed(net, networks, torch.zeros(1, 2), torch.tensor([0.1, 0.2]), torch.tensor([0.4, 0.45]))
    with torch.no_grad():
        grid = torch.linspace(-6, 6, 4001).view(1, -1, 1).expand(5, -1, 1)
        exact = torch.softmax(-seen.energies(grid), dim=1)
        latents, weights = draw_latents(seen, 4000, generator(1))
    moments = [
        torch.stack([(p * z.squeeze(-1) ** power).sum(dim=1) for power in (1, 2)])
        for z, p in ((grid, exact), (latents, weights))
    ]

    assert torch.allclose(*moments, atol=0.06)


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


def test_minibatch_noise_does_not_heat_the_sampler() -> None:
    """A gradient with noise of known size leaves the variance of a Gaussian as it is."""
    noise = generator(1)
    sampler = AdaptiveSGHMC(
        torch.zeros(2000, 1),
        lambda position: position + 15 * torch.randn(position.shape, generator=noise),
        generator(),
        step_size=0.05,
        friction=0.05,
    )
    sampler.burn_in(300)
    sampler.walk(600)

    assert float(sampler.positions.var()) == pytest.approx(1.0, rel=0.15)


def test_sampled_networks_doubt_more_where_nothing_was_seen_than_optimised_ones() -> None:
    """Far outside the training range, sampled networks differ more than an ensemble of posterior modes."""
    data, net, chains = curves(), LCNet(2, hidden=20), 4
    with single_threaded():
        posterior = Posterior(net, data, 20, 5, generator(1))
        start = posterior.start(chains)
        sampler = AdaptiveSGHMC(start, posterior.gradient, generator(2), step_size=0.03, friction=0.02)
        sampler.burn_in(300)
        modes = adam(start, posterior.gradient, steps=600)
        far = (torch.randn(100, 2, generator=generator(3)) * 5).expand(chains, 100, 2)
        with torch.no_grad():
            spreads = [
                float(net.predict(networks, far, torch.ones(chains, 100, 1))[0].var(dim=0).mean())
                for networks in (sampler.positions, modes)
            ]

    assert spreads[0] > spreads[1]
