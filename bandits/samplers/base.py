"""The sampler's role: which configuration comes next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

__all__ = ["Sampler"]


class Sampler(ABC):
    """Draws configurations; deterministic given its settings and its seed."""

    @abstractmethod
    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The configuration of one trial, asked once per id.

        Args:
            trial_id: from 0. Ids may be asked for in any order, and the answer depends on the id alone, so
                runs with the same seed give the same configuration to the same id.
        """
