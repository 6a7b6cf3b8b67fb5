"""Curves of earlier studies: what they teach, and when they are dropped."""

from collections.abc import Iterable

import numpy as np
import pytest

from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.predictors import SRM, Abstain, Forecast, Forecaster, LastSeenValue, Predictor
from bandits.stopping import EarlierCurves, EarlierStatus

T = 8
Pair = tuple[Trial, Curve]


def study(
    n: int, *, first: int = 0, step: int = 1, length: int = T, gain: float = 0.3, noise: float = 0.02, seed: int = 0
) -> list[Pair]:
    """Curves that rise by `gain` on a way of their own, with the features lr and depth."""
    rng = np.random.default_rng(seed)
    epochs = np.arange(1, length + 1)
    pairs = []
    for i in range(n):
        level = rng.uniform(0.2, 0.6)
        scores = level + gain * (1 - 0.7**epochs) + rng.normal(0, noise, length)
        pairs.append((Trial(first + step * i, {}, {"lr": level, "depth": float(i % 3)}), Curve(scores)))
    return pairs


def earlier(n: int = 40, **given: float) -> list[Pair]:
    """The same with negative ids."""
    return study(n, first=-1, step=-1, seed=1, **given)  # type: ignore[arg-type]


def curves(pairs: Iterable[Pair], **given: object) -> EarlierCurves:
    """Checked by a predictor that costs nothing."""
    settings = {"tester": LastSeenValue(min_curves=3), **given}
    return EarlierCurves(pairs, **settings)  # type: ignore[arg-type]


def fed(checked: EarlierCurves, pairs: Iterable[Pair], horizon: int = T) -> tuple[History, list[str]]:
    """New curves, one at a time: the history, and why the earlier curves are dropped after each."""
    history, reasons = History(), []
    for trial, curve in pairs:
        for epoch, score in enumerate(curve.scores.tolist(), start=1):
            history.record(trial, epoch, score)
        checked.training_set(history, horizon)
        reasons.append(checked.status(history).dropped)
    return history, reasons


def first_drop(reasons: list[str]) -> int | None:
    """After how many new curves they were dropped."""
    return next((count for count, reason in enumerate(reasons, start=1) if reason), None)


def test_the_training_set_is_earlier_and_new_curves() -> None:
    """Earlier ones first; new ones as soon as they reach the horizon; one growing history."""
    checked, history = curves(earlier(5)), History()
    before = checked.training_set(history, T)
    ids = [trial.id for trial, _ in before.reaching(T)]
    for trial, curve in study(1):
        for epoch, score in enumerate(curve.scores.tolist(), start=1):
            history.record(trial, epoch, score)
    after = checked.training_set(history, T)

    assert ids == [-1, -2, -3, -4, -5]
    assert after is before
    assert [trial.id for trial, _ in after.reaching(T)] == [-1, -2, -3, -4, -5, 0]
    assert checked.training_set(history, T) is before


def test_earlier_curves_teach_no_further_than_they_go() -> None:
    """Trained for 8 epochs, they are cut at a horizon of 5, and say nothing about one of 9."""
    checked, history = curves(earlier(4)), History.from_curves(study(2, length=12))

    assert [curve.tau for _, curve in checked.training_set(history, 5).reaching(5)] == [5] * 6
    assert checked.training_set(history, 9) is history
    assert checked.status(history).dropped == ""


def test_curves_that_end_before_the_horizon_are_there_too() -> None:
    """Of both sides, for predictors that learn from them: the new ones as they stood when a curve last arrived."""
    checked, history = curves([*earlier(3), *study(2, first=-4, step=-1, length=3)]), History()
    running, late = Trial(100, {}, {"lr": 0.3, "depth": 1.0}), Trial(101, {}, {"lr": 0.3, "depth": 1.0})
    history.record(running, 1, 0.1)
    first, second = study(2)
    lengths = []
    for trial, curve, other in ((*first, running), (*second, late)):
        for epoch, score in enumerate(curve.scores.tolist(), start=1):
            history.record(trial, epoch, score)
        training = checked.training_set(history, T)
        lengths.append({trial.id: training.curve(trial.id).tau for trial, _ in training.reaching(1)})
        history.record(running, len(lengths) + 1, 0.2)
        if other is running:
            history.record(late, 1, 0.1)

    assert lengths[0] == {-1: 8, -2: 8, -3: 8, -4: 3, -5: 3, 0: 8, 100: 1}
    assert lengths[1] == lengths[0] | {1: 8, 100: 2, 101: 1}
    assert checked.training_set(history, T).count_reaching(T) == 5


def test_no_more_than_asked_for_may_teach() -> None:
    """Of 40 curves, 4 evenly spread ones."""
    training = curves(earlier(40), most=4).training_set(History(), T)

    assert [trial.id for trial, _ in training.reaching(T)] == [-1, -11, -21, -31]


def test_curves_of_the_same_kind_stay() -> None:
    """200 new curves that come from where 60 earlier ones came from are no reason to drop these."""
    checked = curves(earlier(60))
    history, reasons = fed(checked, study(200))

    assert not any(reasons)
    assert checked.status(history).sentence() == "60 of 60 curves of earlier studies taught, and agree with 40 new ones"


def test_wrongly_dropped_as_rarely_as_stated() -> None:
    """With a risk of 10 %, at most that share of 60 pairs of like studies is parted."""
    parted = 0
    for seed in range(60):
        pairs = study(70, seed=100 + seed)
        before = [(Trial(-1 - trial.id, {}, trial.features), curve) for trial, curve in pairs[:30]]
        parted += first_drop(fed(curves(before, risk=0.1), pairs[30:])[1]) is not None

    assert parted / 60 <= 0.1


@pytest.mark.parametrize(("gain", "side"), [(0.1, "above"), (0.5, "below")])
def test_curves_that_end_elsewhere_are_dropped_within_ten(gain: float, side: str) -> None:
    """The reason says when, and which way they misled; then new curves teach alone."""
    checked = curves(earlier(100, gain=gain))
    history, reasons = fed(checked, study(12))
    count = first_drop(reasons)

    assert count is not None
    assert count <= 10
    assert reasons[-1].startswith(
        f"after {count} new curves that reached epoch 8: {count} of {count} ended {side} what"
    )
    assert checked.training_set(history, T) is history
    assert checked.status(history).sentence() == f"100 curves of earlier studies dropped {reasons[-1]}"


def test_forecasts_that_are_too_sure_are_dropped() -> None:
    """Ends that fall on both sides of what is forecast, and too far, mislead as well."""
    reasons = fed(curves(earlier(60, noise=0.001)), study(40, noise=0.1))[1]

    assert "ended outside the middle half of what was forecast" in reasons[-1]


def test_dropped_at_one_horizon_they_are_dropped_at_all() -> None:
    """What misleads about epoch 8 is not trusted about epoch 4."""
    checked = curves(earlier(40, gain=0.1))
    history = History()
    short = checked.training_set(history, 4)
    for trial, curve in study(12):
        for epoch, score in enumerate(curve.scores.tolist(), start=1):
            history.record(trial, epoch, score)
    many_at_once = checked.training_set(history, T)

    assert short is not history
    assert many_at_once is history
    assert checked.training_set(history, 4) is history


def test_runs_do_not_see_each_other() -> None:
    """What one run found out is nothing to another; the same curves give the same decisions."""
    checked = curves(earlier(40, gain=0.1))
    first, second = fed(checked, study(12)), fed(checked, study(12))

    assert first[1] == second[1]
    assert checked.training_set(History(), T).count_reaching(T) == 40


def test_of_many_curves_at_once_the_first_decide() -> None:
    """Whether the training set is asked for after every curve or once, the reason is the same."""
    checked = curves(earlier(40, gain=0.1))
    history = History.from_curves(study(12))
    checked.training_set(history, T)

    assert checked.status(history).checked == first_drop(fed(checked, study(12))[1])
    assert checked.status(history).dropped == fed(checked, study(12))[1][-1]


def test_what_was_known_when_an_arm_was_chosen_is_no_test() -> None:
    """Arms promoted at epoch 6 were chosen for their course until then: no forecast before it is looked at."""
    checked, history = curves(earlier(40, gain=0.1)), History()
    for trial, curve in study(12):
        checked.note_asked(history, trial.id, 7, T)
        checked.note_asked(history, trial.id, 3, T)  # the first time counts
        for epoch, score in enumerate(curve.scores.tolist(), start=1):
            history.record(trial, epoch, score)
        checked.training_set(history, T)

    assert checked.status(history).dropped == ""


def test_the_test_ends_before_comparisons_have_enough_to_tell() -> None:
    """What the 41st new curve and those after it do is no longer bet on."""
    checked = curves(earlier(100))
    reasons = fed(checked, [*study(40), *study(12, first=100, gain=0.1)])[1]

    assert not any(reasons)


def test_too_few_earlier_curves_are_only_compared() -> None:
    """Of 6 curves, 3 are needed for a forecast and too few remain to rank its errors among: no test."""
    checked = curves(earlier(6, gain=0.1))
    history, reasons = fed(checked, study(19))

    assert not any(reasons)
    assert checked.status(history).checked == 0


def test_earlier_curves_that_help_nobody_are_dropped_by_comparison() -> None:
    """The ends of these have nothing to do with their starts: no test can tell, but new curves do better alone."""
    rng = np.random.default_rng(3)
    pairs = earlier(60)
    scrambled = np.column_stack([rng.permutation([curve.scores[t] for _, curve in pairs]) for t in range(T)])
    useless = [(trial, Curve(row)) for (trial, _), row in zip(pairs, scrambled, strict=True)]
    reasons = fed(curves(useless, tester=SRM("ridge")), study(40))[1]

    assert first_drop(reasons) in (20, 40)
    assert "without the earlier ones, " in reasons[-1]
    assert reasons[-1].endswith(" of their ends are forecast better")


class _Shy(Predictor):
    """Abstains on what it has not been told to answer."""

    name = "shy"

    def __init__(self, answers: bool) -> None:
        self.answers = answers

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return _ShyForecaster(self.answers, horizon)

    def curves_needed(self, horizon: int) -> int:
        return 2


class _ShyForecaster(Forecaster):
    def __init__(self, answers: bool, horizon: int) -> None:
        self.answers, self.horizon = answers, horizon

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return Forecast(0.5, 0.1, self.horizon) if self.answers and trial.id < 0 else Abstain("it is shy")


@pytest.mark.parametrize("answers", [False, True], ids=["always", "on new curves"])
def test_a_tester_that_abstains_drops_nothing(answers: bool) -> None:
    """No forecast, no evidence."""
    assert not any(fed(curves(earlier(30, gain=0.1), tester=_Shy(answers)), study(21))[1])


def test_new_trials_are_seen_under_the_shared_features_while_earlier_curves_are_used() -> None:
    """lr is all that every earlier trial has; dropped, new trials have all their features again."""
    pairs = [
        (Trial(trial.id, {}, {"lr": trial.features["lr"]} | ({"momentum": 0.9} if trial.id % 2 else {})), curve)
        for trial, curve in earlier(40, gain=0.1)
    ]
    checked, history = curves(pairs), History()
    new = study(12)
    unused = checked.restricted(new[0][0], history, T)
    training = checked.training_set(history, T)
    trusted = checked.restricted(new[0][0], history, T)
    for trial, curve in new:
        for epoch, score in enumerate(curve.scores.tolist(), start=1):
            history.record(trial, epoch, score)
        checked.training_set(history, T)

    assert checked.names == ("lr",)
    assert unused is new[0][0]
    assert trusted == Trial(0, {}, {"lr": new[0][0].features["lr"]})
    assert {frozenset(trial.features) for trial, _ in training.reaching(T)} == {frozenset({"lr"})}
    assert checked.restricted(new[0][0], history, T) is new[0][0]


def test_trials_with_these_features_alone_stay_as_they_are() -> None:
    """Nothing is copied where nothing is left out."""
    checked, history = curves(earlier(5)), History()
    checked.training_set(history, T)
    trial = study(1)[0][0]

    assert checked.restricted(trial, history, T) is trial


def test_a_new_trial_may_lack_a_shared_feature() -> None:
    """It is seen with those that it has; predictors say what they make of it."""
    checked, history = curves(earlier(5)), History()
    checked.training_set(history, T)

    assert checked.restricted(Trial(3, {}, {"lr": 0.1, "units": 3.0}), history, T).features == {"lr": 0.1}


def test_without_a_curve_nothing_is_taught() -> None:
    """No earlier curve at all is no error, and new curves teach alone."""
    checked, history = EarlierCurves([]), History()

    assert checked.training_set(history, T) is history
    assert checked.status(history).sentence() == (
        "none of 0 curves of earlier studies was used: none reaches an epoch at which arms are compared"
    )


def test_a_horizon_of_one_epoch_needs_no_check() -> None:
    """There is no start of a curve to forecast from."""
    assert not any(fed(curves(earlier(30)), study(41, length=1), horizon=1)[1])


def test_the_status_before_a_new_curve_is_complete() -> None:
    """It says that nothing has been held against anything."""
    checked, history = curves(earlier(5), sources=["a.journal", "table:b"]), History()
    checked.training_set(history, T)

    assert checked.status(history) == EarlierStatus(5, ("a.journal", "table:b"), 5, 0, "")
    assert checked.status(history).sentence() == (
        "5 of 5 curves of a.journal, table:b taught, and were held against no new one"
    )


def test_a_journal_learns_what_they_are() -> None:
    """Numbers and names, as JSON has them."""
    assert curves(earlier(5), sources=["a.journal"]).settings() == {
        "curves": 5,
        "sources": ["a.journal"],
        "risk": 0.01,
        "most": 200,
    }


@pytest.mark.parametrize(
    ("pairs", "given", "message"),
    [
        (study(1), {}, "ids of earlier trials must be negative, got 0"),
        (earlier(2), {"tester": "srm"}, r"`tester` must be a Predictor such as SRM\(\), or None, got 'srm'"),
        (earlier(2), {"risk": 0}, r"`risk` must be in \(0, 1\), got 0"),
        (earlier(2), {"most": 0}, "`most` must be an integer >= 1, got 0"),
        (earlier(2), {"seed": -1}, "`seed` must be an integer >= 0, got -1"),
        ([*earlier(1), *earlier(1)], {}, "trial ids of a history must differ, got -1"),
    ],
)
def test_wrong_settings(pairs: list[Pair], given: dict[str, object], message: str) -> None:
    """One sentence each."""
    with pytest.raises(SettingError, match=message):
        curves(pairs, **given)
