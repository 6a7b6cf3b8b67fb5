"""A search that is over, replayed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.predictors import SRM
from bandits.stopping import ProbabilityRule, RiskControlledRule, StoppingRule
from bandits.studies import Reports, Study, StudyTrial
from bandits.studies.study import End
from bandits.tools.what_if import WhatIf, what_if
from tests.integration.optuna.made_studies import Notebook

ACCURACY, LOSS = Metric("accuracy", "maximize"), Metric("loss", "minimize")
T = 4


def trial_of(
    scores: Iterable[float], end: End = "completed", seconds: float | None = None, epochs: Iterable[float] = ()
) -> StudyTrial:
    """A trial that reported these scores, after each epoch or after some."""
    values = list(scores)
    return StudyTrial({}, {}, Reports.of(list(epochs) or range(1, len(values) + 1), values), end, seconds=seconds)


def flat(value: float, end: End = "completed", epochs: int = T, seconds: float | None = 8.0) -> StudyTrial:
    """A trial whose scores are all the same, so that the last one tells the end."""
    return replace(trial_of([value] * epochs, end, seconds), config={"lr": value}, features={"lr": value})


def study_of(*trials: StudyTrial, metric: Metric = ACCURACY) -> Study:
    return Study("runs", metric, trials)


TEN = tuple(flat(float(value)) for value in range(10, 0, -1))  # the best one, 10, comes first


def ask(*trials: StudyTrial, metric: Metric = ACCURACY, orders: int = 0, **options: object) -> WhatIf:
    """What the rule of the paper would have done, with a predictor that takes the last score for the end."""
    arguments = {"rule": ProbabilityRule()} | options
    return what_if(study_of(*trials, metric=metric), Notebook(), orders=orders, **arguments)  # type: ignore[arg-type]


def cut(answer: WhatIf) -> list[tuple[int, int]]:
    return [(dropped.trial, dropped.epoch) for dropped in answer.own.dropped]


def test_a_hand_made_search_gives_the_known_answer() -> None:
    """Ten trials in full; then what does not beat the best so far goes after an epoch, and what does is kept."""
    answer = ask(*TEN, flat(5.0), flat(11.0), flat(10.5), flat(12.0))

    assert cut(answer) == [(10, 1), (12, 1)]
    assert answer.own.epochs == (4,) * 10 + (1, 4, 1, 4)
    assert (answer.epochs, answer.saved_epochs(answer.own)) == (56, 6)
    assert answer.saved_share(answer.own) == pytest.approx(6 / 56)
    assert (answer.seconds, answer.saved_seconds(answer.own)) == (112.0, 12.0)
    assert answer.own.dropped[0].reason == "P(accuracy at epoch 4 <= 10) = 1 >= 0.99"
    assert answer.best_survives(answer.own)
    assert answer.ranked()[:3] == [13, 11, 12]
    assert [answer.top(), answer.surviving(answer.own)] == [[13, 11, 12, 0, 1], 4]
    assert answer.regret(answer.own) == 0.0


def test_losses_are_told_in_their_own_units() -> None:
    """Scores are turned round for the pruner, and back for the reader."""
    trials = [flat(float(loss)) for loss in range(10, 0, -1)]
    answer = ask(*trials, flat(3.0), metric=LOSS)

    assert cut(answer) == [(10, 1)]
    assert answer.own.dropped[0].reason == "P(loss at epoch 4 >= 1) = 1 >= 0.99"


def test_a_best_trial_that_is_lost_is_said_to_be() -> None:
    """It starts below the bar and ends above it."""
    late = trial_of([1.0, 1.0, 1.0, 12.0])
    answer = ask(*TEN, late, flat(11.0))

    assert cut(answer) == [(10, 1)]
    assert not answer.best_survives(answer.own)
    assert answer.regret(answer.own) == 1.0


def test_a_trial_that_was_stopped_ends_where_it_did() -> None:
    """Unless it is pruned before; nobody knows how it would have gone on."""
    answer = ask(
        *TEN, flat(11.0, "stopped", 2), flat(1.0, "stopped", 3), flat(1.0, "stopped", 1), flat(2.0, "failed", 2)
    )

    assert cut(answer) == [(11, 1), (13, 1)]
    assert answer.own.epochs[10:] == (2, 1, 1, 1)


def test_a_completed_trial_that_is_pruned_at_its_very_end_is_lost() -> None:
    """It had ended before the last epoch of the others: no epoch is saved, and its value is not returned."""
    answer = ask(*TEN, flat(1.0, epochs=1))

    assert cut(answer) == [(10, 1)]
    assert answer.saved_epochs(answer.own) == 0


def test_running_trials_are_left_out() -> None:
    """A search may go on; what has ended is replayed."""
    answer = ask(*TEN, flat(1.0, "running", 2), flat(2.0))

    assert len(answer.trials) == 11
    assert cut(answer) == [(10, 1)]


def test_curves_are_cut_at_the_last_epoch() -> None:
    """As if every training ended there: what went on is complete, with the score of that epoch."""
    rising = trial_of([1.0, 2.0, 3.0, 20.0], "stopped", 8.0)
    answer = ask(*TEN, rising, max_epochs=3)

    assert answer.trials[10].value == 3.0
    assert answer.trials[10].seconds == 6.0
    assert answer.epochs == 33
    assert answer.best_survives(answer.own)


def test_reports_come_when_they_came() -> None:
    """A trial that reported every other epoch can only be stopped after such a report."""
    strided = trial_of([1.0, 1.0], "stopped", epochs=(2, T))

    assert cut(ask(*TEN, strided)) == [(10, 2)]


def test_an_epoch_without_a_report_may_be_the_last() -> None:
    """Cut before its first report, a curve has the score that its study's filling gives it."""
    strided = trial_of([5.0], epochs=[T])

    assert ask(*TEN, strided, max_epochs=2).trials[10].reports == ((2, 5.0),)


def test_too_few_trials_give_no_numbers() -> None:
    """Nine of them teach nothing."""
    answer = ask(*TEN[:9])

    assert answer.replays == ()
    assert answer.teachers == 9
    assert answer.settings.needed == 10


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        (ProbabilityRule(0.9), 10),
        (None, 10),
        (RiskControlledRule(0.05), 19),
        (ProbabilityRule(keep=12), 12),
    ],
)
def test_how_many_trials_are_needed(rule: StoppingRule | None, needed: int) -> None:
    """What the rule, the predictor and the pruner ask for, whichever is more."""
    assert ask(*TEN, rule=rule).settings.needed == needed


def test_random_orders_are_seeded() -> None:
    """Same seed, same answer; another seed, other orders."""
    trials = [*TEN, *(flat(float(value) + 0.5) for value in range(12))]
    one, again, other = (ask(*trials, orders=3, seed=seed) for seed in (1, 1, 2))

    assert one.replays == again.replays
    assert len(one.others) == 3
    assert [replay.order for replay in one.others] != [replay.order for replay in other.others]
    assert all(sorted(replay.order) == list(range(22)) for replay in one.replays)


def test_the_interval_is_wilsons() -> None:
    """For 19 of 20 it is 76 to 99 %."""
    answer = ask(*TEN, flat(1.0), orders=20)

    assert answer.interval(19) == pytest.approx((0.764, 0.991), abs=0.001)
    assert 0.0 <= answer.mean_saved(answer.others) <= 1.0


def test_times_that_are_not_known_are_not_told() -> None:
    """Where some are, these are told."""
    assert ask(*(flat(float(i), seconds=None) for i in range(12))).seconds is None
    assert ask(*(flat(float(i), seconds=None) for i in range(12))).saved_seconds(ask(*TEN, flat(0.0)).own) is None
    answer = ask(*TEN, flat(1.0, seconds=None), flat(1.0))
    assert (answer.timed, answer.seconds, answer.saved_seconds(answer.own)) == (11, 88.0, 6.0)


def test_numbers_of_a_study_are_kept_where_they_ascend() -> None:
    """A pruner audits by number; names are told as they are."""

    def numbered(*numbers: int | None) -> Sequence[int]:
        trials = [replace(trial_of([1.0]), number=number) for number in numbers]
        return [trial.number for trial in ask(*trials).trials]

    assert numbered(0, 2, 5) == [0, 2, 5]
    assert numbered(2, 0, 5) == [0, 1, 2]
    assert numbered(None, None) == [0, 1]
    called = [replace(trial_of([1.0]), number=4), replace(trial_of([1.0]), name="calm")]
    assert [trial.called for trial in ask(*called).trials] == ["4", "calm"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0}, "`top` must be an integer >= 1"),
        ({"orders": -1}, "`orders` must be an integer >= 0"),
        ({"seed": -1}, "`seed` must be an integer >= 0"),
        ({"max_epochs": 0}, "`max_epochs` must be an integer >= 1"),
        ({"rule": "risk"}, "`rule` must be a StoppingRule"),
    ],
)
def test_settings_are_checked(options: dict[str, object], message: str) -> None:
    """One sentence."""
    with pytest.raises(SettingError, match=message):
        ask(*TEN, **options)


def test_a_search_without_a_finished_trial_is_an_error() -> None:
    """There is nothing to replay."""
    with pytest.raises(SettingError, match="`SOURCE` must hold a finished trial"):
        what_if(study_of(flat(1.0, "running")), SRM())


def test_a_search_without_a_completed_trial_has_no_answer() -> None:
    """Its longest curve is no full training."""
    answer = ask(*(flat(float(i), "stopped", 2) for i in range(12)))

    assert (answer.settings.max_epochs, answer.teachers, answer.replays) == (2, 0, ())
