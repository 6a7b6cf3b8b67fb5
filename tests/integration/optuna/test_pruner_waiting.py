"""The Optuna pruner with `max_wait`: no report waits longer than told for a fit."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from bandits.causes import Cause
from bandits.curves import History
from bandits.errors import SettingError
from bandits.integrations.optuna import PredictivePruner, PruningWarning
from bandits.integrations.optuna.background_work import BackgroundWork
from bandits.predictors import SRM, Forecaster
from bandits.stopping import Drop, Keep, ProbabilityRule, StoppingRule
from tests.integration.optuna.made_studies import (
    Learner,
    Notebook,
    T,
    decisions,
    exponential,
    finished,
    line,
    optimised,
    pruned,
    running,
    study_with,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")

PATIENCE = 20.0  # seconds, for what takes none unless something is broken


class Slow(Notebook):
    """Fits when it is allowed to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.begun.set()
        assert self.go.wait(PATIENCE)
        return super().fit(history, horizon=horizon, rng=rng)


def slow_study(
    max_wait: float | None, rule: StoppingRule | None = None, **options: Any
) -> tuple[Slow, PredictivePruner, optuna.Study]:
    """A study in which every trial is pruned at its first report, once there is a fit."""
    predictor = Slow()
    rule = ProbabilityRule(0.5) if rule is None else rule
    pruner = PredictivePruner(predictor, max_epochs=T, n_startup_trials=1, rule=rule, max_wait=max_wait, **options)
    return predictor, pruner, study_with(pruner, finished(line(1.0)))


def settle(work: PredictivePruner | BackgroundWork[Any]) -> None:
    """Wait until everything in the background is done."""
    background = work._background if isinstance(work, PredictivePruner) else work
    thread = background._thread
    if thread is not None:
        thread.join(PATIENCE)
        assert not thread.is_alive()


# What a report sees


@pytest.mark.parametrize("max_wait", [0, 0.01])
def test_report_waits_no_longer_than_told(max_wait: float) -> None:
    """While a fit goes on, a trial goes on, and is told so; the next report gets what came of it."""
    predictor, pruner, study = slow_study(max_wait)
    live = study.ask()
    live.report(0.1, 1)
    assert not live.should_prune()
    assert predictor.begun.wait(PATIENCE)
    live.report(0.1, 2)
    assert not live.should_prune()
    predictor.go.set()
    settle(pruner)
    live.report(0.1, 3)
    assert live.should_prune()
    study.tell(live, state=TrialState.PRUNED)
    assert isinstance(pruner.explain(study, study.trials[-1]), Drop)


def test_says_why_there_was_no_forecast() -> None:
    """A trial that could not be judged in time has a reason of its own."""
    predictor, pruner, study = slow_study(0.0)
    live = study.ask()
    live.report(0.1, 1)
    assert not live.should_prune()
    study.tell(live, 0.1)
    verdict = pruner.explain(study, study.trials[-1])
    reason = "no forecast: the fit was not ready within 0 s; the next report asks again"
    assert verdict == Keep(reason, cause=Cause.NOT_READY)
    predictor.go.set()
    settle(pruner)


def test_fit_serves_the_trials_that_could_not_wait_for_it() -> None:
    """Every trial has its answer with its next report, whichever trial asked for the fit; there was one."""
    predictor, pruner, study = slow_study(0.0)
    trials = [study.ask() for _ in range(5)]
    for live in trials:
        live.report(0.1, 1)
        assert not live.should_prune()
    predictor.go.set()
    settle(pruner)
    for live in trials:
        live.report(0.1, 2)
    assert [live.should_prune() for live in trials] == [True] * 5
    settle(pruner)
    assert len(predictor.fits) == 1


def test_late_check_epoch_is_not_lost() -> None:
    """A trial is held against the bar after the check epoch whose answer it could not wait for."""
    predictor, pruner, study = slow_study(0.01, Learner())  # after epochs 2, 5 and 8
    live = study.ask()
    live.report(0.1, 1)
    live.report(0.1, 2)
    assert not live.should_prune()
    predictor.go.set()
    settle(pruner)
    live.report(2.0, 3)
    pruner._settings = replace(pruner._settings, max_wait=PATIENCE)
    assert live.should_prune()
    assert predictor.asked[-1][1].scores.tolist() == [0.1, 0.1]


def test_nothing_is_pruned_late_at_the_horizon() -> None:
    """An answer that comes with the last report is no use, and does no harm."""
    predictor, pruner, study = slow_study(0.0)
    live = study.ask()
    for epoch in range(1, T):
        live.report(0.1, epoch)
    assert not live.should_prune()
    predictor.go.set()
    settle(pruner)
    live.report(0.1, T)
    assert not live.should_prune()
    settle(pruner)


def test_inner_pruner_is_heard_at_once() -> None:
    """What another pruner says needs no fit."""
    predictor, pruner, study = slow_study(0.0, inner=optuna.pruners.ThresholdPruner(lower=0.2), save_verdicts=True)
    live = study.ask()
    live.report(0.1, 1)
    assert live.should_prune()
    assert study.trials[-1].user_attrs["bandits:verdict"]["reason"] == "ThresholdPruner prunes it"
    predictor.go.set()
    settle(pruner)


def test_explaining_waits_for_the_fit() -> None:
    """Whoever asks for an explanation gets one."""
    predictor, pruner, study = slow_study(0.0)
    live = study.ask()
    live.report(0.1, 1)
    threading.Timer(0.05, predictor.go.set).start()
    assert isinstance(pruner.explain(study, live), Drop)
    settle(pruner)


def test_with_enough_time_nothing_changes() -> None:
    """Who is given the time decides as without a limit."""
    options: dict[str, Any] = {"max_epochs": T, "seed": 5}
    srm = SRM(min_curves=10, model="ridge")
    without, within = (optimised(PredictivePruner(srm, max_wait=wait, **options)) for wait in (None, PATIENCE))
    assert pruned(without) >= 20
    assert decisions(without) == decisions(within)


def test_error_in_the_background_is_told_at_the_next_report() -> None:
    """What went wrong after a report did not wait any longer is not lost."""

    class Broken(Slow):
        def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
            super().fit(history, horizon=horizon, rng=rng)
            raise ValueError("no luck")

    predictor = Broken()
    rule = ProbabilityRule(0.5)
    pruner = PredictivePruner(predictor, max_epochs=T, n_startup_trials=1, rule=rule, max_wait=0.0)
    study = study_with(pruner, finished(line(1.0)))
    trial = running(study, {1: 0.1})
    assert not pruner.prune(study, trial)
    predictor.go.set()
    settle(pruner)
    with pytest.warns(PruningWarning, match="Notebook failed with ValueError: no luck"):
        assert not pruner.prune(study, trial)
    settle(pruner)


@pytest.mark.parametrize("max_wait", [None, 0.0, 0.005, PATIENCE])
def test_four_threads(max_wait: float | None) -> None:
    """Sixty quick trials in four threads: none fails, bad ones are pruned, and the best is not."""
    pruner = PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T, max_wait=max_wait, save_verdicts=True)
    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(exponential(1.0), n_trials=60, n_jobs=4)
    settle(pruner)
    assert study.get_trials(states=(TrialState.FAIL,)) == []
    if max_wait in (None, PATIENCE):  # otherwise it depends on the machine how many forecasts come in time
        assert pruned(study) >= 5
    levels = [trial.params["level"] * (1 - np.exp(-trial.params["rate"] * T)) for trial in study.trials]
    assert study.best_trial.number in np.argsort(levels)[-3:]


def test_pickled_pruner_has_its_own_background() -> None:
    """While one waits for a fit, its copy does not."""
    import pickle

    pruner = PredictivePruner(SRM(), max_epochs=T, max_wait=1.5)
    there = pickle.loads(pickle.dumps(pruner))  # noqa: S301 - our own bytes
    assert there._settings.max_wait == 1.5
    assert there._background is not pruner._background


NEVER = """
import threading, optuna
from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import LastSeenValue
class Never(LastSeenValue):
    def fit(self, history, *, horizon, rng):
        threading.Event().wait()
pruner = PredictivePruner(Never(min_curves=2), max_epochs=3, max_wait=0.01, n_startup_trials=2, confidence=0.9)
study = optuna.create_study(pruner=pruner)
def objective(trial):
    for step in range(3):
        trial.report(trial.number, step)
        assert not trial.should_prune()
    return trial.number
study.optimize(objective, n_trials=5)
print("done")
"""


def test_interpreter_exits_while_a_fit_goes_on() -> None:
    """A fit that never ends keeps no process alive."""
    began = time.monotonic()
    run = subprocess.run([sys.executable, "-c", NEVER], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout) == (0, "done\n"), run.stderr
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("max_wait", [-1.0, float("inf"), float("nan"), "1", True], ids=repr)
def test_max_wait_is_checked(max_wait: Any) -> None:
    """A time is a finite number of seconds."""
    with pytest.raises(SettingError, match=r"^`max_wait` must be >= 0 and finite, or None, got "):
        PredictivePruner(SRM(), max_epochs=T, max_wait=max_wait)


# The background


def test_pieces_are_done_in_the_order_in_which_they_came() -> None:
    """One after the other, and then the thread is gone."""
    background: BackgroundWork[int] = BackgroundWork()
    go, done = threading.Event(), []
    background.submit("first", lambda: go.wait(PATIENCE))
    answers = [background.submit(key, lambda key=key: done.append(key) or key) for key in range(5)]  # type: ignore[misc]
    assert done == []
    go.set()
    assert [answer.result(PATIENCE) for answer in answers] == done == list(range(5))
    settle(background)
    assert background._thread is None


def test_newer_piece_takes_the_place_of_an_older_one() -> None:
    """Who asks again before it was their turn waits for one answer, to the later question."""
    background: BackgroundWork[str] = BackgroundWork()
    go, done = threading.Event(), []
    background.submit("busy", lambda: str(go.wait(PATIENCE)))
    old = background.submit("key", lambda: done.append("old") or "old")  # type: ignore[func-returns-value]
    other = background.submit("other", lambda: done.append("other") or "other")  # type: ignore[func-returns-value]
    new = background.submit("key", lambda: done.append("new") or "new")  # type: ignore[func-returns-value]
    assert old.cancelled()
    go.set()
    assert new.result(PATIENCE) == "new"
    assert other.result(PATIENCE) == "other"
    assert done == ["other", "new"]


def test_piece_that_raises_does_not_end_the_others() -> None:
    """An error is raised where its answer is asked for."""
    background: BackgroundWork[float] = BackgroundWork()
    broken = background.submit("broken", lambda: 1 / 0)
    assert background.submit("fine", lambda: 1.0).result(PATIENCE) == 1.0
    with pytest.raises(ZeroDivisionError):
        broken.result(PATIENCE)
