"""The sampler's role: which configuration comes next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bandits.curves import Trial

__all__ = ["Outcome", "Sampler"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a configuration.

    Args:
        trial: the configuration, and who it was.
        scores: of its epochs, from the first on; larger is better. Empty where it failed before the end of one.
        how: how its training ended.
        forecast: the score that was expected of it at its horizon, where a forecast dropped it; else None.
        horizon: the epoch that the forecast was for; None without one.
    """

    trial: Trial
    scores: tuple[float, ...]
    how: Literal["completed", "dropped", "cut", "failed"]
    forecast: float | None = None
    horizon: int | None = None


class Sampler(ABC):
    """Draws configurations; deterministic given its settings, its seed, and the outcomes that it has been told."""

    @abstractmethod
    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The configuration of one trial, asked once per id.

        Args:
            trial_id: from 0. Where a sampler does not learn, ids may be asked for in any order, and the answer depends
                on the id alone, so runs with the same seed give the same configuration to the same id.
        """

    def watch(self, trial: Trial, epoch: int, score: float) -> None:  # noqa: B027 - most samplers do not
        """Take in the score of one epoch; told after every epoch of every trial, before anything follows from it.

        Args:
            trial: who trained.
            epoch: which, from 1, one after the other.
            score: larger is better, finite.
        """

    def learn(self, outcome: Outcome) -> None:  # noqa: B027 - most samplers do not
        """Take in what came of a configuration; told once per trial, as soon as it has ended."""

    def settings(self) -> dict[str, Any]:
        """The arguments that build this sampler, for the record; JSON values. Empty where the seed says it all."""
        return {}
