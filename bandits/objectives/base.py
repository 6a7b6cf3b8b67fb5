"""The objective's role: train a configuration, or replay one, an epoch at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bandits.curves import Metric, Trial

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from bandits.architectures import Grammar
    from bandits.samplers.base import Projection, Sampler
    from bandits.search_space import Encoder

__all__ = ["Measurement", "Objective", "WorkerSite"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one epoch of training gave.

    Args:
        epoch: which epoch, from 1.
        value: the metric, raw (not oriented). A value that is not a finite number fails the trial.
        seconds: how long the epoch took, >= 0.
        details: other numbers of the epoch, such as its training loss, by name.
    """

    epoch: int
    value: float
    seconds: float
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkerSite:
    """Where an objective trains: what a worker process tells it before the first epoch.

    Args:
        device: "cpu" or "cuda:1", say; empty for the objective's own choice.
        threads: how many CPU threads it may use, >= 1.
        folder: where to save every epoch, so that any process can go on from it; None keeps paused trials in memory.
    """

    device: str
    threads: int
    folder: Path | None


class Objective(ABC):
    """Something that can be trained under many configurations.

    Attributes:
        name: how reports call it.
        metric: what is measured after each epoch.
        max_epochs: the longest training it offers.
        virtual_time: True where epochs are replayed, so that their seconds pass on a virtual clock and any
            number of workers can be simulated.
        configurations: how many different ones there are; None where they cannot be counted.
        devices: what worker processes share out among them, in turn; empty where it makes no difference.
        memory_per_worker: bytes that a worker process takes, about; 0 where that is unknown.
        grammar: of the nets that `net` of a configuration may be; None where it has no such thing.
        space: the distribution of every parameter of a configuration, of `optuna.distributions`, for samplers that
            choose them; None where configurations are no such thing.
        encoder: how parameters become features, where an objective declares them; None where it does not. Features
            that follow from several parameters, such as the weights of a net, are not among its own.
        notes: what was guessed, merged or left out as its data were read, in sentences, which reports show.
    """

    name: str
    metric: Metric
    max_epochs: int
    virtual_time: bool = False
    configurations: int | None = None
    devices: tuple[str, ...] = ()
    memory_per_worker: int = 0
    grammar: Grammar | None = None
    space: Mapping[str, BaseDistribution] | None = None
    notes: tuple[str, ...] = ()
    encoder: Encoder | None = None

    def set_up(self, site: WorkerSite) -> None:  # noqa: B027 - most objectives train anywhere
        """Get ready to train at a site: called once in a worker process, on the objective's copy there.

        With a folder, `train` saves after every epoch what it takes to go on, before it yields that epoch's
        measurement, and goes on from what another process has saved; `release` deletes it.
        """

    @abstractmethod
    def sampler(self, seed: int) -> Sampler:
        """The default way to draw its configurations."""

    def projection(self) -> Projection | None:
        """What turns parameters that a sampler chose into a configuration that it can train; None where any can be.

        It may remember what it gave: each run has one of its own.
        """
        return None

    def declared_space(self) -> Mapping[str, BaseDistribution]:
        """The distribution of every parameter that is drawn from one, for the journal; nets of a grammar are not.

        Empty where none is declared: the space of a table is read off its rows.
        """
        return {}

    @abstractmethod
    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        """AP and HP of a configuration as finite numbers: u_x of Baker et al. (2017, section 3.1)."""

    @abstractmethod
    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Train from after epoch `start` to the end of epoch `stop`.

        Called with start = 0 for a new trial, later with the epoch at which it paused: training goes on
        from there, nothing is trained twice. Yields one measurement an epoch: start + 1, ..., stop. Work
        happens only while the next measurement is awaited. An exception fails the trial, not the run.
        """

    def release(self, trial: Trial) -> None:  # noqa: B027 - most objectives hold nothing for a trial
        """The trial will not train again: free what is held for it."""

    def best_possible(self, epochs: tuple[int, ...]) -> float | None:  # noqa: ARG002 - only a table can know
        """The best raw value that any configuration has at one of `epochs`; None where nobody can know."""
        return None
