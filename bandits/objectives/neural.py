"""The common part of objectives that train networks with PyTorch: devices, pauses and checkpoints."""

from __future__ import annotations

import json
import os
import shutil
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandits.curves import Metric, Trial
from bandits.errors import MissingDependency, ObjectiveError
from bandits.errors.checks import check_instance, check_whole
from bandits.objectives.base import Measurement, Objective, WorkerSite, checkpoints_of

if TYPE_CHECKING:
    from bandits.training.checkpoints import Checkpoint
    from bandits.training.engine import Session
    from bandits.training.task import Task

__all__ = ["NeuralObjective"]

_TORCH_BYTES = 450 * 2**20  # memory of a process that has loaded PyTorch and trained a small net on a CPU
_WHERE = ("device", "threads", "data_dir")  # settings that do not change what is trained
_CUDA_BYTES = 2 * 2**30  # the same, in the memory of the machine, once it has a context on a GPU


def folder_of(data_dir: str | os.PathLike[str] | None) -> Path | None:
    """Check the folder of a data set; it need not exist.

    Raises:
        SettingError: the folder is no path.
    """
    check_instance("data_dir", data_dir, (str, os.PathLike), "must be a path", or_none=True)
    return None if data_dir is None else Path(data_dir)


class NeuralObjective(Objective):
    """Trains networks through the engine of `bandits.training`.

    A subclass defines the task (`_make_task`), how to draw configurations (`sampler`) and their features (`features`).
    Worker processes get a pickle of its settings alone, and load the data before their first epoch.

    A paused trial is kept as a checkpoint in memory, or, at a site with a folder, in
    `folder/trial-ID/epoch-N.safetensors` (the last two epochs). It continues as if it had never paused: on a CPU with
    the same number of threads, bit for bit. On a GPU the same seed gives the same curve up to rounding, which
    `benchmarks/gpu` measures.

    Args:
        name: its name in reports.
        metric: what is measured after each epoch.
        max_epochs: the longest training it offers, >= 1.
        device: where to train: auto, cpu, cuda or cuda:0,1 (`bandits.training.devices.devices_from`).
        threads: CPU threads of each training, >= 1; a site's take precedence.
        restarts: how many times a training starts again, with new weights and 0.4 times the learning rate, if its
            first epoch learns nothing, >= 0.

    Raises:
        SettingError: an argument breaks its rule.
        MissingDependency: PyTorch or safetensors is not installed.
    """

    def __init__(
        self, *, name: str, metric: Metric, max_epochs: int, device: str = "auto", threads: int = 1, restarts: int = 0
    ) -> None:
        if find_spec("torch") is None or find_spec("safetensors") is None:
            raise MissingDependency("training networks", "torch")
        self.name = name
        self.metric = metric
        self.max_epochs = check_whole("max_epochs", max_epochs, 1)
        self.threads = check_whole("threads", threads, 1)
        self.restarts = check_whole("restarts", restarts, 0)
        self.device = check_instance("device", device, str, "must be auto, cpu, cuda, or cuda:0,1 and the like")
        self._site: WorkerSite | None = None
        self._task: Task | None = None
        self._held: dict[int, Session | Checkpoint] = {}
        if device not in ("auto", "cpu"):  # a missing device is reported at once, even though torch loads slowly
            self.devices  # noqa: B018 - for its errors

    @abstractmethod
    def _make_task(self, device: Any) -> Task:
        """Make the task on a device (a `torch.device`): loads the data, and may load torch."""

    @abstractmethod
    def _data_bytes(self) -> int:
        """Approximate bytes of the data in a worker."""

    def _net_bytes(self) -> int:
        """Approximate bytes of one of the larger nets on the device that trains it."""
        return 0

    def _check(self, config: Mapping[str, object]) -> None:
        """Refuse an invalid configuration, before anything is loaded.

        Raises:
            SettingError: with the reason.
        """

    @property
    def devices(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the devices that worker processes take in turn."""
        if self.device == "cpu":
            return ("cpu",)
        from bandits.training.devices import devices_from

        return devices_from(self.device)

    @property
    def memory_per_worker(self) -> int:  # type: ignore[override]
        """Approximate bytes of main memory of a worker: PyTorch, the data, and one of the larger nets."""
        on_cpu = self.devices == ("cpu",)
        return (_TORCH_BYTES + self._net_bytes() if on_cpu else _CUDA_BYTES) + self._data_bytes()

    def set_up(self, site: WorkerSite) -> None:
        """Train at this site from now on."""
        self._site = site
        self._task = None
        self._held.clear()

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Train from after epoch `start` to the end of epoch `stop`.

        The seconds of an epoch include training and validation, but not saving. `details` of a measurement are
        `train_loss`, the mean loss of the epoch, and `lr`, its learning rate.

        Raises:
            SettingError: the configuration is not valid.
            ObjectiveError: training diverged or ran out of memory, or its checkpoint is missing, damaged or of another
                training.
        """
        from bandits.training.failures import free, survive

        if start == 0:
            self._check(trial.config)
        device = self._on_device().device
        session: Session | None = None
        try:
            session = survive(lambda: self._session(trial, start), device)
            while session.epoch < stop:
                self._held.pop(trial.id, None)  # between two epochs no checkpoint is valid
                epoch = survive(session.train_epoch, device)
                if self._folder is None:
                    self._held[trial.id] = session
                else:
                    self._save(trial, session)
                details = {"train_loss": epoch.train_loss, "lr": epoch.learning_rate}
                yield Measurement(epoch.epoch, epoch.value, epoch.seconds, details)
            if trial.id in self._held:
                self._held[trial.id] = session.checkpoint(self._identity(trial))  # without gradients, and off the GPU
            return
        except ObjectiveError as error:
            reason = str(error)
        # Here nothing refers to the failed training any more, not even the traceback of its error.
        session = None
        self._held.pop(trial.id, None)
        free(device)
        raise ObjectiveError(reason)

    def release(self, trial: Trial) -> None:
        """Delete the checkpoints of the trial."""
        self._held.pop(trial.id, None)
        if self._folder is not None:
            shutil.rmtree(self._home(trial), ignore_errors=True)

    def __getstate__(self) -> dict[str, Any]:
        """The settings, without data and trainings in progress."""
        return {**self.__dict__, "_site": None, "_task": None, "_held": {}}

    @property
    def _folder(self) -> Path | None:
        return self._site.folder if self._site is not None else None

    def _home(self, trial: Trial) -> Path:
        assert self._folder is not None  # noqa: S101 - asked for only where there is one
        return self._folder / checkpoints_of(trial.id)

    def _on_device(self) -> Task:
        """The task on this process's device; made when it is first needed."""
        if self._task is None:
            import torch

            from bandits.training.devices import prepare

            named = ""
            if self._site is not None:
                named = self._site.device
                torch.set_num_threads(self._site.threads)  # the process is for training alone
            device = torch.device(named or self.devices[0])
            prepare(device)
            self._task = self._make_task(device)
        return self._task

    def _session(self, trial: Trial, start: int) -> Session:
        """The state of the trial's training after epoch `start`."""
        from bandits.training.checkpoints import Checkpoint
        from bandits.training.engine import Session

        held = self._held.pop(trial.id, None)
        if held is not None and held.epoch == start > 0 and isinstance(held, Session):
            return held
        checkpoint: Checkpoint | None = None
        if start == 0:
            self.release(trial)
        elif isinstance(held, Checkpoint) and held.epoch == start:
            checkpoint = held
        elif self._folder is not None:
            checkpoint = Checkpoint.read(self._home(trial) / _file_name(start))
        else:
            where = "this process holds no checkpoint of it"
            raise ObjectiveError(f"trial {trial.id} cannot go on from epoch {start}: {where}")
        threads = self._site.threads if self._site is not None else self.threads
        session = Session(self._on_device(), trial.config, trial.seed, threads=threads, restarts=self.restarts)
        if checkpoint is not None:
            if checkpoint.identity != self._identity(trial) or checkpoint.epoch != start:
                whose = (
                    f"of trial {trial.id} at epoch {start} of {self.name}, with its configuration, seed and settings"
                )
                raise ObjectiveError(f"a checkpoint must be {whose}, but the one found is of another training")
            session.restore(checkpoint)
        return session

    def _save(self, trial: Trial, session: Session) -> None:
        home = self._home(trial)
        session.checkpoint(self._identity(trial)).write(home / _file_name(session.epoch))
        (home / _file_name(session.epoch - 2)).unlink(missing_ok=True)

    def _identity(self, trial: Trial) -> dict[str, Any]:
        """What identifies the training of a checkpoint, as JSON values."""
        settings = {
            name: value
            for name, value in sorted(vars(self).items())
            if isinstance(value, int | str | None) and not name.startswith("_") and name not in _WHERE
        }
        identity = {"trial": trial.id, "seed": trial.seed, "config": dict(trial.config), "objective": settings}
        restored: dict[str, Any] = json.loads(json.dumps(identity, default=str))
        return restored


def _file_name(epoch: int) -> str:
    return f"epoch-{epoch}.safetensors"
