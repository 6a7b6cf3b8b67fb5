"""Objectives for worker processes: in a module of its own, so that a worker can import it."""

import json
import math
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from optuna.distributions import FloatDistribution

from bandits.curves import Metric, Trial
from bandits.errors import SettingError
from bandits.objectives import Measurement, Objective, WorkerSite, objective
from bandits.samplers.base import Sampler

MULTIPLIER, MODULUS = 16807, 2147483647


class Ids(Sampler):
    """The configuration of a trial is its id."""

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return {"id": trial_id}


class Walk(Objective):
    """A walk whose every step depends on the one before, saved after every step: whoever goes on from anywhere else
    than the last step gives other values.

    Args:
        folder: of the log of epochs that have begun, and of the marks of deeds that are done.
        deeds: what happens in an epoch, by (trial, epoch): "kill" and "exit" end the
            process once, "always kill" whenever it is begun, "kill late" once after saving; "raise" raises, "nan" gives
            no number, "wait for begun 2 1" waits until the log has such a line.
        seconds: how long an epoch lasts, by trial id counted modulo their number.
    """

    def __init__(
        self,
        folder: Path,
        deeds: Mapping[tuple[int, int], str] | None = None,
        seconds: tuple[float, ...] = (0.0,),
        max_epochs: int = 9,
    ) -> None:
        self.name = "walk"
        self.metric = Metric("value", "maximize")
        self.max_epochs = max_epochs
        self.seconds = seconds
        self.deeds = dict(deeds or {})
        self.folder = folder
        self.site: WorkerSite | None = None
        self.states: dict[int, tuple[int, int]] = {}

    def set_up(self, site: WorkerSite) -> None:
        self.site = site

    def sampler(self, seed: int) -> Sampler:
        return Ids()

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return {"id": float(str(config["id"]))}

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        epoch, state = self._state(trial, start)
        assert epoch == start
        while epoch < stop:
            epoch += 1
            self._note(f"begun {trial.id} {epoch} {os.getpid()}")
            deed = self.deeds.get((trial.id, epoch), "")
            time.sleep(self.seconds[trial.id % len(self.seconds)])
            if deed in ("kill", "always kill", "exit") and self._first(trial.id, epoch, deed):
                os._exit(3) if deed == "exit" else os.kill(os.getpid(), signal.SIGKILL)
            if deed.startswith("wait for "):
                self.wait_for(deed.removeprefix("wait for "))
            if deed == "raise":
                raise ValueError("out of luck")
            state = state * MULTIPLIER % MODULUS
            self._save(trial, epoch, state)
            if deed == "kill late" and self._first(trial.id, epoch, deed):
                os.kill(os.getpid(), signal.SIGKILL)
            value = math.nan if deed == "nan" else epoch + state / MODULUS
            yield Measurement(epoch, value, 0.5, {"pid": os.getpid()})

    def release(self, trial: Trial) -> None:
        self.states.pop(trial.id, None)
        self._note(f"released {trial.id}")

    def value(self, trial: Trial, epoch: int) -> float:
        """What an epoch gives."""
        return epoch + (trial.seed + 1) * pow(MULTIPLIER, epoch, MODULUS) % MODULUS / MODULUS

    def log(self, word: str) -> list[tuple[int, ...]]:
        """What was noted under a word: (trial, epoch, process) for every epoch that has begun, in order."""
        lines = (line.split() for line in self._lines())
        return [tuple(map(int, rest)) for first, *rest in lines if first == word]

    def wait_for(self, line: str) -> None:
        """Wait until the log has a line that begins like this."""
        deadline = time.monotonic() + 30
        while not any(f"{noted} ".startswith(f"{line} ") for noted in self._lines()):
            assert time.monotonic() < deadline, f"nobody has noted {line!r}"
            time.sleep(0.005)

    def _lines(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def _state(self, trial: Trial, start: int) -> tuple[int, int]:
        if start == 0:
            return 0, trial.seed + 1
        if self.states.get(trial.id, (0, 0))[0] == start:
            return self.states[trial.id]
        assert self.site is not None
        assert self.site.folder is not None
        saved = self.site.folder / f"trial-{trial.id}" / f"{start}.json"
        return start, json.loads(saved.read_text())

    def _save(self, trial: Trial, epoch: int, state: int) -> None:
        self.states[trial.id] = (epoch, state)
        if self.site is not None and self.site.folder is not None:
            folder = self.site.folder / f"trial-{trial.id}"
            folder.mkdir(exist_ok=True)
            (folder / f"{epoch}.json").write_text(json.dumps(state))
            (folder / f"{epoch - 2}.json").unlink(missing_ok=True)

    def _note(self, line: str) -> None:
        with (self.folder / "log").open("a") as log:
            log.write(line + "\n")

    def _first(self, trial_id: int, epoch: int, deed: str) -> bool:
        mark = self.folder / f"done-{trial_id}-{epoch}"
        first = deed == "always kill" or not mark.exists()
        mark.touch()
        return first


@objective(space={"pace": FloatDistribution(0.0, 1.0)}, metric=Metric("value", "maximize"), max_epochs=9)
def climbing(config: Mapping[str, float]) -> Iterator[float]:
    """A straight line."""
    yield from (config["pace"] * epoch for epoch in range(1, 10))


class Unwilling(Walk):
    """Cannot get ready: raises, or dies."""

    def __init__(self, folder: Path, failure: Exception | None) -> None:
        super().__init__(folder)
        self.failure = failure

    def set_up(self, site: WorkerSite) -> None:
        if self.failure is not None:
            raise self.failure
        os._exit(5)


class Unreadable(Walk):
    """Can be pickled, but not unpickled."""

    def __setstate__(self, state: object) -> None:
        raise ModuleNotFoundError("No module named 'lost'")


BAD_DEVICE = SettingError.broken("`device`", "must be one that this machine has (cpu)", "cuda:7")
