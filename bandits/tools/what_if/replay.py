"""One replay: finished trials report again, one after another, and a pruner may stop them."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import optuna
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from bandits.causes import Cause
from bandits.curves import Metric
from bandits.integrations.optuna import PredictivePruner
from bandits.samplers.optuna_log import quiet_optuna
from bandits.tools.what_if.trials import PastTrial

__all__ = ["Dropped", "Replay", "replay"]

_STATES = {"completed": TrialState.COMPLETE, "stopped": TrialState.PRUNED, "failed": TrialState.FAIL}
_BEGIN, _TICK = datetime(2000, 1, 1), timedelta(seconds=1)  # as naive as Optuna's own


@dataclass(frozen=True, slots=True)
class Dropped:
    """A trial that the pruner stopped.

    Args:
        trial: its index among the trials.
        epoch: the epoch after which it was stopped.
        reason: why, in the metric's units.
        cause: the reason as a value.
    """

    trial: int
    epoch: int
    reason: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay of the trials in one order.

    Args:
        order: indices of the trials, in the order of the replay.
        epochs: how many epochs each trial trained, by index.
        dropped: the trials that the pruner stopped, in the order of the replay.
    """

    order: tuple[int, ...]
    epochs: tuple[int, ...]
    dropped: tuple[Dropped, ...]

    def survives(self, trial: int) -> bool:
        """Whether a trial was not dropped."""
        return all(dropped.trial != trial for dropped in self.dropped)


class _ReplayedStudy(optuna.Study):
    """A study held in memory, in which larger values are better; what a pruner writes to it is not stored."""

    def __init__(self) -> None:
        storage = InMemoryStorage()
        with quiet_optuna():
            storage.create_new_study([StudyDirection.MAXIMIZE], "what-if")
        super().__init__("what-if", storage)
        self.past: list[FrozenTrial] = []

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """The trials, as `optuna.Study.get_trials` returns them, but never copied."""
        del deepcopy
        return [trial for trial in self.past if states is None or trial.state in states]


def replay(
    trials: Sequence[PastTrial],
    pruner: PredictivePruner,
    metric: Metric,
    order: Sequence[int],
    numbers: Sequence[int],
    check_epochs: Container[int],
    *,
    down: bool = False,
    watch: Callable[[int], None] | None = None,
) -> Replay:
    """Replay trials one after another, each from its first report until it ends or is pruned.

    A trial that had been stopped, or had failed, ends where it did, unless it is pruned earlier.

    Args:
        trials: all trials of the study.
        pruner: a pruner that has seen none of them.
        metric: its units are those of the reasons.
        order: indices of the trials, each once.
        numbers: trial numbers in this order, ascending; the choice of audited trials depends on them.
        check_epochs: the epochs after which the pruner is called. No other trial ends between them, so its answer
            would be the same, and calls after all of 500 epochs would take most of a replay's time. If reports are
            missing in any trial, the pruner is called at every report.
        down: whether the trials counted their epochs down; the pruner then stops none.
        watch: called after each trial with how many have been replayed.
    """
    study = _ReplayedStudy()
    epochs = [trial.epochs for trial in trials]
    asked = check_epochs if all(trial.reports_each_epoch for trial in trials) else None
    if down:
        asked = ()
    dropped: list[Dropped] = []
    for moment, (place, number) in enumerate(zip(order, numbers, strict=True)):
        past = trials[place]
        trial = _started(past, number, _BEGIN + 2 * moment * _TICK)
        stopped_at = _train(past, trial, pruner, study, asked)
        trial.datetime_complete = _BEGIN + (2 * moment + 1) * _TICK
        if stopped_at is None:
            trial.state = _STATES[past.end]
            trial.value = past.value
        else:
            trial.state = TrialState.PRUNED
            epochs[place] = stopped_at
            if past.end == "completed" or stopped_at < past.epochs:
                verdict = pruner.explain(study, trial)
                dropped.append(Dropped(place, stopped_at, verdict.words(metric), verdict.cause))
        study.past.append(trial)
        if watch is not None:
            watch(moment + 1)
    return Replay(tuple(order), tuple(epochs), tuple(dropped))


def _train(
    past: PastTrial,
    trial: FrozenTrial,
    pruner: PredictivePruner,
    study: _ReplayedStudy,
    asked: Container[int] | None,
) -> int | None:
    """Report epoch by epoch; the epoch after which the trial is pruned, if it is."""
    for epoch, score in past.reports:
        trial.intermediate_values[epoch] = score
        if asked is not None and epoch not in asked:
            continue
        if pruner.prune(study, trial):
            return epoch
    return None


def _started(past: PastTrial, number: int, now: datetime) -> FrozenTrial:
    return FrozenTrial(
        number=number,
        trial_id=number,
        state=TrialState.RUNNING,
        value=None,
        datetime_start=now,
        datetime_complete=None,
        params=dict(past.params),
        distributions=dict(past.distributions),
        user_attrs={},
        system_attrs={"failed_trial": number} if past.resumed else {},  # Optuna's mark of a trial that was resumed
        intermediate_values={},
    )
