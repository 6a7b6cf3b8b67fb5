"""One configuration of a language model, checked: the net's sizes, and how it is trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from bandits.errors import SettingError
from bandits.errors.checks import check_whole

__all__ = ["OPTIMIZERS", "Recipe", "check_names"]

OPTIMIZERS = ("adam", "sgd")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A net and its training. Every field is a parameter that a configuration may have.

    Args:
        n_layer: LSTM layers, >= 1 (the name of the shipped table lstm_ptb).
        n_inputs: LSTM cells a layer, >= 1 (the name of that table too).
        embedding: numbers that stand for a token at the net's input, >= 1; 0 for as many as `n_inputs`.
        tied: whether the embedding's weights are those of the decoder too (Press & Wolf, 2017); then both must have
            the same size.
        dropout: share of activations that training sets to 0, in [0, 1): of the embedding, of what one layer passes
            to the next, and of the decoder's input; never of what a layer passes to its next step (Zaremba et al.,
            2014).
        optimizer: "adam" or "sgd" (plain: no momentum).
        lr: learning rate of the first epoch, > 0.
        lr_decay: every `decay_every` epochs the rate is multiplied by this, in (0, 1]; 1 leaves it as it is.
        decay_every: epochs from one decay to the next, >= 1.
        clip: longest gradient, as its Euclidean norm over all weights; a longer one is scaled down to it. > 0.
        sum_over_steps: True: the loss of a window is the sum over its steps, as in Zaremba et al. False: it is the
            mean, so that a window's length does not change how far a step goes. Over the streams it is always the mean.

    Raises:
        SettingError: a field breaks its rule.
    """

    n_layer: int = 1
    n_inputs: int = 64
    embedding: int = 0
    tied: bool = False
    dropout: float = 0.0
    optimizer: str = "adam"
    lr: float = 0.003
    lr_decay: float = 1.0
    decay_every: int = 1
    clip: float = 1.0
    sum_over_steps: bool = False

    def __post_init__(self) -> None:
        check_whole("n_layer", self.n_layer, 1)
        check_whole("n_inputs", self.n_inputs, 1)
        check_whole("embedding", self.embedding, 0)
        check_whole("decay_every", self.decay_every, 1)
        for name in ("tied", "sum_over_steps"):
            _check(name, "must be True or False", getattr(self, name), isinstance(getattr(self, name), bool))
        _check("optimizer", f"must be one of {', '.join(OPTIMIZERS)}", self.optimizer, self.optimizer in OPTIMIZERS)
        for name in ("lr", "clip"):
            value = getattr(self, name)
            _check(name, "must be a finite number > 0", value, _is_number(value) and value > 0)
        decay = self.lr_decay
        _check("lr_decay", "must be a number > 0 and <= 1", decay, _is_number(decay) and 0 < decay <= 1)
        rate = self.dropout
        _check("dropout", "must be a number >= 0 and < 1", rate, _is_number(rate) and 0 <= rate < 1)
        if self.tied and self.embedding_size != self.n_inputs:
            rule = f"must be `n_inputs`, which is {self.n_inputs}, or 0, where weights are tied"
            raise SettingError.broken("`embedding`", rule, self.embedding)

    @classmethod
    def of(cls, config: Mapping[str, object], otherwise: Mapping[str, object] | None = None) -> Recipe:
        """Read a configuration.

        Args:
            config: values by field.
            otherwise: values of the fields that the configuration lacks; a field that is in neither has its default.

        Raises:
            SettingError: it has a parameter that is not a field, or a field breaks its rule.
        """
        settings: dict[str, Any] = {**(otherwise or {}), **config}
        check_names("a configuration of a language model", settings)
        return cls(**{name: _plain(value) for name, value in settings.items()})

    @property
    def embedding_size(self) -> int:
        """How many numbers stand for a token."""
        return self.embedding or self.n_inputs

    def num_params(self, vocabulary: int) -> int:
        """Number of weights of the net for a vocabulary of this size, biases included; tied weights count once."""
        inputs = [self.embedding_size] + [self.n_inputs] * (self.n_layer - 1)
        layers = sum(4 * self.n_inputs * (width + self.n_inputs + 2) for width in inputs)  # 4 gates, of 2 biases each
        decoder = vocabulary * (1 if self.tied else self.n_inputs + 1)
        return vocabulary * self.embedding_size + layers + decoder

    def learning_rate(self, epoch: int) -> float:
        """The rate of an epoch, from 1."""
        return self.lr * self.lr_decay ** ((epoch - 1) // self.decay_every)


def check_names(argument: str, names: Iterable[str]) -> None:
    """Check that parameters exist.

    Args:
        argument: the name of the argument that has them, for the error.
        names: of the parameters.

    Raises:
        SettingError: one is not a field of `Recipe`.
    """
    known = sorted(field.name for field in fields(Recipe))
    for name in names:
        if name not in known:
            raise SettingError.broken(argument, f"must have no parameters but {', '.join(known)}", name)


def _check(name: str, rule: str, value: object, holds: bool) -> None:
    if not holds:
        raise SettingError.broken(f"`{name}`", rule, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _plain(value: Any) -> Any:
    """A NumPy number as a Python number, because configurations may hold either."""
    return value.item() if isinstance(value, np.generic) else value
