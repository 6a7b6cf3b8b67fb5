"""What is known of an Optuna study: attributes, versions of an objective, resumed trials, and who teaches of many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, overload

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from bandits.curves import History
from bandits.integrations.optuna.study.known_study import KnownStudy
from bandits.integrations.optuna.study.policy import needed_curves
from bandits.predictors import SRM
from bandits.stopping import EarlyStopper, ProbabilityRule, RiskControlledRule
from tests.integration.optuna.made_studies import (
    RATE,
    Notebook,
    T,
    finished,
    line,
    running,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")

MIDNIGHT = datetime(2026, 1, 1)
PRUNED, COMPLETE = TrialState.PRUNED, TrialState.COMPLETE


def stopper(needed: int = 1, growth: float = 1.25) -> EarlyStopper:
    """One that learns from every completed trial."""
    return EarlyStopper(Notebook(needed), ProbabilityRule(), refit_growth=growth, scratch_growth=1.0)


def study_of(*trials: FrozenTrial) -> optuna.Study:
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    return study


def known_of(*trials: FrozenTrial, **options: Any) -> KnownStudy:
    """What is known of a study of these trials."""
    known = KnownStudy(1.0, T, 1, options.pop("stopper", None) or stopper(), **options)
    known.update(study_of(*trials).get_trials(deepcopy=False, states=(COMPLETE, PRUNED)))
    return known


def with_attrs(*attrs: Mapping[str, Any]) -> list[FrozenTrial]:
    """Completed trials with these user attributes."""
    trials = [finished(line(0.5)) for _ in attrs]
    for trial, own in zip(trials, attrs, strict=True):
        trial.user_attrs = dict(own)
    return trials


def taught(known: KnownStudy) -> dict[int, list[float]]:
    """The curves that teach, by number."""
    return {trial.id: curve.scores.tolist() for trial, curve in known.history.reaching(T)}


def features(known: KnownStudy) -> list[Mapping[str, float]]:
    return [trial.features for trial, _ in known.history.reaching(T)]


# User attributes


def test_attributes_are_features() -> None:
    """Numbers stand as they are, texts are one-hot, and what a trial lacks is marked."""
    trials = with_attrs({"size": 30, "deep": True, "net": "a"}, {"size": 20, "deep": False, "net": "b"}, {})
    known = known_of(*trials, user_attrs=("size", "deep", "net", "unheard of"))
    numbers = [(30.0, 1.0), (20.0, 1.0), (20.0, 0.0)]
    assert [(own["size"], own["has size"]) for own in features(known)] == numbers
    assert [(own["deep"], own["has deep"]) for own in features(known)] == [(1, 1), (0, 1), (0, 0)]
    assert [(own["net=a"], own["net=b"]) for own in features(known)] == [(1, 0), (0, 1), (0, 0)]
    assert len(features(known)[0]) == 6


def test_attributes_that_are_not_named_are_left_out() -> None:
    assert features(known_of(*with_attrs({"size": 1, "note": "x"}), user_attrs=("size",))) == [{"size": 1.0}]


def test_running_trial_brings_its_own_attributes() -> None:
    """A running trial's attributes are read when it is judged; a choice that has not taught is no column."""
    known = known_of(*with_attrs({"size": 3, "net": "a"}), user_attrs=("size", "net"))
    study = optuna.create_study()
    trial = study.ask()
    trial.set_user_attr("size", 7)
    trial.set_user_attr("net", "new")
    frozen = study.get_trials(deepcopy=False)[0]
    assert known.as_trial(frozen).features == {"size": 7.0, "net=a": 0.0}


def test_attribute_named_like_a_parameter() -> None:
    """It is another feature, under a name of its own."""
    trial = finished(line(0.5), params={"rate": 0.1}, distributions={"rate": RATE})
    trial.user_attrs = {"rate": 5.0}
    assert features(known_of(trial, user_attrs=("rate",))) == [{"rate": 0.1, "attr rate": 5.0}]


@pytest.mark.parametrize("odd", [math.inf, "large", [1, 2], {"a": 1}, 10**400])
def test_attribute_of_numbers_and_others(odd: object) -> None:
    """Where one value is no finite number, all count as choices; nothing raises."""
    known = known_of(*with_attrs({"size": 1}, {"size": odd}), user_attrs=("size",))
    assert features(known) == [{"size=1": 1.0, f"size={odd}": 0.0}, {"size=1": 0.0, f"size={odd}": 1.0}]


def test_attribute_of_nan_was_not_recorded() -> None:
    """It counts as the median of the others, and is marked."""
    known = known_of(*with_attrs({"size": 1}, {"size": 3}, {"size": math.nan}), user_attrs=("size",))
    assert [(own["size"], own["size=missing"]) for own in features(known)] == [(1, 0), (3, 0), (2, 1)]


def test_attribute_of_none_is_none() -> None:
    assert features(known_of(*with_attrs({"size": 2}, {"size": None}), user_attrs=("size",)))[1]["has size"] == 0.0


# Versions of an objective


def test_versions_that_train_less_set_the_bar() -> None:
    """Their values count, their curves do not teach."""
    known = known_of(finished(line(0.5)), finished(line(0.9, epochs=T - 2)))
    assert (known.bar(), list(taught(known)), known.counts.longer) == (0.9, [0], 0)


def test_versions_that_train_more_are_worth_their_report_at_the_horizon() -> None:
    """The value of a trial that went on after the horizon tells of another epoch."""
    known = known_of(finished(line(0.4)), finished(line(1.0, epochs=2 * T)))
    assert known.bar() == pytest.approx(0.5)
    assert taught(known)[1] == pytest.approx([0.05 * epoch for epoch in range(1, T + 1)])
    assert (known.counts.longest, known.counts.longer, known.counts.complete) == (2 * T, 1, 2)


@pytest.mark.parametrize("at_horizon", [{}, {T: math.nan}], ids=["left out", "NaN"])
def test_longer_trial_without_a_report_at_the_horizon(at_horizon: dict[int, float]) -> None:
    """It neither teaches nor sets the bar."""
    reports = line(1.0, epochs=2 * T)
    del reports[T]
    known = known_of(finished(line(0.4)), finished(reports | at_horizon))
    assert (known.bar(), list(taught(known)), known.counts.longer, known.counts.complete) == (0.4, [0], 1, 2)


def test_interval_that_passes_the_horizon_ends_there() -> None:
    """Reports at steps 0, 5 and 10 are of a training of 10 epochs, whose value is its score."""
    known = known_of(finished({0: 0.1, 5: 0.5, 10: 0.9}, value=0.95))
    assert (known.bar(), known.counts.longest, known.counts.longer) == (0.95, T, 0)
    assert taught(known)[0] == pytest.approx([0.1, 0.18, 0.26, 0.34, 0.42, 0.5, 0.5, 0.5, 0.5, 0.95])


def test_steps_count_as_each_trial_counts() -> None:
    """0 or 1 where the trial tells, and as in the rest of the study where it does not."""
    known = known_of(finished(line(0.5, 0)), finished(line(0.5, 1)), finished({5: 0.1, 9: 0.5}))
    trials = study_of(finished({0: 0.1, 3: 0.1}), finished({1: 0.1, 3: 0.1}), finished({2: 0.1, 3: 0.1})).trials
    assert [known.epoch(trial, 3) for trial in trials] == [4, 3, 4]
    assert (known.first_step, known.counts.longest, list(taught(known))) == (0, T, [0, 1, 2])


def test_trials_without_reports_are_counted() -> None:
    known = known_of(finished({}, value=0.5), finished(line(0.4)), finished({}, state=PRUNED))
    assert (known.counts.unreported, known.counts.complete, known.bar()) == (1, 2, 0.5)


# Trials that failed and were taken up again


def retried(reports: Mapping[int, float], state: TrialState = COMPLETE) -> FrozenTrial:
    """A trial as Optuna's retry callback makes it, after it went on."""
    trial = finished(reports, state=state)
    trial.system_attrs = {"failed_trial": 0, "retry_history": [0]}
    return trial


def resumed(study: optuna.Study, reports: Mapping[int, float]) -> FrozenTrial:
    """A running trial that takes up another one."""
    study.add_trial(retried({}, TrialState.WAITING))
    return running(study, reports)


def late(first: int, end: float = 0.5) -> dict[int, float]:
    """Reports from a step in the middle on."""
    return {step: score for step, score in line(end).items() if step >= first}


def test_beginning_that_was_not_inherited_is_not_made_up() -> None:
    """A trial resumed in the middle sets the bar, does not teach, and is not judged."""
    study = study_of(finished(line(0.4)), retried(late(6)))
    known = known_of(*study.trials)
    assert (known.bar(), list(taught(known))) == (0.5, [0])
    for reports in ({6: 0.1}, {6: 0.1, 7: 0.1}):
        trial = resumed(study, reports)
        assert known.begins_in_the_middle(trial)
        assert known.curve(trial) is None


def test_retried_trial_with_all_its_reports_is_like_any_other() -> None:
    """Whether it began again or inherited what was reported."""
    study = study_of(finished(line(0.4)), retried(line(0.5)))
    known = known_of(*study.trials)
    assert list(taught(known)) == [0, 1]
    curve = known.curve(resumed(study, {1: 0.1, 2: 0.2}))
    assert curve is not None
    assert curve.scores.tolist() == [0.1, 0.2]


@pytest.mark.parametrize("usual", [late(5), {5: 0.2, 10: 0.4}], ids=["all report from 5 on", "at intervals"])
def test_retried_trial_that_reports_as_late_as_others(usual: dict[int, float]) -> None:
    """What is usual in a study is no sign of a lost beginning."""
    study = study_of(finished(usual), retried(usual))
    known = known_of(*study.trials)
    assert list(taught(known)) == [0, 1]
    assert known.curve(resumed(study, {5: 0.1})) is not None


def test_optunas_retry_callback_marks_what_it_resumes() -> None:
    """The mark by which resumed trials are known is Optuna's."""
    study = optuna.create_study()
    failed = finished({1: 0.1}, state=TrialState.FAIL)
    study.add_trial(failed)
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        retry = optuna.storages.RetryHeartbeatStaleTrialCallback(inherit_intermediate_values=True)
    retry(study, study.trials[0])
    trial = running(study, {2: 0.2})
    assert trial.system_attrs["failed_trial"] == 0
    curve = known_of(finished(line(0.5))).curve(trial)
    assert curve is not None
    assert curve.scores.tolist() == [0.1, 0.2]


def test_system_attributes_are_not_read_in_vain() -> None:
    """Those of a running trial come from the storage at every look, so they are read only where they matter."""

    class Storage(dict[str, Any]):
        def __contains__(self, key: object) -> bool:
            raise AssertionError(f"looked for {key}")

    known = known_of(finished(line(0.5)))
    for reports, read in (({1: 0.1}, False), ({2: 0.1}, False), ({6: 0.1}, True)):
        trial = running(study_of(), reports)
        trial._system_attrs = Storage()
        if read:
            with pytest.raises(AssertionError, match="looked for failed_trial"):
                known.curve(trial)
        else:
            assert known.curve(trial) is not None


# Odd trials


def test_only_completed_and_pruned_trials_matter() -> None:
    """Failed, running and waiting trials change nothing."""
    alone = known_of(finished(line(0.5)))
    study = study_of(finished(line(0.5)), finished(line(0.9), state=TrialState.FAIL))
    running(study, line(0.9))
    study.enqueue_trial({})
    among = known_of(*study.trials)
    assert (among.bar(), among.counts) == (alone.bar(), alone.counts)
    assert taught(among) == taught(alone)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_value_that_is_no_number(value: float) -> None:
    """It teaches nothing and sets no bar, and the trial counts as complete."""
    trial = finished(line(0.5))
    trial._values = [value]
    known = known_of()
    trial.number = 0
    known.update([trial])
    assert (known.bar(), known.counts.complete, taught(known)) == (None, 1, {})


def test_trials_without_times() -> None:
    """They count as first, in the order of their numbers."""
    trials = [finished(line(0.5 + i / 10)) for i in range(4)]
    for number, trial in enumerate(trials):
        trial.number, trial.datetime_start, trial.datetime_complete = number, None, None
    trials[0].datetime_start = trials[0].datetime_complete = MIDNIGHT
    known = known_of()
    known.update(trials)
    assert list(taught(known)) == [1, 2, 3, 0]


def test_times_with_and_without_zones() -> None:
    """Trials of both kinds are put in order."""
    trials = [finished(line(0.5)) for _ in range(3)]
    for number, (trial, zone) in enumerate(zip(trials, (UTC, None, UTC), strict=True)):
        trial.number = number
        trial.datetime_start = trial.datetime_complete = MIDNIGHT.replace(tzinfo=zone) + timedelta(days=3 * number)
    known = known_of(stopper=EarlyStopper(Notebook(), RiskControlledRule(), scratch_growth=1.0))
    known.update(trials)
    assert list(taught(known)) == [0, 1, 2]


# Who teaches, of many


def many(n: int) -> list[FrozenTrial]:
    return [finished(line(0.3 + i / 1000)) for i in range(n)]


@pytest.mark.parametrize(
    ("trials", "last"), [(10, 9), (16, 15), (19, 19), (24, 24), (29, 24), (30, 30), (38, 38), (47, 38)]
)
def test_the_latest_teach(trials: int, last: int) -> None:
    """Of more trials than may teach, the latest of those with which the training set ends."""
    known = known_of(*many(trials), max_curves=12)
    assert list(taught(known)) == list(range(max(0, last - 12), last))


def test_at_least_as_many_teach_as_are_needed() -> None:
    """The cap does not silence a predictor or a rule that needs more."""
    needs_20 = EarlyStopper(Notebook(8), RiskControlledRule(risk=1 / 21), scratch_growth=1.0)
    assert (needed_curves(needs_20, T), needed_curves(stopper(8), T), needed_curves(stopper(0), T)) == (20, 8, 1)
    assert len(taught(known_of(*many(50), stopper=needs_20, max_curves=1))) == 20
    assert len(taught(known_of(*many(50), stopper=stopper(8), max_curves=1))) == 8


def test_history_stands_while_nothing_new_teaches() -> None:
    """A fit is due when the training set changes, of n trials O(log n) times, and what was learnt from stands."""
    trials = study_of(*many(200)).trials
    known = KnownStudy(1.0, T, 1, stopper(), max_curves=20)
    histories: list[History] = []
    sizes: list[int] = []
    for n in range(1, 201):
        known.update(trials[:n])
        if not histories or known.history is not histories[-1]:
            histories.append(known.history)
            sizes.append(n)
    assert sizes[-6:] == [60, 75, 94, 118, 148, 185]
    assert all(len(history) == min(n, 20) for history, n in zip(histories, sizes, strict=True))
    assert all(later / earlier < 1.5 for earlier, later in pairwise(sizes[4:]))


def test_new_trial_out_of_order_keeps_the_fit_if_it_changes_nothing() -> None:
    """What a late report of an earlier trial leaves as it was is not learnt again."""
    trials = study_of(*many(11)).trials
    for i, trial in enumerate(trials):
        trial.datetime_complete = MIDNIGHT + timedelta(minutes=i)
    trials[-1].datetime_complete = trials[-2].datetime_complete
    for changed, number in ((False, 9), (True, 3)):
        known = KnownStudy(1.0, T, 1, stopper())
        known.update([trial for trial in trials if trial.number != number])
        before = known.history
        known.update(trials)
        assert (known.history is not before) == changed


class Counted(Sequence[FrozenTrial]):
    """Trials that count how often one of them is looked at."""

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        self.trials, self.looked_at = trials, 0

    def __len__(self) -> int:
        return len(self.trials)

    @overload
    def __getitem__(self, index: int) -> FrozenTrial: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[FrozenTrial]: ...

    def __getitem__(self, index: int | slice) -> FrozenTrial | Sequence[FrozenTrial]:
        self.looked_at += 1
        return self.trials[index]


def test_update_costs_what_is_new() -> None:
    """Of many trials, those are looked at that have ended since, and those with larger numbers."""
    trials = study_of(*many(300)).trials
    known = KnownStudy(1.0, T, 1, stopper())
    known.update(trials[:280])
    for there, looks in ((trials[:280], 0), (trials[:284] + trials[285:290], 9), (trials[:290], 6)):
        counted = Counted(there)
        known.update(counted)
        assert counted.looked_at == looks
    assert known.counts.complete == 290


SPACE = {"rate": RATE, "net": CategoricalDistribution(["a", "b"]), "drop": FloatDistribution(0.0, 1.0)}


@given(
    kinds=st.lists(st.sampled_from(["full", "from 0", "late", "longer", "short", "pruned", "retried"]), max_size=25),
    odd=st.lists(st.sampled_from([None, 1, 2.5, "x", math.nan]), min_size=25, max_size=25),
    learns=st.booleans(),
    data=st.data(),
)
def test_order_of_arrival_changes_nothing(
    kinds: list[str], odd: list[object], learns: bool, data: st.DataObject
) -> None:
    """Whatever trials a study has: who hears of them in any order and batches knows what is known of all at once."""
    made = {
        "full": lambda end: finished(line(end)),
        "from 0": lambda end: finished(line(end, 0)),
        "late": lambda end: finished({5: 0.1, 9: end}),
        "longer": lambda end: finished(line(end, epochs=T + 4)),
        "short": lambda end: finished({1: 0.1}, value=end),
        "pruned": lambda end: finished({1: end}, state=PRUNED),
        "retried": lambda end: retried(late(4, end)),
    }
    trials = []
    for i, kind in enumerate(kinds):
        trial = made[kind](0.3 + i % 7 / 10)
        trial.datetime_complete = MIDNIGHT + timedelta(minutes=i // 2)
        trial.datetime_start = trial.datetime_complete - timedelta(minutes=1 + i % 5)
        trial.user_attrs = {"size": odd[i]}
        name = ("rate", "net", "drop")[i % 3]
        trial.distributions = {name: SPACE[name]}
        trial.params = {name: {"rate": 0.1, "net": "b", "drop": 0.5}[name]}
        trials.append(trial)
    trials = study_of(*data.draw(st.permutations(trials))).trials
    order = data.draw(st.permutations(trials))
    rule = RiskControlledRule(risk=0.2, audit=0.3) if learns else ProbabilityRule()

    def known() -> KnownStudy:
        who = EarlyStopper(Notebook(std=0.1), rule, scratch_growth=1.0)
        return KnownStudy(1.0, T, 2, who, user_attrs=("size",), max_curves=6)

    at_once, bit_by_bit = known(), known()
    at_once.update(trials)
    heard = 0
    while heard < len(order):
        heard = min(len(order), heard + data.draw(st.integers(1, 5)))
        bit_by_bit.update(sorted(order[:heard], key=lambda trial: trial.number))
    assert (at_once.counts, at_once.bar()) == (bit_by_bit.counts, bit_by_bit.bar())
    assert (at_once.first_step, at_once.teaching) == (bit_by_bit.first_step, bit_by_bit.teaching)
    assert at_once.history.reaching(T) == bit_by_bit.history.reaching(T)
    for trial in trials:
        assert at_once.as_trial(trial) == bit_by_bit.as_trial(trial)
        assert at_once.history.is_audit(trial.number, T) == bit_by_bit.history.is_audit(trial.number, T)
        assert at_once.begins_in_the_middle(trial) == bit_by_bit.begins_in_the_middle(trial)


def test_cap_with_srm_and_audits() -> None:
    """With more uncensored trials than may teach, the rule still has a threshold."""
    known = known_of(*many(60), stopper=EarlyStopper(SRM(), RiskControlledRule(), scratch_growth=1.0), max_curves=12)
    assert len(taught(known)) == 12
    assert known.waits() is None
