"""The Optuna pruner's default rule: where it looks, whom it learns from, whom it spares."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from bandits.curves import Metric
from bandits.integrations.optuna import PredictivePruner
from bandits.integrations.optuna.judge import StudyJudge
from bandits.integrations.optuna.study.known_study import KnownStudy
from bandits.predictors import SRM, LastSeenValue
from bandits.stopping import Drop, EarlyStopper, Keep
from bandits.stopping.auditing import is_audited
from tests.integration.optuna.made_studies import (
    RATE,
    Learner,
    Notebook,
    T,
    exponential,
    finished,
    line,
    notebook_study,
    optimised,
    running,
    study_with,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")

MIDNIGHT = datetime(2026, 1, 1)
PRUNED, COMPLETE = TrialState.PRUNED, TrialState.COMPLETE


class Auditor(EarlyStopper):
    """Audits the trials that it is told to; learns from them one by one, if from no other."""

    def __init__(self, audited: Collection[int], growth: float = 1.0, **rule: int) -> None:
        super().__init__(Notebook(std=0.1), Learner(**rule), refit_growth=growth, scratch_growth=1.0)
        self.audited = audited

    def is_audited(self, trial_id: int) -> bool:
        return trial_id in self.audited


def reported(steps: Sequence[int]) -> dict[int, float]:
    """A bad trial that reported these steps; its score tells the step."""
    return {step: step / 1000 for step in steps}


def looks(options: dict[str, int], steps: Sequence[int], first_step: int = 1) -> list[tuple[int, int]]:
    """At which of its steps a trial is looked at, and how many epochs of its curve are seen then."""
    notebook, pruner, study = notebook_study(finished(line(1.0, first_step)), rule=Learner(), **options)
    seen, live = [], study.ask()
    for step, value in reported(steps).items():
        live.report(value, step)
        notebook.asked.clear()
        pruner.prune(study, study.trials[live.number])
        seen.extend((step, curve.tau) for asked, curve in notebook.asked if asked.id == live.number)
    return seen


# Where it looks


@pytest.mark.parametrize(
    ("options", "steps", "expected"),
    [
        ({}, range(1, 11), [(2, 2), (5, 5), (8, 8)]),
        ({}, [3, 6, 9], [(3, 2), (6, 5), (9, 8)]),  # reports at intervals
        ({}, [1, 2, 4, 7, 8], [(2, 2), (7, 5), (8, 8)]),  # steps left out
        ({}, [1, 9], [(9, 8)]),  # three check epochs at once: the last one
        ({}, [1, 10], []),  # the horizon
        ({"interval_steps": 4}, range(1, 11), [(4, 2), (8, 8)]),
        ({"n_warmup_steps": 6}, range(1, 11), [(6, 5), (8, 8)]),
        ({"n_warmup_steps": 3, "interval_steps": 3}, range(1, 11), [(3, 2), (6, 5), (9, 8)]),
    ],
)
def test_each_pass_of_a_check_epoch_counts_once(
    options: dict[str, int], steps: Sequence[int], expected: list[tuple[int, int]]
) -> None:
    """A trial is judged at its first check at or after a check epoch, by its curve up to there."""
    assert looks(options, steps) == expected


def test_check_epochs_are_epochs_whatever_the_first_step() -> None:
    """Where epoch 1 is step 0, the check epoch after epoch 2 is passed at step 1."""
    assert looks({}, range(10), first_step=0) == [(1, 2), (4, 5), (7, 8)]


def test_what_came_after_a_check_epoch_is_not_seen() -> None:
    """The forecast is made from the curve as it stood after the check epoch, gaps filled."""
    notebook, pruner, study = notebook_study(finished(line(1.0)), rule=Learner())
    pruner.prune(study, running(study, {1: 0.1, 3: 0.3, 6: 0.9}))
    assert notebook.asked[-1][1].scores.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.5, 0.7])


def test_report_without_a_value_passes_no_check_epoch() -> None:
    """A check epoch at which NaN was reported is passed with the next finite value."""
    _, pruner, study = notebook_study(finished(line(1.0)), rule=Learner(audit=1.0))  # it goes on whatever is said
    told = []
    for reports in ((0.1, math.nan, 0.1), (0.1, 0.1, math.nan)):
        live = study.ask()
        for step, value in enumerate(reports, start=1):
            live.report(value, step)
            told.append(pruner.explain(study, live).spared)
            live.should_prune()
    assert told == [False, False, True, False, True, False]


def test_usual_rule_looks_at_few_epochs() -> None:
    """By default a trial of 10 epochs is looked at seven times."""
    pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=T)
    study = study_with(pruner, *(finished(line(0.5 + i / 100)) for i in range(20)))
    live, told = study.ask(), []
    for epoch in range(1, T):
        live.report(0.45, epoch)
        told.append(pruner.explain(study, live).reason)
        live.should_prune()
    assert [epoch for epoch, reason in enumerate(told, start=1) if "not checked" not in reason] == [1, 2, 3, 4, 5, 6, 8]


# Whom it learns from


def story(events: str) -> list[FrozenTrial]:
    """Trials that came one after another, each a minute long: C for a completed one, P for a pruned one."""
    trials = []
    for number, event in enumerate(events):
        state = {"C": COMPLETE, "P": PRUNED}[event]
        trial = finished(line(0.5 + number / 1000) if state == COMPLETE else {1: 0.1, 2: 0.1}, state=state)
        trial.datetime_start = MIDNIGHT + timedelta(minutes=number)
        trial.datetime_complete = MIDNIGHT + timedelta(minutes=number + 1)
        trials.append(trial)
    return trials


def told(stopper: EarlyStopper, trials: Sequence[FrozenTrial], startup: int = 1) -> KnownStudy:
    """What is known of a study of these trials."""
    known = KnownStudy(1.0, T, startup, stopper)
    known.update(numbered(trials))
    return known


def numbered(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials as a study numbers them."""
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    return study.get_trials()


def teachers(known: KnownStudy) -> list[int]:
    """Numbers of the trials that may teach."""
    return list(known.teaching)


@pytest.mark.parametrize(
    ("events", "audited", "teaching"),
    [
        ("CCCCCC", {}, [0, 1, 2, 3, 4, 5]),  # nothing is missing
        ("CCCCPCC", {}, [0, 1, 2, 3]),  # from the first pruned one on, bad ones are
        ("PCPCC", {}, [1, 3, 4]),  # somebody else pruned: the rule has nothing to say yet
        ("PCCCPC", {}, [1, 2, 3]),
        ("CCCPCCPCC", {2, 5, 8}, [0, 1, 2, 5, 8]),
    ],
)
def test_completed_trials_teach_until_one_is_pruned(events: str, audited: Collection[int], teaching: list[int]) -> None:
    """What is completed after the rule has pruned a trial was selected, and teaches only if it is audited."""
    assert teaching == teachers(told(Auditor(audited, least=3), story(events), startup=3))


def test_by_the_papers_rule_every_completed_trial_teaches() -> None:
    """With `confidence`, trials that forecasts let go on teach as well."""
    notebook, pruner, study = notebook_study(*story("CCPC"), confidence=0.99)
    pruner.explain(study, running(study, {1: 0.1}))
    assert [trial.id for trial, _ in notebook.fits[-1].reaching(T)] == [0, 1, 3]


def test_trial_that_was_running_when_the_first_was_pruned_does_not_teach() -> None:
    """Whoever ends after the first pruned trial is censored by its forecast, whenever it began."""
    trials = story("CCPCC")
    trials[3].datetime_start = trials[0].datetime_start
    assert teachers(told(Auditor({}), trials)) == [0, 1]


def test_audited_trials_are_known_as_such() -> None:
    """What teaches after the first trial was censored is an audit, by which the rule is checked."""
    known = told(Auditor({1, 4, 6}), story("CCCPCCCC"))
    assert teachers(known) == [0, 1, 2, 4, 6]
    assert [number for number in range(8) if known.history.is_audit(number, T) and number in teachers(known)] == [4, 6]


def test_new_parameter_leaves_audits_what_they_are() -> None:
    """When a parameter turns up late, curves are read again, and who came after the first pruned trial is an audit."""
    trials = story("CCCPCCCC")
    trials[6].distributions, trials[6].params = {"rate": RATE}, {"rate": 0.1}
    history = told(Auditor({1, 4, 6}), trials).history
    assert [(trial.id, trial.features["has rate"], history.is_audit(trial.id, T)) for trial, _ in history.reaching(T)] \
        == [(0, 0.0, False), (1, 0.0, False), (2, 0.0, False), (4, 0.0, True), (6, 1.0, True)]  # fmt: skip


def test_while_the_rule_is_silent_trials_teach_again() -> None:
    """When audits silence the rule, trials that begin in the silence are uncensored until it prunes again."""
    trials = story("CCCPCCCCCPCC")
    trials[7].datetime_start = trials[4].datetime_start  # it began before the silence
    known = told(Auditor({5}, audits=3), trials)  # silent from 5 on, when there is one audit; 6 and 8 make three
    assert teachers(known) == [0, 1, 2, 5, 6, 8]


def test_training_set_grows_in_jumps_from_the_first_verdict_on() -> None:
    """The first fit is made with as many trials as start-up ones, each further one with a quarter more."""
    notebook = Notebook(std=0.1)
    pruner = PredictivePruner(notebook, max_epochs=T, n_startup_trials=11, rule=Learner(least=3))
    study = study_with(pruner)
    sizes = []
    for number in range(30):
        study.add_trial(finished(line(0.5 + number / 1000)))
        notebook.fits.clear()
        pruner.explain(study, running(study, {1: 0.1, 2: 0.1}))
        sizes.extend(len(history) for history in notebook.fits[:1])  # the others leave a fold out
    assert sizes == [11, 14, 18, 23, 29]


@given(
    events=st.lists(st.tuples(st.sampled_from("CCCCPE"), st.integers(1, 9)), min_size=8, max_size=30),
    audited=st.sets(st.integers(0, 30), max_size=10),
    data=st.data(),
)
def test_order_of_arrival_changes_nothing(
    events: list[tuple[str, int]], audited: Collection[int], data: st.DataObject
) -> None:
    """Whoever hears of trials in whatever order and batches knows in the end the same as who hears of all at once."""
    trials = []
    for i, (event, minutes) in enumerate(events):
        complete = event != "P"
        trial = finished({1: 0.1} if event in "PE" else line(0.5 + i % 7 / 10), state=COMPLETE if complete else PRUNED)
        trial.datetime_complete = MIDNIGHT + timedelta(minutes=i // 2)
        trial.datetime_start = trial.datetime_complete - timedelta(minutes=minutes)
        trials.append(trial)
    trials = numbered(data.draw(st.permutations(trials)))
    order = data.draw(st.permutations(trials))

    def known() -> KnownStudy:
        return KnownStudy(1.0, T, 2, Auditor(audited, growth=1.25, least=3, audits=2))

    at_once, bit_by_bit = known(), known()
    at_once.update(trials)
    heard = 0
    while heard < len(order):
        heard = min(len(order), heard + data.draw(st.integers(1, 5)))
        bit_by_bit.update(sorted(order[:heard], key=lambda trial: trial.number))
    assert teachers(at_once) == teachers(bit_by_bit)
    assert (at_once.counts, at_once.bar()) == (bit_by_bit.counts, bit_by_bit.bar())
    taught, taught_too = (known.history.reaching(T) for known in (at_once, bit_by_bit))
    assert taught == taught_too
    for trial, _ in taught:
        assert at_once.history.is_audit(trial.id, T) == bit_by_bit.history.is_audit(trial.id, T)


@pytest.mark.parametrize("seed", range(12))
def test_order_of_arrival_changes_no_verdict(seed: int) -> None:
    """Whoever hears of the trials of a study one by one, in whatever order, judges as who hears of all at once."""
    rng = np.random.default_rng(seed)
    trials = []
    for i, level in enumerate(rng.uniform(0.2, 0.9, 36).tolist()):
        complete = i < 12 or rng.random() < 0.6
        trial = finished(line(level) if complete else {1: 0.1, 2: level / 5}, state=COMPLETE if complete else PRUNED)
        trial.datetime_complete = MIDNIGHT + timedelta(minutes=i)
        trial.datetime_start = trial.datetime_complete - timedelta(minutes=int(rng.integers(1, 9)))
        trials.append(trial)
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    probes = [running(study, {1: level / 10, 2: level / 5}) for level in (0.1, 0.3, 0.5, 0.7, 0.9)]
    ended = study.get_trials(states=(COMPLETE, PRUNED))

    def judge() -> StudyJudge:
        pruner = PredictivePruner(Notebook(std=0.1), max_epochs=T, risk=0.2, audit=0.3, seed=seed)
        return StudyJudge(1.0, pruner._settings)

    at_once, one_by_one = judge(), judge()
    order = rng.permutation(len(ended)).tolist()
    for n in range(1, len(order) + 1):
        heard = [ended[i] for i in sorted(order[:n])]
        verdicts = [one_by_one.judge(heard, probe, remember=False) for probe in probes]
    assert verdicts == [at_once.judge(ended, probe, remember=False) for probe in probes]
    assert any(verdict.verdict.evidence is not None for verdict in verdicts)


# Several processes


def test_two_processes_agree(tmp_path: Path) -> None:
    """Two who open the same study give the verdicts, with their evidence, of the one that was there from the start."""

    def storage() -> JournalStorage:
        return JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))

    def pruner() -> PredictivePruner:
        return PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T, seed=4)

    there = pruner()
    study = optuna.create_study(storage=storage(), study_name="s", direction="maximize", pruner=there)
    study.sampler = optuna.samplers.RandomSampler(seed=3)
    study.optimize(exponential(1.0), n_trials=40)
    space = {"level": FloatDistribution(0.2, 0.9), "rate": FloatDistribution(0.2, 0.8)}
    curves = [{epoch: level * (1 - 0.6**epoch) for epoch in range(1, 4)} for level in (0.1, 0.3, 0.5, 0.7, 0.9)]
    trials = [running(study, curve, **space) for curve in curves]
    own = [there.explain(study, trial) for trial in trials]
    assert {type(verdict) for verdict in own} == {Keep, Drop}
    for _ in range(2):
        late = pruner()
        opened = optuna.load_study(storage=storage(), study_name="s", pruner=late)
        assert [late.explain(opened, trial) for trial in trials] == own


# Whom it spares, and what it says


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["maximize", "minimize"])
def test_audited_trials_are_never_pruned(sign: float) -> None:
    """Every audited trial is completed, also those that were forecast to lose, and says so ever after."""
    pruner = PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T, audit=0.3, seed=1)
    study = optimised(pruner, sign)
    audited = {trial.number for trial in study.trials if is_audited(trial.number, 0.3, seed=1)}
    pruned = {trial.number for trial in study.get_trials(states=(PRUNED,))}
    assert len(pruned) >= 15
    assert not audited & pruned
    verdicts = [pruner.explain(study, study.trials[number]) for number in sorted(audited)]
    spared = [verdict for verdict in verdicts if verdict.spared]
    assert len(spared) >= 5
    assert all(isinstance(verdict, Keep) for verdict in spared)
    words = spared[0].words(Metric("loss", "minimize"))
    assert words.startswith("loss ")
    assert words.endswith("; carried on nevertheless, to check the rule")


def test_audits_can_be_left_out() -> None:
    """With audit=0 no trial is spared."""
    pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=T, audit=0.0)
    study = optimised(pruner)
    assert not any(pruner.explain(study, trial).spared for trial in study.trials)


def test_reason_speaks_of_risk() -> None:
    """A verdict says how likely a trial that ends at the bar would look as bad."""
    pruner = PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T, risk=0.2)
    study = optimised(pruner)
    reasons = [pruner.explain(study, trial).reason for trial in study.get_trials(states=(PRUNED,))]
    assert len(reasons) >= 20
    assert all(
        "P(forecast this poor at any check | ends at" in reason and reason.endswith("<= 0.2") for reason in reasons
    )


def test_says_how_many_uncensored_trials_it_waits_for() -> None:
    """A risk of 5 % needs 19 uncensored trials, whatever the predictor needs."""
    pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=T, risk=0.05)
    study = study_with(pruner, *(finished(line(0.5 + i / 100)) for i in range(12)))
    trial = running(study, {1: 0.01})
    assert pruner.explain(study, trial).reason == "no threshold: the rule needs 19 uncensored trials, has 12"
    study.add_trials(finished(line(0.4 + i / 100)) for i in range(12))
    assert pruner.explain(study, trial).evidence is not None


def test_waits_while_the_predictor_cannot_be_checked() -> None:
    """A predictor that abstains once a fold is left out leaves no record: the rule's own words say what is missing."""
    pruner = PredictivePruner(LastSeenValue(min_curves=10), max_epochs=T)
    study = study_with(pruner, *(finished(line(0.5 + i / 100)) for i in range(10)))
    trial = running(study, {1: 0.01})
    assert pruner.explain(study, trial).reason.startswith("no threshold: a risk of 0.1 needs 9 uncensored curves")
