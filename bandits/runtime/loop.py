"""The only loop: ask, submit, measure, journal, tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bandits.curves import Metric, Trial
from bandits.errors import ProtocolError, SettingError
from bandits.errors.checks import check_whole
from bandits.objectives.base import Objective
from bandits.runtime.budgeted_jobs import BudgetedJobs
from bandits.runtime.executor_choice import executor_for
from bandits.runtime.executors import Crash, Executor, Report
from bandits.runtime.journal import Journal, MemoryJournal
from bandits.runtime.records import (
    Changed,
    Ended,
    Epoch,
    EpochsAgain,
    JobStarted,
    RunStarted,
    TrialFailed,
    TrialStarted,
    VerdictGiven,
    WorkerLost,
)
from bandits.runtime.result import Best, Result
from bandits.samplers.base import Outcome, Sampler
from bandits.schedulers.base import Change, Failed, Job, Measured, Scheduler, Wait
from bandits.schedulers.budgets import Budget
from bandits.schedulers.decisions import Decision
from bandits.schedulers.lifecycle import State
from bandits.search_space import space_to_json
from bandits.verdicts import KEEP, Drop, Verdict

__all__ = ["run"]

Watch = Callable[[Result], None]
_MOST_TRIALS = 10_000_000  # each is kept in memory to the end

_ENDS: Mapping[State, Literal["completed", "dropped", "cut", "failed"]] = {
    State.COMPLETED: "completed",
    State.DROPPED: "dropped",
    State.CUT: "cut",
    State.FAILED: "failed",
}


def run(
    scheduler: Scheduler,
    objective: Objective,
    *,
    sampler: Sampler | None = None,
    seed: int = 0,
    workers: int = 1,
    executor: Executor | None = None,
    journal: Journal | None = None,
    watch: Watch | None = None,
    budget: Budget | float | str | None = None,
) -> Result:
    """Let a scheduler spend epochs on an objective until it is done.

    The run works on a fresh copy of the scheduler, so the same arguments give the same run. A trial that raises,
    diverges or breaks its contract fails, and the run continues. Ctrl-C ends the run early, with what was measured.

    Args:
        scheduler: decides which arm trains next, and how far.
        objective: trains or replays configurations.
        sampler: chooses the configurations; by default the objective's own, with this seed.
        seed: the seed of the configurations and of every trial, >= 0.
        workers: how many arms train at a time, >= 1: simulated ones on a virtual clock, processes in real training.
        executor: where arms train, instead of the executor that `executor_for` chooses; closed at the end.
        journal: records every event; in memory by default.
        watch: called after every event with the growing result, for a live view.
        budget: the run ends after this many full trainings (20) or epochs ("1600epochs"), those of failed arms and
            those trained again included. A job that needs more than what is left does not begin. None for no limit.

    Returns:
        The result, with the scheduler that made the decisions.

    Raises:
        SettingError: an argument breaks its rule, or contradicts another.
        ObjectiveError: worker processes cannot start with this objective.

    Example:
        >>> from bandits import Hyperband, run
        >>> from bandits.objectives import CurveTable
        >>> run(Hyperband(max_epochs=20), CurveTable("metaqnn_cifar10"), seed=0).epochs_trained
        154
    """
    check_whole("seed", seed, 0)
    spending = None if budget is None else BudgetedJobs(Budget.of(budget), scheduler.max_epochs)
    if scheduler.max_epochs > objective.max_epochs:
        rule = f"must be <= {objective.max_epochs}, the length of {objective.name}"
        raise SettingError.broken("`max_epochs`", rule, scheduler.max_epochs)
    if spending is None and scheduler.total_trials > _MOST_TRIALS:
        rule = f"must be at most {_MOST_TRIALS:,} in all, unless a budget ends the run"
        raise SettingError.broken(f"trials of {scheduler.name}", rule, scheduler.total_trials)
    sampled = objective.sampler(seed) if sampler is None else sampler
    _check_evolution(scheduler, sampled)
    sampled.bind(objective)
    if executor is None:
        executor = executor_for(objective, workers)
    elif workers not in (1, executor.workers):
        raise SettingError.broken("`workers`", f"must be left out, the executor has {executor.workers}", workers)
    machine = scheduler.fresh(stopper=scheduler.stopper)
    result = Result(
        scheduler=machine,
        objective=objective.name,
        metric=objective.metric,
        seed=seed,
        workers=executor.workers,
        journal=MemoryJournal() if journal is None else journal,
        table_best=objective.best_possible(machine.compared_at),
    )
    loop = _Loop(result, objective, executor, sampled, spending)
    settings = {} if sampler is None else sampler.settings()
    result.journal.append(_run_started(result, settings, space_to_json(objective.declared_space())))
    loop.spend(watch)
    return result


@dataclass(slots=True)
class _Loop:
    """The parts of a run, and how they work together."""

    result: Result
    objective: Objective
    executor: Executor
    sampler: Sampler
    spending: BudgetedJobs | None = None
    alive: int = 0  # arms that have begun and are not at their end

    def spend(self, watch: Watch | None) -> None:
        """Go on until the scheduler is done, or an interrupt or an error ends the run; then free what is held."""
        how = "failed"  # unless one of the lines below is reached
        try:
            self._take_turns(watch)
            how = "done"
        except KeyboardInterrupt:
            self.result.interrupted = True
            how = "interrupted"
        finally:
            for trial_id, arm in self.result.scheduler.arms.items():
                if not arm.state.final and trial_id in self.result.trials:
                    self.executor.release(self.result.trials[trial_id])
            self.executor.close()
            self.result.seconds = self.executor.clock
            self.result.journal.append(Ended(how, self.executor.clock))

    def _take_turns(self, watch: Watch | None) -> None:
        """Hand out jobs; then record each event, let the scheduler decide, and act on that."""
        result, executor = self.result, self.executor
        while self._hand_out_jobs():
            event = executor.next_event()
            while isinstance(event, WorkerLost):  # a lost worker ends no arm
                result.journal.append(event)
                event = executor.next_event()
            news = self._record(event)
            verdict = result.scheduler.tell(news)
            if self.spending is not None:
                self.spending.pay(event.trial.id, over=result.scheduler.arms[event.trial.id].state is not State.RUNNING)
            self._act(news, verdict)
            chosen = result.scheduler.best_arm()
            if chosen is not None:
                self._hold_best(chosen)
            if watch is not None:
                result.seconds = executor.clock
                watch(result)

    def _hand_out_jobs(self) -> bool:
        """Give every idle worker a job, if there is one; False when the scheduler is done."""
        result, executor = self.result, self.executor
        machine = result.scheduler
        while executor.idle:
            job = machine.ask() if self.spending is None else self.spending.next_job(machine, executor.busy)
            changes = machine.take_changes()  # an asynchronous scheduler promotes when it is asked
            if changes:
                self._note(changes)
            if not isinstance(job, Job):
                if isinstance(job, Wait) and not executor.busy:
                    raise ProtocolError(f"{machine.name} waits for an arm, but none is running")
                break
            trial = result.trials.get(job.trial_id)
            if trial is None:
                trial = result.trials[job.trial_id] = self._new_trial(job.trial_id)
                result.journal.append(TrialStarted(trial.id, trial.config, trial.features, trial.seed))
                self.alive += 1
                result.models_alive = max(result.models_alive, self.alive)
            result.journal.append(_job_started(result.metric, job, executor.clock))
            executor.submit(trial, job)
        return executor.busy > 0

    def _new_trial(self, trial_id: int) -> Trial:
        machine = self.result.scheduler
        training_seed = int(np.random.SeedSequence(self.result.seed, spawn_key=(trial_id,)).generate_state(1)[0])

        def arm(config: Mapping[str, object]) -> Trial:
            return Trial(trial_id, config, self.objective.features(config), training_seed)

        def prefer(configs: Sequence[Mapping[str, object]]) -> int:
            return machine.prefer([arm(config) for config in configs])

        parents = machine.parents(trial_id)
        if parents is not None:
            target, pool, reserve = parents.target, parents.pool, parents.reserve
            return arm(self.sampler.breed(trial_id, target=target, pool=pool, reserve=reserve))
        return arm(self.sampler.choose(trial_id, machine.proposals, prefer))

    def _hold_best(self, chosen: int) -> None:
        """Take the arm that the scheduler names as the best."""
        result, arm = self.result, self.result.scheduler.arms[chosen]
        if arm.score is not None:
            result.best = Best(result.trials[chosen], arm.epochs, arm.score)

    def _record(self, event: Report | Crash) -> Measured | Failed:
        """Journal what an executor reports, and turn it into an event for the scheduler, in scores."""
        result, trial = self.result, event.trial
        if event.again:
            self._charge_again(event)
        if isinstance(event, Crash):
            epochs = result.scheduler.arms[trial.id].epochs
            result.journal.append(TrialFailed(trial.id, epochs, event.reason, event.clock))
            return Failed(trial, event.reason)
        measurement = event.measurement
        epoch, value = measurement.epoch, measurement.value
        details = measurement.details
        result.journal.append(Epoch(trial.id, epoch, value, measurement.seconds, event.clock, details))
        result.epochs_trained += 1
        score = result.metric.orient(value)
        self.sampler.watch(trial, epoch, score)
        if epoch == result.scheduler.arms[trial.id].stop:
            _compete(result, trial, epoch, score)
        return Measured(trial, epoch, score)

    def _charge_again(self, event: Report | Crash) -> None:
        """Journal epochs that were trained a second time, and charge them to the budget."""
        self.result.journal.append(EpochsAgain(event.trial.id, event.again, event.clock))
        self.result.epochs_again += event.again
        self.result.scheduler.trained_again(event.trial.id, event.again)
        if self.spending is not None:
            self.spending.pay_again(event.again)

    def _act(self, news: Measured | Failed, verdict: Verdict) -> None:
        """Journal a verdict, stop an arm that was dropped, and do what the scheduler changed."""
        words = ""
        if verdict is not KEEP and isinstance(news, Measured):
            metric = self.result.metric
            words = verdict.words(metric)
            self.result.journal.append(_verdict_given(metric, news.trial, news.epoch, verdict, words))
            if isinstance(verdict, Drop):
                self.executor.stop(news.trial.id)
        changes = self.result.scheduler.take_changes()
        if changes:
            self._note(changes, verdict, words)

    def _note(self, changes: Sequence[Change], verdict: Verdict = KEEP, words: str = "") -> None:
        """Journal changes of state; free what ended arms hold, and tell the sampler how these arms ended.

        `words` say why an arm was dropped, in the metric's units; the scheduler gives the reason in scores.
        """
        result = self.result
        for change in changes:
            dropped = change.state is State.DROPPED
            reason = words if dropped else change.reason
            if change.decision is None:
                record = Changed(change.trial_id, change.state, change.epoch, reason)
            else:
                reason, numbers = change.decision.words(result.metric), _numbers(result.metric, change.decision)
                record = Changed(change.trial_id, change.state, change.epoch, reason, *numbers)
            result.journal.append(record)
            result.reasons[change.trial_id] = reason
            if change.state.final:
                trial = result.trials[change.trial_id]
                self.executor.release(trial)
                self.alive -= 1
                evidence = verdict.evidence if dropped else None
                forecast = (None, None) if evidence is None else (evidence.forecast.mean, evidence.forecast.horizon)
                scores = result.scheduler.history.scores(change.trial_id)
                self.sampler.learn(Outcome(trial, scores, _ENDS[change.state], *forecast))


def _check_evolution(scheduler: Scheduler, sampler: Sampler) -> None:
    """Refuse a scheduler that names parents for a sampler that breeds from none, and the other way round."""
    if scheduler.evolves and not sampler.evolves:
        rule = f"must be one that evolves, such as DifferentialEvolution(), for {scheduler.name}"
        raise SettingError.broken("`sampler`", rule, type(sampler).__name__)
    if sampler.evolves and not scheduler.evolves:
        rule = f"must be left out with {scheduler.name}, which breeds no configurations; dehb does"
        raise SettingError.broken("`sampler`", rule, type(sampler).__name__)


def _compete(result: Result, trial: Trial, epoch: int, score: float) -> None:
    """Let an arm that has reached the end of its job compete for the best. Ties: the smaller id, then epoch."""
    best = result.best
    if best is None or (score, -trial.id) > (best.score, -best.trial.id):
        result.best = Best(trial, epoch, score)


def _job_started(metric: Metric, job: Job, clock: float) -> JobStarted:
    """The start of a job as a record, with the reasons that the scheduler gives."""
    if job.decision is None:
        return JobStarted(job.trial_id, job.start, job.stop, clock)
    why, numbers = job.decision.words(metric), _numbers(metric, job.decision)
    return JobStarted(job.trial_id, job.start, job.stop, clock, why, *numbers)


def _numbers(metric: Metric, decision: Decision) -> tuple[str, float | None, float | None, float | None]:
    """Cause, forecast, its error and the value of an epoch, in the metric's units, as records hold them."""
    forecast = decision.forecast
    if forecast is None:
        return str(decision.cause), None, None, decision.value
    return str(decision.cause), metric.restore(forecast.mean), forecast.std, decision.value


def _verdict_given(metric: Metric, trial: Trial, epoch: int, verdict: Verdict, words: str) -> VerdictGiven:
    """A verdict as a record, in the metric's own units."""
    drop = isinstance(verdict, Drop)
    if verdict.evidence is None:
        return VerdictGiven(trial.id, epoch, drop, words, cause=verdict.cause)
    evidence, forecast = verdict.evidence, verdict.evidence.forecast
    return VerdictGiven(
        trial.id,
        epoch,
        drop,
        words,
        forecast=metric.restore(forecast.mean),
        std=forecast.std,
        horizon=forecast.horizon,
        bar=metric.restore(evidence.bar),
        probability=evidence.probability,
        cause=verdict.cause,
    )


def _run_started(result: Result, sampler: Mapping[str, Any], space: Mapping[str, Any]) -> RunStarted:
    stopper = result.scheduler.stopper
    return RunStarted(
        algorithm=result.scheduler.name,
        settings=result.scheduler.settings(),
        stopper=None if stopper is None else stopper.settings(),
        objective=result.objective,
        metric=result.metric.name,
        goal=result.metric.goal,
        seed=result.seed,
        workers=result.workers,
        sampler=sampler,
        space=space,
    )
