"""What the Optuna pruner makes of reports, values and parameters."""

from __future__ import annotations

import math

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM
from bandits.stopping import Drop
from tests.integration.optuna.made_studies import (
    RATE,
    T,
    finished,
    line,
    notebook_study,
    pruned,
    running,
    study_with,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")

# How reports become curves


@pytest.mark.parametrize("first_step", [0, 1])
def test_steps_may_start_at_0_or_1(first_step: int) -> None:
    """The first epoch is step 0 in a study that reports a step 0, and step 1 in one that does not."""
    notebook, pruner, study = notebook_study(finished(line(1.0, first_step)))
    trial = running(study, {first_step: 0.1, first_step + 1: 0.2})
    assert isinstance(pruner.explain(study, trial), Drop)
    assert [pytest.approx(list(line(1.0).values()))] == notebook.curves()
    assert notebook.asked[-1][1].scores.tolist() == [0.1, 0.2]


def test_each_trial_has_its_own_first_step() -> None:
    """Of versions of an objective that count from 0 and from 1, each curve is read as its trial counts."""
    notebook, pruner, study = notebook_study(*(finished({first + i: float(i) for i in range(T)}) for first in (0, 1)))
    for first in (0, 1):
        pruner.explain(study, running(study, {first: 0.0, first + 1: 1.0}))
        assert notebook.asked[-1][1].scores.tolist() == [0, 1]
    assert notebook.curves() == [list(range(T)), list(range(T))]


def test_step_0_seen_late_moves_curves_that_do_not_tell() -> None:
    """Curves reported at intervals, read as if steps began at 1, are read again when a step 0 turns up."""
    notebook, pruner, study = notebook_study(finished({5: 5.0, 9: 9.0}))
    pruner.explain(study, running(study, {1: 0.0}))
    assert notebook.curves() == [[5, 5, 5, 5, 5, 6, 7, 8, 9, 9]]
    study.add_trial(finished({step: float(step) for step in range(T)}))
    pruner.explain(study, running(study, {1: 0.0}))
    assert notebook.curves()[0] == [5, 5, 5, 5, 5, 5, 6, 7, 8, 9]


def test_gaps_and_nan_are_filled() -> None:
    """Missing epochs and values that are not finite come from their neighbours."""
    reports = {2: 0.2, 4: 0.4, 5: math.nan, 7: 0.7, 8: -math.inf, 9: math.inf, 10: math.nan}
    notebook, pruner, study = notebook_study(finished(reports, value=1.0))
    pruner.explain(study, running(study, {2: 0.3, 4: 0.1, 5: math.nan, 6: math.nan}))
    assert [pytest.approx([0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.7, 0.7, 1.0])] == notebook.curves()
    assert pytest.approx([0.3, 0.3, 0.2, 0.1]) == notebook.asked[-1][1].scores.tolist()


def test_repeated_step_counts_once() -> None:
    """Of two reports for a step Optuna keeps the first, and so does the curve."""
    notebook, _, study = notebook_study(finished(line(1.0)))
    live = study.ask()
    live.report(0.1, 1)
    with pytest.warns(UserWarning, match="already reported"):
        live.report(0.9, 1)
    assert live.should_prune()
    assert notebook.asked[-1][1].scores.tolist() == [0.1]


def test_value_of_the_objective_is_the_score_at_the_horizon() -> None:
    """What an objective returns, such as its best epoch, is what is forecast."""
    notebook, pruner, study = notebook_study(finished(line(1.0), value=0.95))
    pruner.explain(study, running(study, {1: 0.1}))
    assert notebook.curves()[0][-1] == 0.95


@pytest.mark.filterwarnings("ignore::bandits.integrations.optuna.PruningWarning")  # trials go on after `max_epochs`
@pytest.mark.parametrize(
    ("steps", "teaches"),
    [
        (range(1, 11), True),
        (range(10), True),
        (range(1, 10), False),  # one epoch short
        (range(0, 10, 5), True),  # 0 and 5: the next would be step 10, after the last
        (range(5, 11, 5), True),
        (range(1, 4), False),
        (range(1, 21), True),  # more epochs than asked about
        (range(0), False),
    ],
)
def test_only_full_curves_teach(steps: range, teaches: bool) -> None:
    """A completed trial teaches if its next report would have come after the horizon."""
    notebook, pruner, study = notebook_study(finished(dict.fromkeys(steps, 0.5), value=0.6))
    verdict = pruner.explain(study, running(study, {1: 0.1}))
    assert teaches == isinstance(verdict, Drop)
    assert teaches == (len(notebook.fits) == 1)


def test_nothing_is_pruned_at_the_horizon_or_after() -> None:
    """A trial that has reached the last epoch runs on, however bad it is."""
    _, pruner, study = notebook_study(finished(line(1.0)))
    assert pruner.prune(study, running(study, line(0.1, epochs=T - 1)))
    for epochs in (T, T + 5):
        assert not pruner.prune(study, running(study, line(0.1, epochs=epochs)))


def test_one_epoch_leaves_nothing_to_prune() -> None:
    """With max_epochs=1 every report is the last one."""
    _, pruner, study = notebook_study(finished({1: 1.0}), max_epochs=1)
    assert not pruner.prune(study, running(study, {1: 0.0}))


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_curve_that_says_nothing_is_kept(odd: float) -> None:
    """Without one finite report there is no forecast."""
    notebook, pruner, study = notebook_study(finished(line(1.0)))
    verdict = pruner.explain(study, running(study, {1: odd, 2: odd}))
    assert verdict.reason == "no finite value has been reported yet"
    assert notebook.asked == []


# Who sets the bar, and who teaches


def test_failed_and_pruned_trials_do_not_count() -> None:
    """Only completed trials teach, set the bar and count as start-up trials."""
    lost = [finished(line(1.0), state=state) for state in (TrialState.FAIL, TrialState.PRUNED)]
    _, pruner, study = notebook_study(*lost)
    trial = running(study, {1: 0.1})
    assert pruner.explain(study, trial).reason == "pruning begins with 1 complete trials, has 0"


@pytest.mark.parametrize(("keep", "bar"), [(1, 0.9), (2, 0.8), (3, 0.5)])
def test_bar_is_the_nth_best_value(keep: int, bar: float) -> None:
    """The bar is the keep-th best value of the completed trials; a tie loses."""
    _, pruner, study = notebook_study(*(finished(line(end)) for end in (0.5, 0.9, 0.8)), keep=keep)
    assert pruner.prune(study, running(study, {1: bar}))
    assert not pruner.prune(study, running(study, {1: bar + 0.01}))


def test_no_bar_before_keep_trials_are_complete() -> None:
    """While fewer trials than `keep` are complete, every trial may still be among the best."""
    _, pruner, study = notebook_study(finished(line(0.5)), keep=2)
    assert pruner.explain(study, running(study, {1: 0.1})).reason.startswith("no bar yet")


def test_early_stopped_trial_sets_the_bar_without_teaching() -> None:
    """A trial that ended itself early competes with its value, but is no full curve."""
    notebook, pruner, study = notebook_study(finished(line(0.5)), finished({1: 0.7}, value=0.9))
    assert pruner.prune(study, running(study, {1: 0.8}))
    assert len(notebook.curves()) == 1


def test_infinite_value_is_ignored() -> None:
    """A completed trial whose value is infinite neither teaches nor sets the bar."""
    notebook, pruner, study = notebook_study(finished(line(0.5)), finished(line(0.5), value=math.inf))
    assert not pruner.prune(study, running(study, {1: 0.6}))
    assert len(notebook.curves()) == 1


def test_margin_is_in_units_of_the_value() -> None:
    """A trial that may end within the margin of the bar is kept."""
    _, pruner, study = notebook_study(finished(line(0.5)), margin=0.1)
    assert not pruner.prune(study, running(study, {1: 0.45}))
    assert pruner.prune(study, running(study, {1: 0.35}))


def test_training_set_grows_in_jumps() -> None:
    """A fit is renewed when there is a quarter more to learn from, not for each trial."""
    notebook, pruner, study = notebook_study()
    for number in range(40):
        study.add_trial(finished(line(0.5 + number / 1000)))
        pruner.explain(study, running(study, {1: 0.1}))
    assert [len(history) for history in notebook.fits] == [1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 30, 38]


# Features


def test_features_have_the_same_names_for_every_trial() -> None:
    """Choices become 0 and 1, numbers stay, and what a trial does not have is marked."""
    space: dict[str, BaseDistribution] = {
        "rate": RATE,
        "layers": IntDistribution(1, 4),
        "optimizer": CategoricalDistribution(["adam", "sgd", None]),
        "batch": CategoricalDistribution([32, 64]),
        "norm": CategoricalDistribution([True, False]),
    }
    adam = {"rate": 0.01, "layers": 2, "optimizer": "adam", "batch": 64, "norm": True}
    sgd = {"rate": 0.1, "layers": 3, "optimizer": "sgd", "batch": 32, "norm": False}
    momentum: dict[str, BaseDistribution] = {"momentum": FloatDistribution(0.5, 0.99)}
    notebook, pruner, study = notebook_study(
        finished(line(0.5), params=adam, distributions=space),
        finished(line(0.6), params=sgd | {"momentum": 0.9}, distributions=space | momentum),
    )
    pruner.explain(study, running(study, {1: 0.1}, rate=RATE, unheard_of=RATE))
    first, second = notebook.features()
    numbers = {"rate": 0.01, "layers": 2.0, "batch": 64.0, "norm": 1.0, "momentum": 0.5}
    marks = {"has momentum": 0.0}
    choices = {"optimizer=adam": 1.0, "optimizer=sgd": 0.0, "optimizer=None": 0.0}
    assert numbers | marks | choices == first
    assert {"momentum": 0.9, "has momentum": 1.0, "optimizer=sgd": 1.0}.items() <= second.items()
    assert list(first) == list(second) == list(notebook.asked[-1][0].features)


def test_new_parameter_renews_the_features_of_the_past() -> None:
    """A parameter that first appears later is added to the trials that went before."""
    notebook, pruner, study = notebook_study(finished(line(0.5)))
    pruner.explain(study, running(study, {1: 0.1}))
    assert notebook.features() == [{}]
    study.add_trial(finished(line(0.6), params={"rate": 0.1}, distributions={"rate": RATE}))
    pruner.explain(study, running(study, {1: 0.1}))
    assert notebook.features() == [{"rate": 1e-4, "has rate": 0.0}, {"rate": 0.1, "has rate": 1.0}]


def test_conditional_space_with_srm() -> None:
    """A study with categorical and conditional parameters prunes, and no forecast is refused."""

    def objective(trial: optuna.Trial) -> float:
        level = {"adam": 0.9, "sgd": 0.6}[trial.suggest_categorical("optimizer", ["adam", "sgd"])]
        if level < 0.9:
            level += 0.2 * trial.suggest_float("momentum", 0.1, 0.99)
        rate = trial.suggest_float("rate", 1e-2, 1.0, log=True)
        for step in range(T):
            score = level * (1 - (1 - rate / 2) ** (step + 1))
            trial.report(score, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return score

    pruner = PredictivePruner(SRM(min_curves=10), max_epochs=T)
    study = study_with(pruner)
    study.sampler = optuna.samplers.RandomSampler(seed=0)
    study.optimize(objective, n_trials=50)
    assert pruned(study) >= 15
    last = study.trials[-1]
    assert pruner.explain(study, last).evidence is not None or last.state == TrialState.COMPLETE
