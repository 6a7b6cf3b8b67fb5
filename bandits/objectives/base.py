"""The role of an objective: train or replay a configuration, one epoch at a time."""

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

__all__ = ["Measurement", "Objective", "WorkerSite", "checkpoints_of"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of one epoch of training.

    Args:
        epoch: number of the epoch, from 1.
        value: the metric, raw (not oriented). A value that is not a finite number fails the trial.
        seconds: how long the epoch took, >= 0.
        details: other numbers of the epoch, such as its training loss, by name.
        again: how many earlier epochs of the trial had to be trained a second time for this one, because its model was
            lost; >= 0.
    """

    epoch: int
    value: float
    seconds: float
    details: Mapping[str, float] = field(default_factory=dict)
    again: int = 0


@dataclass(frozen=True, slots=True)
class WorkerSite:
    """Where an objective trains; a worker process sets it before the first epoch.

    Args:
        device: a device such as "cpu" or "cuda:1"; empty for the objective's own choice.
        threads: number of CPU threads, >= 1.
        folder: where to save every epoch, so that any process can continue; None keeps paused trials in memory.
    """

    device: str
    threads: int
    folder: Path | None


def checkpoints_of(trial_id: int) -> str:
    """The name of the folder, in that of a `WorkerSite`, which holds a trial's checkpoints."""
    return f"trial-{trial_id}"


class Objective(ABC):
    """Trains or replays configurations.

    Attributes:
        name: its name in reports.
        metric: what is measured after each epoch.
        max_epochs: the longest training it offers.
        virtual_time: True if epochs are replayed: their seconds then pass on a virtual clock, and any number of
            workers can be simulated.
        configurations: number of different configurations; None if they cannot be counted.
        devices: devices that worker processes take in turn; empty if it makes no difference.
        memory_per_worker: approximate bytes that a worker process needs; 0 if unknown.
        grammar: grammar of the nets in `config["net"]`; None if configurations have no such net.
        space: a distribution of `optuna.distributions` for every parameter, for samplers that choose parameters; None
            if configurations do not consist of such parameters.
        encoder: how parameters become features; None if the objective declares no parameters. It has no features that
            depend on several parameters, such as the number of weights of a net.
        notes: what was guessed, merged or left out when its data were read, in sentences for reports.
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
        """Prepare for training in a worker process; called once there, on the process's copy of the objective.

        With a folder, `train` saves a checkpoint of every epoch before it yields that epoch's measurement, and it can
        continue from a checkpoint of another process; `release` deletes the checkpoints.
        """

    @abstractmethod
    def sampler(self, seed: int) -> Sampler:
        """The default way to draw its configurations."""

    def projection(self) -> Projection | None:
        """A function from the parameters that a sampler chose to a configuration that can be trained.

        None if all parameters can be trained as they are. It may remember its results: each run has its own.
        """
        return None

    def declared_space(self) -> Mapping[str, BaseDistribution]:
        """The declared distribution of every parameter, for the journal; nets of a grammar have none.

        Empty if nothing is declared: the space of a table, for example, is inferred from its rows.
        """
        return {}

    @abstractmethod
    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        """AP and HP of a configuration as finite numbers: u_x of Baker et al. (2017, section 3.1)."""

    @abstractmethod
    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Train from after epoch `start` to the end of epoch `stop`.

        Called with start = 0 for a new trial, later with the epoch at which it paused: training continues there. If its
        model is gone, epochs are trained a second time, and the next measurement says how many (`again`). Yields one
        measurement for each epoch start + 1, ..., stop. It trains only while the next measurement is awaited. An
        exception fails the trial, not the run.
        """

    def release(self, trial: Trial) -> None:  # noqa: B027 - most objectives hold nothing for a trial
        """Free the memory and files of a trial, which will not train again."""

    def best_possible(self, epochs: tuple[int, ...]) -> float | None:  # noqa: ARG002 - only a table can know
        """The best raw value that any configuration has at one of `epochs`; None if unknown."""
        return None
