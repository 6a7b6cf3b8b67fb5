"""Freeze-thaw: who trains next, what it costs, and what is returned."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from bandits import run
from bandits.causes import Cause
from bandits.config import rebuild
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors import SRM
from bandits.predictors.base import Forecaster
from bandits.runtime.records import Changed, JobStarted
from bandits.schedulers import FreezeThaw, Job, Measured, State
from bandits.schedulers.freeze_thaw.improvement import middle_and_reach
from bandits.schedulers.freeze_thaw.last_value import LastValueGrowth
from bandits.testing import OraclePredictor, ReplayObjective, play

R = 9


def rising(trial_id: int, epoch: int) -> float:
    """Curves that rise to ends in a fixed order: arm 4 of every 5 is best."""
    return trial_id % 5 + epoch / R


def table(rows: int, epochs: int = R) -> list[list[float]]:
    """Curves that cross: the best at the end begin low."""
    ends = [((7 * i) % rows) / rows for i in range(rows)]
    return [[end * (epoch / epochs) ** (1 + end) for epoch in range(1, epochs + 1)] for end in ends]


def spent(jobs: Sequence[Job]) -> int:
    """Epochs of jobs that were finished."""
    return sum(job.stop - job.start for job in jobs)


class Learning(OraclePredictor):
    """An oracle that says it learns from every step, and writes down what it is asked."""

    name = "learning oracle"
    learns_from_every_step = True

    def __init__(self, scores: Sequence[Sequence[float]]) -> None:
        super().__init__(scores)
        self.fits = self.refits = 0
        self.taus: set[int] = set()

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.fits += 1
        return Watched(self, super().fit(history, horizon=horizon, rng=rng))

    def refit(self, forecaster: Forecaster, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.refits += 1
        return forecaster


class Watched(Forecaster):
    """Passes questions on."""

    def __init__(self, owner: Learning, inner: Forecaster) -> None:
        self.owner, self.inner = owner, inner

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        self.owner.taus.add(curve.tau)
        return self.inner.forecast(trial, curve)


def test_the_first_arms_begin_blind() -> None:
    """Six arms train one epoch before any forecast is asked."""
    jobs = play(FreezeThaw(R, 5), rising)

    assert [(job.trial_id, job.stop) for job in jobs[:6]] == [(i, 1) for i in range(6)]
    assert all(job.decision is not None and job.decision.cause is Cause.FIRST_ARMS for job in jobs[:6])


def test_with_an_oracle_the_best_arm_is_trained_first() -> None:
    """After the blind start, the arm that ends best goes to the end, whatever it looks like."""
    rows = table(6)
    jobs = play(FreezeThaw(R, 3, trials=6, predictor=Learning(rows)), lambda i, epoch: rows[i][epoch - 1])
    best = max(range(6), key=lambda i: rows[i][-1])

    assert {job.trial_id for job in jobs if job.start > 0} >= {best}
    assert next(job.trial_id for job in jobs if job.start > 0) == best


def test_a_predictor_of_every_step_is_asked_about_arms_that_have_not_begun() -> None:
    """A fresh arm's value is that of arms as they were at epoch 0; others are asked about epoch 1 and on."""
    rows = table(8)
    for kind, least in ((Learning(rows), 0), (SRM(), 1)):
        machine = FreezeThaw(R, 4, trials=8, predictor=kind)
        play(machine, lambda i, epoch: rows[i][epoch - 1])
        if isinstance(kind, Learning):
            assert min(kind.taus) == least


def test_fits_are_renewed_as_news_grow() -> None:
    """From-scratch fits are rare; most news need a cheap one."""
    rows = table(200)
    oracle = Learning(rows)
    jobs = play(FreezeThaw(R, 60, trials=200, predictor=oracle), lambda i, epoch: rows[i][epoch - 1])

    assert oracle.fits <= 15
    assert oracle.fits + oracle.refits < len(jobs)


@pytest.mark.parametrize("workers", [1, 4, 16])
@pytest.mark.parametrize("budget", [1, 3, "50epochs", 20])
def test_the_budget_is_kept_to_the_epoch(budget: float | str, workers: int) -> None:
    """Arms that fail count with the epoch in which they do; what is left would finish no arm."""
    machine = FreezeThaw(R, budget)
    failures = 0

    def score(trial_id: int, epoch: int) -> float | None:
        nonlocal failures
        if trial_id % 4 == 3 and epoch == 3:
            failures += 1
            return None
        return rising(trial_id, epoch)

    play(machine, score, workers=workers)
    trained = sum(arm.epochs for arm in machine.arms.values()) + failures

    assert trained <= machine.budget.epochs(R)
    assert machine.budget.epochs(R) - trained < R


@pytest.mark.parametrize("workers", [1, 3])
def test_the_winner_is_finished_inside_the_budget(workers: int) -> None:
    """The arm that is returned has been trained in full."""
    for budget in (1, 2, 5, 11):
        machine = FreezeThaw(R, budget)
        play(machine, rising, workers=workers)
        best = machine.best_arm()

        assert best is not None
        assert machine.arms[best].epochs == R


class Hopeless(Learning):
    """Finds every arm worthless."""

    def __init__(self) -> None:
        super().__init__([[0.0] * R])

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return Flat()


class Flat(Forecaster):
    """Forecasts the same for all."""

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return Forecast(-5.0, 0.0, R)


def flat(trial_id: int, epoch: int) -> float:
    """Arms that never leave the ground."""
    return trial_id % 5 / 100


@pytest.mark.parametrize(("curve", "by_chance"), [(rising, 2), (flat, 4)])
def test_one_training_is_completed_for_every_three(curve: Callable[[int, int], float], by_chance: int) -> None:
    """Forecasts that find every arm worthless do not keep all from the end.

    By chance: after 1 and 16 trainings' worth of epochs, but after 1, 6, 11 and 16 as long as none has risen.
    """
    jobs = play(FreezeThaw(R, 20, predictor=Hopeless()), curve)
    causes = [job.decision.cause for job in jobs if job.decision is not None and job.stop == R]

    assert sum(job.stop == R for job in jobs) >= 6
    assert causes.count(Cause.LEASH_FRESH) == by_chance
    assert causes.count(Cause.LEASH) >= 2


def test_where_all_rows_have_begun_an_arm_by_chance_is_completed() -> None:
    """With few configurations, the training by chance is that of an arm that waits."""
    machine = FreezeThaw(R, 20, trials=40, predictor=Hopeless())
    jobs = play(machine, flat)
    by_chance = [job for job in jobs if job.decision is not None and job.decision.cause is Cause.LEASH_FRESH]

    assert len(machine.arms) == 40
    assert any(job.start > 0 and job.stop == R for job in by_chance)


def test_running_arms_are_not_chosen_again() -> None:
    """No arm has two jobs at a time."""
    machine = FreezeThaw(R, 6)
    running = set()
    for _ in range(12):
        job = machine.ask()
        if isinstance(job, Job):
            assert job.trial_id not in running
            running.add(job.trial_id)
    assert len(running) > 6


def test_switch_cost_makes_fewer_and_longer_stretches() -> None:
    """With a cost of 3 epochs no arm pauses sooner than 3 epochs after it began, but at the end."""
    cheap, dear = (play(FreezeThaw(27, 10, switch_cost=cost), lambda i, e: rising(i, e)) for cost in (0, 3))

    assert len(dear) < len(cheap)
    assert all(job.stop - job.start >= 3 or job.stop == 27 for job in dear)


def test_ties_everywhere_end_as_they_must() -> None:
    """Arms that are all alike: the budget is spent, and the first one is returned."""
    machine = FreezeThaw(R, 5)
    jobs = play(machine, lambda *_: 0.5)

    assert spent(jobs) > 4 * R
    assert machine.best_arm() == min(i for i, arm in machine.arms.items() if arm.epochs == R)


def test_all_arms_failing_ends_with_none() -> None:
    """Each failure costs an epoch, so that a run ends."""
    machine = FreezeThaw(R, 3)
    play(machine, lambda *_: None)

    assert machine.best_arm() is None
    assert machine.counts[State.FAILED] == 2 * R + 1  # with less than a training left nothing is begun


def test_an_arm_that_diverges_after_looking_best_is_not_returned() -> None:
    """It fails at the last epoch; another one is finished."""
    machine = FreezeThaw(R, 6)
    play(machine, lambda i, epoch: None if i == 4 and epoch == R else rising(i, epoch))

    assert machine.arms[4].state is State.FAILED
    assert machine.best_arm() not in (None, 4)


@pytest.mark.parametrize("features", [{}, {"lr": float("nan")}])
def test_predictors_that_abstain_are_stood_in_for(features: dict[str, float]) -> None:
    """Without usable features, or complete curves, the last value and other arms' growth decide."""
    machine = FreezeThaw(R, 4, predictor=SRM())
    while isinstance(job := machine.ask(), Job):
        for epoch in range(job.start + 1, job.stop + 1):
            machine.tell(Measured(Trial(job.trial_id, {}, features), epoch, rising(job.trial_id, epoch)))

    assert machine.best_arm() is not None


def test_one_row_is_trained_to_the_end() -> None:
    """A single configuration: nothing to choose."""
    result = run(FreezeThaw(R, 3, trials=1), ReplayObjective(table(1)))

    assert (result.epochs_trained, result.best_trial) == (R, 0)


def test_a_budget_below_one_training_is_refused() -> None:
    """In one sentence."""
    with pytest.raises(SettingError, match=r"`budget` must be one full training or more \(9 epochs\), got '0.5'"):
        FreezeThaw(R, 0.5)


def test_the_result_is_the_arm_with_the_best_expected_end() -> None:
    """Not the one with the best score at any pause: arm 0 peaks early and falls."""
    rows = [[0.9 - 0.1 * epoch if i == 0 else 0.1 * i + 0.05 * epoch for epoch in range(R)] for i in range(6)]
    result = run(FreezeThaw(R, 6, trials=6), ReplayObjective(rows), seed=0)

    assert result.best_trial == 5
    assert result.best_value == rows[5][-1]


def test_the_journal_says_why_in_the_metrics_units() -> None:
    """Jobs hold reason, cause, forecast and value; arms that were passed over say so at the end."""
    rows = [[3.0 / (1 + epoch) + i % 4 for epoch in range(R)] for i in range(20)]
    result = run(FreezeThaw(R, 4, trials=20), ReplayObjective(rows, goal="minimize"), seed=0)
    jobs = [record for record in result.journal.records() if isinstance(record, JobStarted)]
    cut = [record for record in result.journal.records() if isinstance(record, Changed) and record.state is State.CUT]

    assert {job.cause for job in jobs} >= {Cause.FIRST_ARMS, Cause.WORTH_MOST}
    thawed = [job for job in jobs if job.start and job.cause == Cause.WORTH_MOST]
    assert thawed
    assert all(job.forecast is not None and job.forecast >= 0 and job.value is not None for job in thawed)
    assert thawed[0].why is not None
    assert f"is forecast for epoch {R}" in thawed[0].why
    assert cut
    assert all(record.cause == Cause.BUDGET_SPENT for record in cut)


@pytest.mark.parametrize("workers", [1, 4])
def test_the_same_run_twice_is_the_same(workers: int) -> None:
    """Record by record, and a fresh machine that is told the journal gives the same jobs."""
    rows = table(30)
    first, second = (
        run(FreezeThaw(R, 8, trials=30, predictor=Learning(rows)), ReplayObjective(rows), seed=3, workers=workers)
        for _ in range(2)
    )

    assert list(first.journal.records()) == list(second.journal.records())


def test_more_workers_waste_little() -> None:
    """With an oracle, four workers return an arm as good as one does."""
    rows = table(40)
    ends = []
    for workers in (1, 4):
        machine = FreezeThaw(R, 12, trials=40, predictor=Learning(rows))
        result = run(machine, ReplayObjective(rows), seed=1, workers=workers)
        assert result.best_value is not None
        ends.append(result.best_value)

    assert ends[1] >= ends[0] - 0.05


@pytest.mark.parametrize(
    "settings",
    [{"budget": "50epochs", "switch_cost": 1.5, "seed": 4}, {"trials": 6, "predictor": SRM("ridge", min_curves=5)}],
)
def test_settings_build_it_again_with_its_predictor(settings: dict[str, Any]) -> None:
    """Predictor included, after a way through JSON."""
    machine = FreezeThaw(R, **settings)
    twin = rebuild("algorithms", "freeze-thaw", machine.settings())

    assert twin.settings() == machine.settings()
    assert twin.predictor == machine.predictor


@pytest.mark.parametrize(
    "wrong",
    [{"predictor": "srm"}, {"budget": "much"}, {"trials": 0}, {"switch_cost": -1}, {"seed": -1}, {"stopper": 3}],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    """Each in one sentence that names the argument."""
    with pytest.raises(SettingError, match=f"`{next(iter(wrong))}` must be"):
        FreezeThaw(**{"max_epochs": R, **wrong})


def test_a_forecast_whose_median_overflows_counts_with_its_mean():
    """A loss beyond all bounds has no finite median on its scale; the value of the arm stays finite."""
    middle, reach = middle_and_reach(Forecast(-1e308, 1.0, R, link=Link.LOG_LOSS))

    assert (-1e308, 0.0) == (middle, reach)


def test_growth_that_overflows_is_no_growth():
    """Scores of 1e308 that double have no finite end; the last value stands for it."""
    with np.errstate(all="ignore"):
        growth = LastValueGrowth([np.array([-1.7e308, 1.7e308])] * 5, (1, 2))
        forecast = growth.forecast(Curve(np.array([1.7e308])))

    assert (1.7e308, 0.0, 2) == (forecast.mean, forecast.std, forecast.horizon)


def test_a_predictor_that_says_nothing_of_fresh_arms_is_asked_about_their_first_epoch():
    """Where it abstains before the first epoch, known arms after their first epoch stand for a fresh one."""

    class Reticent(Learning):
        def fit(self, history, *, horizon, rng):
            return Silent(self, super().fit(history, horizon=horizon, rng=rng))

    class Silent(Watched):
        def forecast(self, trial, curve):
            return super().forecast(trial, curve) if curve.tau else Abstain("no epoch yet", Cause.UNSTATED)

        def forecast_many(self, arms):
            return [self.forecast(trial, curve) for trial, curve in arms]

    scores = table(12)
    result = run(FreezeThaw(R, budget=6, predictor=Reticent(scores)), ReplayObjective(scores))

    assert result.best is not None
    assert result.epochs_trained <= 6 * R
    assert FreezeThaw(R).planned_epochs is None
