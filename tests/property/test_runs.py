"""What must hold of every run: whatever the curves, the ties, the failures, and however many workers."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits import (
    ASHA,
    PASHA,
    EarlyStopper,
    Hyperband,
    MedianRule,
    ProbabilityRule,
    RandomSearch,
    Result,
    SuccessiveHalving,
    TopK,
    run,
)
from bandits.curves import Trial
from bandits.predictors import LastSeenValue
from bandits.runtime.records import (
    Changed,
    Ended,
    Epoch,
    JobStarted,
    Record,
    RunStarted,
    TrialFailed,
    TrialStarted,
    VerdictGiven,
)
from bandits.samplers import Sampler
from bandits.schedulers import DEHB, Done, Failed, Measured, Scheduler, State
from bandits.stopping import RiskControlledRule, StoppingRule
from bandits.testing import NeverDropRule, OraclePredictor, ReplayObjective, SpyPredictor
from bandits.verdicts import KEEP, Drop

ROWS, EPOCHS = 22, 11  # as many rows as the largest scheduler below has trials, as many epochs as the longest

BRACKETS: dict[str, Scheduler] = {
    "halving": SuccessiveHalving(max_epochs=9),
    "halving, odd sizes": SuccessiveHalving(max_epochs=11, eta=2, trials=13),
    "hyperband": Hyperband(max_epochs=9),
    "hyperband, kappa": Hyperband(max_epochs=7, eta=2, kappa=0.6),
    "hyperband, loops": Hyperband(max_epochs=3, loops=4),
    "hyperband, Table 1": Hyperband(max_epochs=9, sizes="floor"),
    "top-k": TopK(trials=20, max_epochs=9),
    "top-k, odd sizes": TopK(trials=11, max_epochs=7, k=2, first_epochs=3),
}
SEARCH = RandomSearch(trials=18, max_epochs=5, burn_in=5)
ALL: dict[str, Scheduler] = BRACKETS | {
    "hyperband, looking ahead": Hyperband(max_epochs=7, eta=2, look_ahead=True),
    "hyperband, looking ahead in loops": Hyperband(max_epochs=3, loops=4, kappa=0.4, look_ahead=True),
    "random": SEARCH,
    "dehb": DEHB(max_epochs=4, eta=2, loops=2),
    "dehb, one loop": DEHB(max_epochs=9, loops=1),
    "asha": ASHA(max_epochs=9, trials=20),
    "asha, odd sizes": ASHA(max_epochs=10, eta=2, trials=16, min_epochs=2),
    "asha, stopping": ASHA(max_epochs=9, trials=20, form="stopping"),
    "pasha": PASHA(max_epochs=9, trials=20),
    "pasha, odd sizes": PASHA(max_epochs=11, eta=2, trials=16, percentile=50),
    "median": MedianRule(trials=18, max_epochs=5, burn_in=7, min_arms=3),
    "median, odd sizes": MedianRule(trials=18, max_epochs=9, burn_in=7, warm_up=1, min_arms=2, interval=3),
}
every_bracket = pytest.mark.parametrize("scheduler", BRACKETS.values(), ids=BRACKETS)
every_scheduler = pytest.mark.parametrize("scheduler", ALL.values(), ids=ALL)


class Bred(Sampler):
    """Names rows by the ids of trials, whoever their parents are."""

    evolves = True

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return {"row": trial_id}

    def breed(
        self, trial_id: int, *, target: int | None, pool: Sequence[int], reserve: Sequence[int]
    ) -> Mapping[str, object]:
        return {"row": trial_id}


@dataclass(frozen=True)
class Case:
    """A table, the seconds of its rows, and how many workers replay it."""

    curves: list[list[float]]
    seconds: list[float]
    workers: int

    def objective(self) -> ReplayObjective:
        """The table as an objective."""
        return ReplayObjective(self.curves, seconds=self.seconds)

    def sampler(self, scheduler: Scheduler) -> Sampler | None:
        """What names the row of a trial; None for the objective's own."""
        return Bred() if scheduler.evolves else None

    def run(self, scheduler: Scheduler, stopper: EarlyStopper | None = None) -> Result:
        """Run a scheduler on the table."""
        sampler = self.sampler(scheduler)
        return run(scheduler.fresh(stopper=stopper), self.objective(), sampler=sampler, workers=self.workers)


@st.composite
def cases(draw: st.DrawFn, failures: bool = False) -> Case:
    """Few different values, so that ties are common; curves cross as they like; some fail where asked for."""
    values = [0.0, 0.25, 0.5, 0.5, 0.75, 1.0, 0.6, 0.61]
    drawn = draw(st.binary(min_size=ROWS * EPOCHS, max_size=ROWS * EPOCHS))  # quicker than as many draws
    curves = [[values[byte % 8] for byte in drawn[i : i + EPOCHS]] for i in range(0, ROWS * EPOCHS, EPOCHS)]
    if failures:
        for row in draw(st.sets(st.integers(0, ROWS - 1), max_size=8)):
            curves[row][draw(st.integers(0, EPOCHS - 1))] = math.nan
    seconds = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]), min_size=1, max_size=7))
    return Case(curves, seconds, draw(st.integers(1, 4)))


def records(result: Result) -> list[Record]:
    """Everything that happened."""
    return list(result.journal.records())


def promotions(result: Result) -> set[tuple[int, int]]:
    """(trial, epoch) of everyone who was promoted."""
    return {
        (record.trial, record.epoch)
        for record in records(result)
        if isinstance(record, Changed) and record.state is State.QUEUED
    }


RULES = st.sampled_from(
    [ProbabilityRule(0.8), ProbabilityRule(0.6), RiskControlledRule(0.5, audit=0.0), RiskControlledRule(0.5, audit=0.3)]
)


def observant(rule: StoppingRule) -> EarlyStopper:
    """A stopper with a predictor that learns, and errs."""
    return EarlyStopper(LastSeenValue(min_curves=2), rule)


@st.composite
def exact_rules(draw: st.DrawFn) -> StoppingRule:
    """Rules that ask no more of an arm than to end above the bar."""
    keep, audit = draw(st.integers(1, 3)), draw(st.sampled_from([0.0, 0.3]))
    risky = RiskControlledRule(draw(st.sampled_from([0.2, 0.5])), keep=keep, audit=audit, tolerance=0.0)
    return draw(st.sampled_from([ProbabilityRule(keep=keep), risky]))


@every_bracket
@given(case=cases(), rule=exact_rules())
def test_an_oracle_changes_no_promotion(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """With forecasts without error the same arms are promoted at every rung, and the same arm is the best."""
    plain = case.run(scheduler)
    stopped = case.run(scheduler, EarlyStopper(OraclePredictor(case.curves), rule))

    assert promotions(plain) == promotions(stopped)
    assert plain.best == stopped.best
    assert stopped.epochs_trained <= plain.epochs_trained


@given(case=cases(), rule=exact_rules())
def test_an_oracle_does_not_change_the_best_of_a_random_search(case: Case, rule: StoppingRule) -> None:
    """The n best arms are all trained in full, n being the rule's `keep`."""
    plain = case.run(SEARCH)
    stopped = case.run(SEARCH, EarlyStopper(OraclePredictor(case.curves), rule))

    assert plain.best == stopped.best
    final = {i: case.curves[i][SEARCH.max_epochs - 1] for i in range(SEARCH.trials)}
    for trial_id in sorted(final, key=lambda i: (-final[i], i))[: rule.keep]:
        assert stopped.scheduler.arms[trial_id].state is State.COMPLETED


@every_bracket
@given(case=cases(), rule=exact_rules())
def test_an_oracle_keeps_the_n_best_of_the_last_rungs(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """Of the arms that would finish R, the n best do."""
    plain = case.run(scheduler)
    stopped = case.run(scheduler, EarlyStopper(OraclePredictor(case.curves), rule))
    final = {i: arm.score for i, arm in plain.scheduler.arms.items() if arm.state is State.COMPLETED}

    for trial_id in sorted(final, key=lambda i: (-(final[i] or 0.0), i))[: rule.keep]:
        assert stopped.scheduler.arms[trial_id].state is State.COMPLETED


@every_scheduler
@given(case=cases(failures=True), rule=st.sampled_from([NeverDropRule(), RiskControlledRule(0.5, audit=1.0)]))
def test_a_rule_that_never_drops_is_a_plain_run(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """Event for event, but for the advice itself; as it is if every arm is audited."""
    plain = records(case.run(scheduler))
    watched = records(case.run(scheduler, observant(rule)))
    plain, watched = (
        [record for record in run[1:] if not isinstance(record, VerdictGiven)] for run in (plain, watched)
    )

    assert plain == watched


@every_scheduler
@given(case=cases(failures=True), rule=RULES)
def test_no_more_epochs_than_planned(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """Failures and forecasts only ever save; no arm trains past R; every epoch is trained once."""
    for stopper in (None, observant(rule)):
        objective = case.objective()
        sampler = case.sampler(scheduler)
        result = run(scheduler.fresh(stopper=stopper), objective, sampler=sampler, workers=case.workers)
        if scheduler.planned_epochs is not None:
            assert result.epochs_trained <= scheduler.planned_epochs
        assert all(arm.epochs <= scheduler.max_epochs for arm in result.scheduler.arms.values())
        assert len(objective.begun) == len(set(objective.begun))
        assert all(arm.state.final for arm in result.scheduler.arms.values())


def negated(record: Record) -> Record:
    """A record of a run whose values have the other sign; reasons aside."""
    if isinstance(record, RunStarted):
        return replace(record, goal="minimize" if record.goal == "maximize" else "maximize")
    if isinstance(record, Epoch):
        return replace(record, value=-record.value)
    if isinstance(record, VerdictGiven) and record.forecast is not None and record.bar is not None:
        return replace(record, forecast=-record.forecast, bar=-record.bar, reason="")
    return without_reason(record)


def without_reason(record: Record) -> Record:
    """A record whose words do not count: they speak of values."""
    return replace(record, reason="") if isinstance(record, VerdictGiven | Changed | TrialFailed) else record


@every_scheduler
@given(case=cases(failures=True), rule=RULES)
def test_negating_values_and_goal_changes_no_decision(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """Record by record the two runs are each other's mirror image."""
    machine = scheduler.fresh(stopper=observant(rule))
    down = [[-value for value in row] for row in case.curves]
    mirrored = ReplayObjective(down, goal="minimize", seconds=case.seconds)
    maximised = run(machine, case.objective(), sampler=case.sampler(machine), workers=case.workers)
    minimised = run(machine, mirrored, sampler=case.sampler(machine), workers=case.workers)

    assert [negated(record) for record in records(maximised)] == [without_reason(r) for r in records(minimised)]
    assert maximised.best == minimised.best


@every_scheduler
@given(
    case=cases(),
    row=st.integers(0, ROWS - 1),
    tau=st.integers(0, EPOCHS - 1),
    future=st.lists(st.sampled_from([-9.0, 0.0, 0.6, 9.0]), min_size=EPOCHS, max_size=EPOCHS),
    rule=RULES,
)
def test_the_future_does_not_change_the_past(
    scheduler: Scheduler, case: Case, row: int, tau: int, future: list[float], rule: StoppingRule
) -> None:
    """Other scores of one arm after epoch tau change nothing that happens before the arm reports epoch tau + 1."""
    curves = [list(curve) for curve in case.curves]
    curves[row][tau:] = future[tau:]
    first, second = (
        records(replace(case, curves=table).run(scheduler, observant(rule))) for table in (case.curves, curves)
    )
    last = next(
        (
            i
            for i, record in enumerate(first)
            if isinstance(record, Epoch) and (record.trial, record.epoch) == (row, tau + 1)
        ),
        len(first),
    )

    assert first[:last] == second[:last]


@every_scheduler
@given(case=cases(failures=True), rule=RULES)
def test_a_predictor_sees_the_past_only(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """It is shown curves up to tau < horizon, and learns from curves that end at the horizon; looking back, too."""
    spy = SpyPredictor(LastSeenValue(min_curves=2))
    machine = scheduler.fresh(stopper=EarlyStopper(spy, rule))
    run(machine, case.objective(), sampler=case.sampler(machine), workers=case.workers)

    assert all(longest in (0, horizon) and horizon in machine.horizons for horizon, _, longest in spy.fits)
    for trial_id, scores, horizon in spy.seen:
        assert len(scores) < horizon
        assert tuple(case.curves[trial_id][: len(scores)]) == scores


def replayed(scheduler: Scheduler, journal: list[Record], metric: Callable[[float], float]) -> list[Record]:
    """Tell a fresh scheduler what happened; what it decides, among what happened."""
    trials: dict[int, Trial] = {}
    found: list[Record] = []

    def note_changes(words: str = "") -> None:
        for change in scheduler.take_changes():
            reason = words if change.state is State.DROPPED else change.reason
            found.append(Changed(change.trial_id, change.state, change.epoch, reason))

    for record in journal:
        if isinstance(record, VerdictGiven | Changed):
            continue
        if isinstance(record, TrialStarted):
            trials[record.trial] = Trial(record.trial, record.config, record.features, record.seed)
        if isinstance(record, JobStarted):
            job = scheduler.ask()
            note_changes()
            assert (job.trial_id, job.start, job.stop) == (record.trial, record.start, record.stop)  # type: ignore[union-attr]
        if isinstance(record, Ended):
            assert isinstance(scheduler.ask(), Done)
            note_changes()
        found.append(record)
        if isinstance(record, TrialFailed):
            scheduler.tell(Failed(trials[record.trial], record.reason))
            note_changes()
        if isinstance(record, Epoch):
            verdict = scheduler.tell(Measured(trials[record.trial], record.epoch, metric(record.value)))
            if verdict is not KEEP:
                evidence = verdict.evidence
                drop, cause = isinstance(verdict, Drop), verdict.cause
                advised = VerdictGiven(record.trial, record.epoch, drop, verdict.reason, cause=cause)
                if evidence is not None:
                    forecast = evidence.forecast
                    advised = replace(advised, forecast=forecast.mean, std=forecast.std, horizon=forecast.horizon)
                    advised = replace(advised, bar=evidence.bar, probability=evidence.probability)
                found.append(advised)
            note_changes(verdict.reason)
    return found


@every_scheduler
@given(case=cases(failures=True), rule=RULES)
def test_a_journal_can_be_replayed(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """A fresh scheduler that is told of the jobs, epochs and failures of a journal decides everything anew, the same:
    every forecast, verdict, promotion and cut, in the same place."""
    result = case.run(scheduler, observant(rule))
    expected = [spoken_of_scores(record) for record in records(result)]
    fresh = scheduler.fresh(stopper=observant(rule))

    assert expected == [spoken_of_scores(r) for r in replayed(fresh, records(result), result.metric.orient)]
    assert result.scheduler.arms == fresh.arms
    assert result.scheduler.audits == fresh.audits
    assert result.brackets == fresh.brackets


def spoken_of_scores(record: Record) -> Record:
    """A record whose reason says "score" for the metric's name."""
    if isinstance(record, VerdictGiven | Changed):
        return replace(record, reason=re.sub(r"^(P\()?value ", r"\1score ", record.reason))
    return record


@every_scheduler
@given(case=cases(failures=True), rule=RULES)
def test_workers_change_neither_configurations_nor_curves(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """With any number of workers an id has the same configuration and seed, and its curve comes whole and in order."""
    alone = replace(case, workers=1).run(scheduler, observant(rule))
    together = case.run(scheduler, observant(rule))

    for trial_id in alone.trials.keys() & together.trials.keys():
        assert alone.trials[trial_id] == together.trials[trial_id]
    for trial_id in together.trials:
        epochs = [record for record in together.journal.records(trial_id) if isinstance(record, Epoch)]
        assert list(range(1, len(epochs) + 1)) == [record.epoch for record in epochs]
        assert case.curves[trial_id][: len(epochs)] == [record.value for record in epochs]


@every_scheduler
@given(case=cases(failures=True))
def test_simulated_workers_share_the_work(scheduler: Scheduler, case: Case) -> None:
    """The clock never goes back, and N workers need at least a Nth of the seconds that were trained."""
    result = case.run(scheduler)
    epochs = [record for record in records(result) if isinstance(record, Epoch)]
    timeless = RunStarted | TrialStarted | Changed | VerdictGiven
    clocks = [record.clock for record in records(result) if not isinstance(record, timeless)]  # type: ignore[union-attr]

    assert sorted(clocks) == clocks
    worked = sum(record.seconds for record in epochs)
    assert worked / case.workers <= result.seconds <= worked


@every_scheduler
@given(case=cases(failures=True), rule=RULES)
def test_the_same_seed_gives_the_same_run(scheduler: Scheduler, case: Case, rule: StoppingRule) -> None:
    """Byte for byte, audits and all."""
    first, second = (repr(records(case.run(scheduler, observant(rule)))) for _ in range(2))

    assert first.encode() == second.encode()


def test_these_runs_drop_and_audit() -> None:
    """So that the properties above are no empty words: on an ordinary table both rules drop arms, an oracle under the
    risk-controlled rule too, and audited arms that would have been dropped go on."""
    curves = [[(5 * i % 22) / 22 + (3 * i % 7) / 70 / epoch for epoch in range(1, EPOCHS + 1)] for i in range(ROWS)]
    case = Case(curves, [1.0], 1)
    exact = RiskControlledRule(0.5, audit=0.0, tolerance=0.0)
    for scheduler in (SEARCH, BRACKETS["hyperband, loops"], BRACKETS["top-k, odd sizes"]):
        assert case.run(scheduler, EarlyStopper(OraclePredictor(curves), exact)).count(State.DROPPED) > 0
    for rule in (ProbabilityRule(0.8), RiskControlledRule(0.5, audit=0.0)):
        assert case.run(SEARCH, observant(rule)).count(State.DROPPED) > 0
    audited = case.run(SEARCH, observant(RiskControlledRule(0.5, audit=0.3)))
    assert len(audited.scheduler.audits) > 0
