"""Which nets are trained: always the same one, only light ones, or those of given numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bandits.architectures import multiply_adds
from bandits.objectives.cnn import CNNObjective
from bandits.samplers.base import Sampler

__all__ = ["Chosen", "LightNets", "Same"]

_TRIES = 1000


class Same(Sampler):
    """Proposes one configuration to every trial."""

    def __init__(self, config: Mapping[str, object]) -> None:
        self._config = config

    def propose(self, trial_id: int) -> Mapping[str, object]:  # noqa: ARG002 - all are alike
        return self._config


class LightNets(Sampler):
    """The objective's own random nets, without those that take more than some multiply-adds a pass.

    Args:
        objective: whose nets.
        seed: >= 0.
        most: multiply-adds of a forward pass for one image; 0 for no limit.

    Raises:
        ValueError: when asked, if a thousand nets in a row are too heavy: hardly any is light enough.
    """

    def __init__(self, objective: CNNObjective, seed: int, most: float) -> None:
        self._inner = objective.sampler(seed)
        self._shape = objective.shape
        self._most = most
        self._light: list[Mapping[str, object]] = []
        self._next = 0

    def propose(self, trial_id: int) -> Mapping[str, object]:
        while len(self._light) <= trial_id:
            self._light.append(self._draw())
        return self._light[trial_id]

    def _draw(self) -> Mapping[str, object]:
        for _ in range(_TRIES):
            config = self._inner.propose(self._next)
            self._next += 1
            work = multiply_adds(str(config["net"]), self._shape.size, self._shape.channels)
            if not self._most or work <= self._most:
                return config
        raise ValueError(f"the limit of multiply-adds must leave more nets, got {self._most:g}")


class Chosen(Sampler):
    """Proposes to trial 0, 1, ... what another sampler proposes to some numbers, one after the other."""

    def __init__(self, inner: Sampler, numbers: Sequence[int]) -> None:
        self._inner, self._numbers = inner, tuple(numbers)

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return self._inner.propose(self._numbers[trial_id])
