"""The role of a sampler: it chooses the next configuration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bandits.curves import Trial
from bandits.errors import ProtocolError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["Outcome", "Projection", "Sampler", "Searchable"]

Projection = Callable[[Mapping[str, object]], Mapping[str, object]]


class Searchable(Protocol):
    """The part of an objective that samplers see.

    Attributes:
        name: its name in messages.
    """

    name: str

    @property
    def space(self) -> Mapping[str, BaseDistribution] | None:
        """A distribution by parameter name; None where a sampler cannot choose parameters."""

    def projection(self) -> Projection | None:
        """What turns chosen parameters into the configuration that is trained; None where they are one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a configuration.

    Args:
        trial: the trial, with its configuration.
        scores: scores of its epochs, from the first on; larger is better. Empty if it failed in the first epoch.
        how: how its training ended.
        forecast: its forecast score at the horizon, if a forecast dropped it; else None.
        horizon: the epoch that the forecast was for; None without one.
    """

    trial: Trial
    scores: tuple[float, ...]
    how: Literal["completed", "dropped", "cut", "failed"]
    forecast: float | None = None
    horizon: int | None = None


class Sampler(ABC):
    """Draws configurations; deterministic given its settings, its seed, and the outcomes so far.

    Attributes:
        by_id_alone: whether a configuration depends on the id alone. Only then may a scheduler choose among several.
        evolves: whether it breeds configurations from those of earlier trials, see `breed`; schedulers that evolve need
            such a sampler, and no others use one.
    """

    by_id_alone = False
    evolves = False

    def bind(self, objective: Searchable) -> None:  # noqa: B027 - most samplers know all when they are made
        """Learn what the objective trains; a run calls this before it asks for the first configuration.

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

    def choose(
        self, trial_id: int, most: int, prefer: Callable[[Sequence[Mapping[str, object]]], int]
    ) -> Mapping[str, object]:
        """The configuration of one trial, chosen among several; asked once per id, instead of `propose`.

        Args:
            trial_id: from 0.
            most: among how many to choose, >= 1; a sampler that learns proposes one.
            prefer: the place, from 0, of the configuration to take.
        """
        if most == 1 or not self.by_id_alone:
            return self.propose(trial_id)
        configs = [self.propose(trial_id * most + place) for place in range(most)]
        return configs[prefer(configs)]

    def breed(
        self,
        trial_id: int,  # noqa: ARG002 - most samplers do not evolve
        *,
        target: int | None,  # noqa: ARG002
        pool: Sequence[int],  # noqa: ARG002
        reserve: Sequence[int],  # noqa: ARG002
    ) -> Mapping[str, object]:
        """The configuration of one trial, bred from earlier ones; asked once per id, instead of `propose`.

        Args:
            trial_id: from 0.
            target: id of the trial whose place the new one can take; None for a random configuration.
            pool: ids of the trials from which it mutates; perhaps none.
            reserve: ids of further ones, for a small pool; perhaps none.

        Raises:
            ProtocolError: the id has been asked for before, or a parent was not proposed by this sampler.
        """
        raise ProtocolError(f"{type(self).__name__} breeds no configurations")

    def watch(self, trial: Trial, epoch: int, score: float) -> None:  # noqa: B027 - most samplers do not
        """Receive the score of one epoch; called after every epoch of every trial, before any decision.

        Args:
            trial: who trained.
            epoch: which, from 1, one after the other.
            score: larger is better, finite.
        """

    def learn(self, outcome: Outcome) -> None:  # noqa: B027 - most samplers do not
        """Receive the outcome of a configuration; called once for each trial, as soon as it has ended."""

    def settings(self) -> dict[str, Any]:
        """The arguments that build this sampler again, without those of the objective, such as its space; JSON."""
        return {}
