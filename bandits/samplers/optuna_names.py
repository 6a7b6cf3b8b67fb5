"""Samplers of Optuna by name, as this library sets them up."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from bandits.errors import MissingDependency, SettingError, UnknownPlugin
from bandits.errors.checks import check_whole
from bandits.rng import rng_for

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

__all__ = ["SAMPLERS", "named_sampler"]


def named_sampler(name: str, *, seed: int, options: Mapping[str, Any] | None = None) -> BaseSampler:
    """A sampler of Optuna by name.

    "tpe" (densities of good and bad configurations over all parameters at once, and running trials count as bad ones),
    "gp" (a Gaussian process), "cmaes" (an evolution strategy; it draws choices at random), "qmc" (a Sobol sequence),
    "nsgaii" (a genetic algorithm) and "random". Everything else is as Optuna has it.

    Args:
        name: one of these.
        seed: seed of its choices, >= 0.
        options: further arguments of Optuna's class, which win over those that are set here; None for none.

    Raises:
        UnknownPlugin: there is none of that name.
        MissingDependency: the sampler needs a library that is not installed.
        SettingError: the seed is not an integer >= 0, or Optuna's class refuses the options.

    Example:
        >>> type(named_sampler("tpe", seed=0)).__name__
        'TPESampler'
    """
    if name not in SAMPLERS:
        raise UnknownPlugin("sampler of Optuna", name, SAMPLERS)
    number = int(rng_for(check_whole("seed", seed, 0), "optuna", name).integers(2**31))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of them are experimental; who asks for one by name knows
        try:
            return SAMPLERS[name](number, dict(options or {}))
        except (TypeError, ValueError) as error:
            raise SettingError(f"`options` must be arguments of Optuna's sampler {name}; it says: {error}") from error


def _tpe(seed: int, options: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import TPESampler

    usual = {"multivariate": True, "constant_liar": True}  # the defaults from Optuna 5 on
    return TPESampler(**{"seed": seed, **usual, **options})


def _gp(seed: int, options: Mapping[str, Any]) -> BaseSampler:
    _need("the sampler gp", "torch", "greenlet")
    from optuna.samplers import GPSampler

    return GPSampler(**{"seed": seed, **options})


def _cmaes(seed: int, options: Mapping[str, Any]) -> BaseSampler:
    _need("the sampler cmaes", "cmaes")
    from optuna.samplers import CmaEsSampler

    return CmaEsSampler(**{"seed": seed, "warn_independent_sampling": False, **options})


def _qmc(seed: int, options: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import QMCSampler

    return QMCSampler(**{"seed": seed, "scramble": True, "warn_independent_sampling": False, **options})


def _nsgaii(seed: int, options: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import NSGAIISampler

    return NSGAIISampler(**{"seed": seed, **options})


def _random(seed: int, options: Mapping[str, Any]) -> BaseSampler:
    from optuna.samplers import RandomSampler

    return RandomSampler(**{"seed": seed, **options})


def _need(feature: str, *libraries: str) -> None:
    if find_spec(libraries[0]) is None:
        raise MissingDependency(feature, "samplers", *libraries)


SAMPLERS: Mapping[str, Callable[[int, Mapping[str, Any]], BaseSampler]] = {
    "tpe": _tpe,
    "gp": _gp,
    "cmaes": _cmaes,
    "qmc": _qmc,
    "nsgaii": _nsgaii,
    "random": _random,
}
"""What makes each sampler from a seed and further arguments, by its name."""
