"""MetaQNN's space: any net of its grammar, and a learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from optuna.distributions import FloatDistribution

from bandits.architectures import Grammar, depth, num_params
from bandits.objectives.spaces.base import ImageShape, ImageSpace
from bandits.samplers.architectures import ArchitectureSampler

if TYPE_CHECKING:
    from bandits.samplers.base import Sampler
    from bandits.training.nets.base import NetFamily

__all__ = ["MetaQNNSpace"]


class MetaQNNSpace(ImageSpace):
    """`{"net": "[C(16,3,1), ..., SM(10)]", "lr": 0.001}`: a legal net, and a rate log-uniform in [1e-4, 1e-2].

    Features are those of the tables `metaqnn_cifar10` and `metaqnn_svhn`: `num_params`, `depth`, `lr`.
    """

    def __init__(self, shape: ImageShape, max_epochs: int) -> None:
        super().__init__(shape, max_epochs)
        self.grammar: Grammar = Grammar.for_images(shape.size, shape.channels, shape.classes, max_depth=shape.max_depth)
        self.numbers_per_pixel = 360 if shape.small else 3600
        self.space = {"lr": FloatDistribution(1e-4, 1e-2, log=True)}

    def family(self) -> NetFamily:
        from bandits.training.nets.metaqnn import MetaQNNFamily

        return MetaQNNFamily(self.grammar)

    def sampler(self, seed: int) -> Sampler:
        """Draws every net by a legal random walk, and its learning rate."""
        return ArchitectureSampler(self.grammar, self.space, seed)

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        net = str(config["net"])
        weights = num_params(net, self.shape.size, self.shape.channels)
        return {"num_params": float(weights), "depth": float(depth(net)), **self.encoder.encode(config)}

    def check(self, config: Mapping[str, object]) -> None:
        """Refuse an illegal net, with the layer and the rule that it breaks."""
        self.grammar.parse(config.get("net"))  # type: ignore[arg-type]  # it says what is wrong with anything else
        super().check(config)
