"""Samplers of Optuna by name, as this library sets them up."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bandits.errors import MissingDependency, UnknownPlugin, check_at_least
from bandits.rng import rng_for

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

__all__ = ["SAMPLERS", "named_sampler"]


def named_sampler(name: str, *, seed: int) -> BaseSampler:
    """A sampler of Optuna by name.

    "tpe" (densities of good and bad configurations over all parameters at once, and running trials count as bad ones),
    "gp" (a Gaussian process), "cmaes" (an evolution strategy; it draws choices at random), "qmc" (a Sobol sequence),
    "nsgaii" (a genetic algorithm) and "random". Everything else is as Optuna has it.

    Args:
        name: one of these.
        seed: of its choices, >= 0.

    Raises:
        UnknownPlugin: there is none of that name.
        MissingDependency: the sampler needs a library that is not installed.
        SettingError: the seed is not an integer >= 0.

    Example:
        >>> type(named_sampler("tpe", seed=0)).__name__
        'TPESampler'
    """
    if name not in SAMPLERS:
        raise UnknownPlugin("sampler of Optuna", name, SAMPLERS)
    number = int(rng_for(check_at_least("seed", seed, 0), "optuna", name).integers(2**31))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of them are experimental; who asks for one by name knows
        return SAMPLERS[name](number)


def _tpe(seed: int) -> BaseSampler:
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, multivariate=True, constant_liar=True)  # the defaults from Optuna 5 on


def _gp(seed: int) -> BaseSampler:
    _need("torch", "the sampler gp")
    from optuna.samplers import GPSampler

    return GPSampler(seed=seed)


def _cmaes(seed: int) -> BaseSampler:
    _need("cmaes", "the sampler cmaes")
    from optuna.samplers import CmaEsSampler

    return CmaEsSampler(seed=seed, warn_independent_sampling=False)


def _qmc(seed: int) -> BaseSampler:
    from optuna.samplers import QMCSampler

    return QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False)


def _nsgaii(seed: int) -> BaseSampler:
    from optuna.samplers import NSGAIISampler

    return NSGAIISampler(seed=seed)


def _random(seed: int) -> BaseSampler:
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)


def _need(library: str, feature: str) -> None:
    if find_spec(library) is None:
        raise MissingDependency(feature, "samplers")


SAMPLERS: Mapping[str, Callable[[int], BaseSampler]] = {
    "tpe": _tpe,
    "gp": _gp,
    "cmaes": _cmaes,
    "qmc": _qmc,
    "nsgaii": _nsgaii,
    "random": _random,
}
"""What makes each sampler from a seed, by its name."""
