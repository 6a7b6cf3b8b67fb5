"""Search spaces of language models, by name: distributions, fixed parameters, and how the text is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bandits.errors import UnknownPlugin
from bandits.search_space import check_space
from bandits.training.language.recipe import check_names

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["SPACES", "Space", "space_of"]

Distributions = Mapping[str, "BaseDistribution"]


@dataclass(frozen=True, slots=True)
class Space:
    """Parameters of configurations, and the usual settings for training them.

    Args:
        distributions: a distribution of `optuna.distributions` for each drawn parameter of `Recipe`.
        fixed: the values of other parameters.
        batch_size: number of parallel streams.
        bptt: length of a window in steps.
        max_epochs: the longest training.
    """

    distributions: Distributions
    fixed: Mapping[str, object] = field(default_factory=dict)
    batch_size: int = 32
    bptt: int = 32
    max_epochs: int = 27


def space_of(space: str | Distributions) -> Space:
    """A space by name, or made of distributions; needs optuna, but not torch.

    Raises:
        UnknownPlugin: there is no space of that name.
        SettingError: a value is no distribution, or `Recipe` has no such parameter.
    """
    if isinstance(space, str):
        if space not in SPACES:
            raise UnknownPlugin("space of language models", space, SPACES)
        return SPACES[space]()
    check_space(space)
    check_names("`space`", space)
    return Space(dict(space))


def _adam() -> Space:
    """Small nets trained with Adam, for characters on one CPU core."""
    from optuna.distributions import FloatDistribution

    return Space({**_nets(), "lr": FloatDistribution(5e-4, 1e-1, log=True), **_regularisation()})


def _sgd() -> Space:
    """The same nets trained with plain SGD."""
    from optuna.distributions import FloatDistribution

    lr = FloatDistribution(1e-1, 3e1, log=True)
    return Space({**_nets(), "lr": lr, **_regularisation()}, fixed={"optimizer": "sgd"})


def _nets() -> dict[str, BaseDistribution]:
    from optuna.distributions import IntDistribution

    return {"n_layer": IntDistribution(1, 3), "n_inputs": IntDistribution(16, 128, log=True)}


def _regularisation() -> dict[str, BaseDistribution]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {"dropout": FloatDistribution(0.0, 0.5), "tied": CategoricalDistribution((False, True))}


def _ptb_paper() -> Space:
    """The nets that Baker et al. (2018) trained on Penn Treebank: 2 to 5 layers, 10 to 1390 cells in steps of 20.

    The paper states SGD with a learning rate of 0.1, batches of 50, dropout 0.5, 60 epochs, and a "dictionary of 400".
    The released perplexities reach 681, more than guessing among 400 words gives, so 400 is taken as the size of the
    embedding of all 10000 words. The release cuts the rate every 15000 steps, which is every 40 epochs of 372 windows,
    so windows have 50 steps. The paper does not state the rest. From Zaremba et al. (2014): the loss is summed over the
    steps of a window, and gradients are clipped at 5. Chosen here: each cut leaves a tenth of the rate.
    """
    from optuna.distributions import IntDistribution

    return Space(
        {"n_layer": IntDistribution(2, 5), "n_inputs": IntDistribution(10, 1390, step=20)},
        fixed={
            "embedding": 400,
            "dropout": 0.5,
            "optimizer": "sgd",
            "lr": 0.1,
            "lr_decay": 0.1,
            "decay_every": 40,
            "clip": 5.0,
            "sum_over_steps": True,
        },
        batch_size=50,
        bptt=50,
        max_epochs=60,
    )


SPACES: Mapping[str, Callable[[], Space]] = {"adam": _adam, "sgd": _sgd, "ptb-paper": _ptb_paper}
"""The function that makes each space, by name."""
