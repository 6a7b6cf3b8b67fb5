"""The sampler's role: which configuration comes next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bandits.curves import Trial

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["Outcome", "Projection", "Sampler", "Searchable"]

Projection = Callable[[Mapping[str, object]], Mapping[str, object]]


class Searchable(Protocol):
    """What samplers may know of an objective.

    Attributes:
        name: how messages call it.
    """

    name: str

    @property
    def space(self) -> Mapping[str, BaseDistribution] | None:
        """A distribution by parameter name; None where a sampler cannot choose parameters."""

    def projection(self) -> Projection | None:
        """What turns chosen parameters into the configuration that is trained; None where they are one."""


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

    def bind(self, objective: Searchable) -> None:  # noqa: B027 - most samplers know all when they are made
        """Get to know what is to be trained; told by a run before it asks for the first configuration.

        Raises:
            SettingError: this sampler cannot choose configurations of that objective.
        """

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
        """The arguments that build this sampler again, but for those of the objective, such as its space; JSON."""
        return {}
