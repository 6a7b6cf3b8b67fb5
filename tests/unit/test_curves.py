"""Metrics, curves and histories."""

import math

import numpy as np
import pytest

from bandits.curves import Curve, History, Metric, Trial
from bandits.errors import ProtocolError, SettingError


def test_a_metric_turns_values_so_that_larger_is_better() -> None:
    """Minimised values change their sign, maximised ones stay; `restore` undoes it."""
    loss, accuracy = Metric("loss", "minimize", unit="nats"), Metric("accuracy", "maximize")

    assert loss.orient(2.5) == -2.5
    assert accuracy.orient(2.5) == 2.5
    for metric in (loss, accuracy):
        assert metric.restore(metric.orient(2.5)) == 2.5
    assert loss.orient(1.0) > loss.orient(2.0)


def test_a_metric_knows_two_goals() -> None:
    """Any other goal is refused, with the metric's name."""
    with pytest.raises(SettingError, match="`goal` must be one of 'maximize', 'minimize', got 'min'"):
        Metric("loss", "min")  # type: ignore[arg-type]


def test_a_curve_is_a_row_of_float64() -> None:
    """Scores may come as any row of numbers."""
    curve = Curve([1, 2, 3])  # type: ignore[arg-type]

    assert curve.tau == 3
    assert curve.scores.dtype == np.float64


def test_curves_with_the_same_scores_are_equal() -> None:
    """Equality and hashing go by the scores."""
    curve, same, other = Curve(np.array([0.1, 0.2])), Curve(np.array([0.1, 0.2])), Curve(np.array([0.1]))

    assert curve == same
    assert hash(curve) == hash(same)
    assert curve != other
    assert curve != "curve"


def test_the_prefix_of_a_curve() -> None:
    """The curve as it stood after an epoch."""
    curve = Curve(np.array([0.3, 0.5, 0.6]))

    assert curve.prefix(1) == Curve(np.array([0.3]))
    assert curve.prefix(3) == curve
    for tau in (0, 4, -1):
        with pytest.raises(SettingError, match=f"tau must be between 1 and 3, got {tau}"):
            curve.prefix(tau)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[0.1, 0.2]], r"`scores` must have one dimension, \[tau\], got \(1, 2\)"),
        (0.5, r"`scores` must have one dimension, \[tau\], got \(\)"),
        ([0.1, math.nan], "`scores` must be finite, got nan"),
        ([0.1, -math.inf], "`scores` must be finite, got -inf"),
    ],
)
def test_a_curve_is_one_row_of_finite_scores(scores: object, message: str) -> None:
    """Anything else is refused when the curve is built."""
    with pytest.raises(SettingError, match=message):
        Curve(scores)  # type: ignore[arg-type]


def grown(*lengths: int) -> History:
    """A history with one curve of each length; the score of trial i after epoch t is i + t / 10."""
    return History.from_curves((Trial(i), Curve(i + np.arange(1, length + 1) / 10)) for i, length in enumerate(lengths))


def test_a_history_grows_epoch_by_epoch() -> None:
    """`record` appends, and the counts follow."""
    history = History()
    assert (len(history), history.count_reaching(1)) == (0, 0)
    history.record(Trial(4), 1, 0.3)
    history.record(Trial(7), 1, 0.4)
    history.record(Trial(4), 2, 0.5)

    assert len(history) == 2
    assert [history.count_reaching(epoch) for epoch in (1, 2, 3, 99)] == [2, 1, 0, 0]
    assert history.curve(4) == Curve(np.array([0.3, 0.5]))


def test_counts_agree_with_the_curves() -> None:
    """However long the curves are, the count at an epoch is how many reach it."""
    lengths = (3, 1, 4, 1, 5, 9, 2, 6)
    history = grown(*lengths)

    for epoch in range(1, 12):
        assert sum(length >= epoch for length in lengths) == history.count_reaching(epoch)
        assert history.count_reaching(epoch) == len(history.reaching(epoch))


def test_the_training_set_is_cut_at_the_horizon() -> None:
    """`reaching` gives the curves that are long enough, cut there, in the order in which trials first reported."""
    history = grown(3, 1, 4)

    expected = [(Trial(0), Curve(np.array([0.1, 0.2]))), (Trial(2), Curve(np.array([2.1, 2.2])))]
    assert expected == history.reaching(2)


def test_what_a_history_hands_out_cannot_change_it() -> None:
    """Curves are copies."""
    history = grown(2)
    history.curve(0).scores[0] = 99.0
    history.reaching(2)[0][1].scores[0] = 99.0

    assert history.curve(0) == Curve(np.array([0.1, 0.2]))


@pytest.mark.parametrize("epoch", [0, 1, 2, 4, -1])
def test_epochs_come_in_order(epoch: int) -> None:
    """A repeated, skipped or impossible epoch is refused, and nothing changes."""
    history = grown(2)
    with pytest.raises(ProtocolError, match=f"epoch of trial 0 must be 3, got {epoch}"):
        history.record(Trial(0), epoch, 0.5)

    assert history.curve(0).tau == 2
    assert history.count_reaching(3) == 0


def test_a_first_epoch_is_epoch_1() -> None:
    """A new trial starts at 1."""
    history = History()
    with pytest.raises(ProtocolError, match="epoch of trial 5 must be 1, got 2"):
        history.record(Trial(5), 2, 0.5)

    assert len(history) == 0


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_scores_are_finite(score: float) -> None:
    """A score that is not a finite number is refused, and nothing changes."""
    history = History()
    with pytest.raises(SettingError, match=f"score must be finite, got {score}"):
        history.record(Trial(0), 1, score)

    assert len(history) == 0


def test_ids_of_a_history_differ() -> None:
    """Two curves of the same trial are refused."""
    curve = Curve(np.array([0.5]))
    with pytest.raises(SettingError, match="trial ids of a history must differ, got 3"):
        History.from_curves([(Trial(3), curve), (Trial(3), curve)])


def test_a_part_shares_curves_of_its_whole() -> None:
    """A curve that is over can be taken into a part, once; nothing is copied."""
    whole = grown(3, 2)
    part = whole.part()
    part.adopt(1)

    assert part.curve(1) == whole.curve(1)
    assert [part.count_reaching(epoch) for epoch in (1, 2, 3)] == [1, 1, 0]
    assert (part.epochs, whole.epochs) == (2, 5)
    assert part.whole is whole
    assert whole.whole is whole
    assert part.part().whole is whole
    with pytest.raises(ProtocolError, match="trial 1 must be new to this part of a history, it is there already"):
        part.adopt(1)
    with pytest.raises(KeyError):
        part.adopt(9)


def test_a_part_knows_what_was_censored_in_its_whole() -> None:
    """There is one owner of it: who had reached a horizon is asked of the whole history."""
    whole = grown(3, 3, 2)
    part = whole.part()
    part.adopt(0)
    part.censor(2, 3)

    assert [whole.is_uncensored(trial_id, 3) for trial_id in (0, 1, 2)] == [True, True, False]
    whole.record(Trial(2), 3, 0.5)
    whole.record(Trial(3), 1, 0.5)
    assert [part.is_audit(trial_id, 3) for trial_id in (0, 1, 2, 3)] == [False, False, False, True]


def test_scores_of_a_trial_are_a_row_of_numbers() -> None:
    """Of one that was never measured there are none."""
    history = grown(2)

    assert history.scores(0) == tuple(history.curve(0).scores.tolist())
    assert history.scores(7) == ()


def test_unknown_trials_have_no_curve() -> None:
    """Asking for one is a KeyError."""
    with pytest.raises(KeyError):
        History().curve(0)


def test_a_trial_is_censored_on_its_way_to_one_horizon() -> None:
    """It is censored there, and there only; others are uncensored, known or not."""
    history = grown(3, 3)
    history.censor(1, 5)

    assert [history.is_uncensored(trial_id, 5) for trial_id in (0, 1, 2)] == [True, False, True]
    assert [history.is_uncensored(trial_id, 3) for trial_id in (0, 1)] == [True, True]
    history.censor(1, 5)
    history.censor(0, 5)
    assert not history.is_uncensored(0, 5)


def test_audits_are_uncensored_curves_that_came_after_the_first_censored_one() -> None:
    """What had reached the horizon before is no audit; what has not yet, or begins later, may become one; what is
    censored never is. Before a curve is censored, there are no audits."""
    history = grown(5, 4, 4)
    assert not any(history.is_audit(trial_id, 5) for trial_id in range(4))
    history.censor(2, 5)
    history.record(Trial(1), 5, 0.5)
    history.record(Trial(2), 5, 0.5)

    assert [history.is_audit(trial_id, 5) for trial_id in (0, 1, 2, 3)] == [False, True, False, True]
    history.censor(3, 5)  # a later one does not move the line
    assert [history.is_audit(trial_id, 5) for trial_id in (0, 1, 2, 3)] == [False, True, False, False]
    assert not history.is_audit(1, 4)
