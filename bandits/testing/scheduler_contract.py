"""What every scheduler must do, as tests to inherit."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from bandits.curves import Trial
from bandits.errors import ProtocolError
from bandits.schedulers.base import Change, Done, Failed, Measured, Scheduler
from bandits.schedulers.lifecycle import State
from bandits.stopping.early_stopper import EarlyStopper
from bandits.stopping.rules import ProbabilityRule
from bandits.testing.toys import OraclePredictor, play

__all__ = ["SchedulerContract"]


class SchedulerContract:
    """What every scheduler must do. Supply the fixture `scheduler`: an unused one, without a stopper."""

    @staticmethod
    def _score(trial_id: int, epoch: int) -> float:
        """Curves that cross, with ties; the same for every run."""
        return ((trial_id * 7919) % 13) / 13 + ((trial_id * 104729) % 7) / 7 * math.sqrt(epoch)

    def _table(self, scheduler: Scheduler) -> list[list[float]]:
        epochs = range(1, scheduler.max_epochs + 1)
        return [[self._score(i, epoch) for epoch in epochs] for i in range(scheduler.total_trials)]

    def test_settings_build_it_again(self, scheduler: Scheduler) -> None:
        """Its settings are plain JSON values; a scheduler built from them does the same."""
        twin = type(scheduler)(**json.loads(json.dumps(scheduler.settings())), stopper=None)

        assert scheduler.settings() == twin.settings()
        assert play(scheduler, self._score) == play(twin, self._score)

    def test_fresh_gives_an_unused_twin(self, scheduler: Scheduler) -> None:
        """`fresh` forgets what has happened and keeps the settings."""
        jobs = play(scheduler, self._score)
        twin = scheduler.fresh(stopper=None)

        assert twin.arms == {}
        assert scheduler.settings() == twin.settings()
        assert jobs == play(twin, self._score)

    def test_horizons_ascend_to_max_epochs(self, scheduler: Scheduler) -> None:
        """Arms are compared at ascending epochs, the last one being R."""
        horizons = scheduler.horizons

        assert sorted(set(horizons)) == list(horizons)
        assert horizons[0] >= 1
        assert scheduler.max_epochs == horizons[-1]

    def test_jobs_continue_where_arms_paused(self, scheduler: Scheduler) -> None:
        """A job starts where the arm's last one stopped, and ends at a horizon."""
        for workers in (1, 3):
            reached: dict[int, int] = {}
            for job in play(scheduler.fresh(stopper=None), self._score, workers=workers):
                assert reached.get(job.trial_id, 0) == job.start
                assert job.stop in scheduler.horizons
                assert job.start < job.stop
                reached[job.trial_id] = job.stop

    def test_keeps_its_promises(self, scheduler: Scheduler) -> None:
        """It tries `total_trials` arms, with ids from 0, and trains `planned_epochs` if it named them."""
        jobs = play(scheduler, self._score)

        assert set(range(scheduler.total_trials)) == set(scheduler.arms)
        if scheduler.planned_epochs is not None:
            assert scheduler.planned_epochs == sum(job.stop - job.start for job in jobs)

    def test_every_arm_ends(self, scheduler: Scheduler) -> None:
        """Whatever fails or is dropped, and however many train at once, every arm ends in a final state."""
        rules: dict[str, Callable[[int, int], float | None]] = {
            "nothing fails": self._score,
            "every arm fails at once": lambda *_: None,
            "every arm fails late": lambda trial_id, epoch: None if epoch > 1 else self._score(trial_id, epoch),
            "some arms fail": lambda trial_id, epoch: None if trial_id % 3 == epoch % 3 else trial_id / 100,
        }
        oracle = OraclePredictor(self._table(scheduler))
        stoppers = (None, EarlyStopper(oracle, ProbabilityRule()), EarlyStopper(oracle, ProbabilityRule(keep=2)))
        for name, rule in rules.items():
            for workers in (1, 2, 5):
                for stopper in stoppers:
                    machine = scheduler.fresh(stopper=stopper)
                    play(machine, rule, workers=workers)
                    assert all(arm.state.final for arm in machine.arms.values()), f"{name}, {workers} workers"
                    assert isinstance(machine.ask(), Done), "what is done stays done"
                    self._books_balance(machine)

    def _books_balance(self, scheduler: Scheduler) -> None:
        """When a run is over, the counts, the reports of rungs and the arms agree."""
        assert len(scheduler.arms) == sum(scheduler.counts.values())
        for bracket in scheduler.brackets:
            for rung in bracket.rungs:
                assert rung.started == rung.finished + rung.dropped + rung.failed
                assert rung.promoted <= rung.finished
        assert all(arm.epochs <= scheduler.max_epochs for arm in scheduler.arms.values())

    def test_a_perfect_forecast_leaves_a_winner(self, scheduler: Scheduler) -> None:
        """If a run without a stopper has a winner, a run with a stopper whose forecasts are right has one too."""
        for workers in (1, 3):
            plain = scheduler.fresh(stopper=None)
            stopped = scheduler.fresh(stopper=EarlyStopper(OraclePredictor(self._table(scheduler)), ProbabilityRule()))
            for machine in (plain, stopped):
                play(machine, self._score, workers=workers)
            won = [any(bracket.best is not None for bracket in machine.brackets) for machine in (plain, stopped)]
            assert won[0] == won[1]

    def test_refuses_what_cannot_have_happened(self, scheduler: Scheduler) -> None:
        """Unknown arms, arms that are not running, repeated or skipped epochs and scores that are not finite
        raise `ProtocolError` and change nothing."""
        expected = play(scheduler.fresh(stopper=None), self._score, workers=2)

        def heckle(event: Measured | Failed) -> None:
            assert isinstance(event, Measured)
            trial, epoch, score = event.trial, event.epoch, event.score
            others = [arm for arm in scheduler.arms.values() if arm.state is not State.RUNNING]
            wrong: list[Measured | Failed] = [
                *(Measured(trial, other, score) for other in (epoch - 1, epoch + 1, 0, -1)),
                *(Measured(trial, epoch, value) for value in (math.nan, math.inf, -math.inf)),
                *(Measured(Trial(arm.id), arm.epochs + 1, 1e9) for arm in others),
                *(Failed(Trial(arm.id), "why") for arm in others),
                Measured(Trial(10**9), 1, 1e9),
                Failed(Trial(10**9), "why"),
            ]
            before = _portrait(scheduler)
            for bad in wrong:
                try:
                    scheduler.tell(bad)
                except ProtocolError:
                    continue
                raise AssertionError(f"{bad} must raise ProtocolError")
            assert before == _portrait(scheduler)

        assert expected == play(scheduler, self._score, workers=2, before_event=heckle)

    def test_reports_every_change_once(self, scheduler: Scheduler) -> None:
        """`take_changes` tells of every arm's end exactly once, with a reason."""
        changes: list[Change] = []
        play(scheduler, self._score, before_event=lambda _: changes.extend(scheduler.take_changes()))
        changes.extend(scheduler.take_changes())

        assert all(change.reason for change in changes)
        ends = sorted(change.trial_id for change in changes if change.state.final)
        assert sorted(scheduler.arms) == ends
        assert tuple(scheduler.take_changes()) == ()


def _portrait(scheduler: Scheduler) -> str:
    """The visible state of a scheduler, as text."""
    return repr((scheduler.arms, scheduler.counts, scheduler.brackets, len(scheduler.history)))
