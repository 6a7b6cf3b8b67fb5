"""What a predictor would have said of curves whose end is known."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors import SRM, LastSeenValue
from bandits.predictors.base import Forecaster, LeaveOneOut, Predictor
from bandits.rng import rng_for
from bandits.stopping.calibration_set import CalibrationSet, Scale, leave_one_out, noise_of
from bandits.testing import ramps

HORIZON = 6
CHECKPOINTS = (1, 2, 3, 4, 5)


def record_of(
    predictor: Predictor,
    training: History,
    history: History | None = None,
    *,
    horizon: int = HORIZON,
    epochs: Sequence[int] = CHECKPOINTS,
    seed: int = 0,
) -> CalibrationSet:
    """Fit, and look back."""
    forecaster = predictor.fit(training, horizon=horizon, rng=rng_for(seed))
    known = training if history is None else history
    return leave_one_out(predictor, forecaster, training, known, horizon=horizon, epochs=epochs, seed=seed)


class MeanEnd(Predictor):
    """Forecasts the mean end of its training curves, with a std of 2; it counts its fits."""

    name = "mean end"

    def __init__(self, *, looks_back: bool) -> None:
        self.looks_back = looks_back
        self.fits: list[list[int]] = []

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        pairs = history.reaching(horizon)
        self.fits.append([trial.id for trial, _ in pairs])
        return _MeanEnd(self, [(trial.id, float(curve.scores[-1])) for trial, curve in pairs], horizon)

    def curves_needed(self, horizon: int) -> int:
        return 2

    def says(self, mean: float, trial: Trial, tau: int, horizon: int) -> Forecast | Abstain:
        """A forecast from the mean of the training ends."""
        return Forecast(mean, 2.0, horizon)


class _MeanEnd(Forecaster):
    def __init__(self, settings: MeanEnd, ends: list[tuple[int, float]], horizon: int) -> None:
        self.settings, self.ends, self.horizon = settings, ends, horizon

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        mean = float(np.mean([end for _, end in self.ends]))
        return self.settings.says(mean, trial, curve.tau, self.horizon)

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:
        if not self.settings.looks_back:
            return None
        if tau == 2:
            return Abstain("it is odd")
        total, n = sum(end for _, end in self.ends), len(self.ends)
        means = [(total - end) / (n - 1) for _, end in self.ends]
        return LeaveOneOut([trial for trial, _ in self.ends], np.array(means), np.full(n, 2.0), Link.IDENTITY)


def steps(ends: Sequence[float]) -> History:
    """Curves that count up to their ends."""
    return History.from_curves((Trial(i), Curve(end - np.arange(HORIZON)[::-1])) for i, end in enumerate(ends))


def test_errors_are_those_of_forecasts_without_the_curve() -> None:
    """By hand: of ends 1, 2, 3 and 6, the others' means are 11/3, 10/3, 3 and 2; errors are in units of 2. Epochs
    that the predictor abstains at are no check epochs of the record."""
    record = record_of(MeanEnd(looks_back=True), steps([1.0, 2.0, 3.0, 6.0]))

    assert record.epochs == (1, 3, 4, 5)
    assert record.horizon == HORIZON
    assert len(record) == 4
    assert record.ends.tolist() == [1.0, 2.0, 3.0, 6.0]
    for column in range(4):
        assert record.errors[:, column] == pytest.approx([-8 / 6, -4 / 6, 0.0, 2.0])
    assert record.audited.tolist() == [False] * 4
    assert record.scale.link is Link.IDENTITY


def test_a_predictor_without_leave_one_out_is_fitted_in_folds() -> None:
    """Five fits for all check epochs together, each without a fifth of the curves, which are forecast by it alone."""
    predictor = MeanEnd(looks_back=False)
    ends = np.arange(23.0) ** 2
    record = record_of(predictor, steps(ends.tolist()))

    folds = [set(range(23)) - set(fit) for fit in predictor.fits[1:]]
    assert sorted(i for fold in folds for i in fold) == list(range(23))
    assert sorted(map(len, folds)) == [4, 4, 5, 5, 5]
    without = {i: ends[sorted(set(range(23)) - fold)].mean() for fold in folds for i in fold}
    for column in range(5):
        assert record.errors[:, column] == pytest.approx([(ends[i] - without[i]) / 2 for i in range(23)])


def test_folds_depend_on_the_seed_alone() -> None:
    """The same seed gives the same record, another one another."""
    training = History.from_curves(ramps(30, HORIZON))
    first, again, other = (record_of(LastSeenValue(min_curves=5), training, seed=seed).errors for seed in (0, 0, 1))

    assert (first == again).all()
    assert not (first == other).all()


def test_censored_curves_are_left_out() -> None:
    """They reached the horizon because they looked good. Exposure on the way to another horizon does not count;
    curves that came after it began are audits, unless they are of earlier studies."""
    history = steps([float(i) for i in range(8)])
    history.censor(2, HORIZON)
    history.censor(3, HORIZON - 1)
    for trial, curve in ((Trial(20), [5.0] * HORIZON), (Trial(21), [6.0] * HORIZON)):
        for epoch, score in enumerate(curve, start=1):
            history.record(trial, epoch, score)
    history.censor(21, HORIZON)
    earlier = [(Trial(-1), Curve(np.full(HORIZON, 4.0)))]
    pairs = [*earlier, *((trial, history.curve(trial.id)) for trial, _ in history.reaching(1))]
    record = record_of(MeanEnd(looks_back=True), History.from_curves(pairs), history)

    assert record.ends.tolist() == [4.0, 0.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 5.0]
    assert record.audited.tolist() == [False] * 8 + [True]


def test_part_of_a_record() -> None:
    """`of` takes some curves, with all that is known of them."""
    record = record_of(MeanEnd(looks_back=True), steps([1.0, 2.0, 3.0, 6.0]))
    chosen = np.array([True, False, False, True])
    part = record.of(chosen)

    assert part.ends.tolist() == [1.0, 6.0]
    assert (part.errors == record.errors[chosen]).all()
    assert (part.epochs, part.noise, part.audited.tolist()) == (record.epochs, record.noise, [False, False])


def test_a_record_of_nothing_is_empty() -> None:
    """No curve, no uncensored curve, or no forecast at all: a record of length 0, with as many errors."""
    censored = steps([1.0, 2.0, 3.0])
    for trial_id in range(3):
        censored.censor(trial_id, HORIZON)
    for history in (History(), censored):
        record = record_of(MeanEnd(looks_back=True), history)
        assert (len(record), record.errors.shape[0], record.noise) == (0, 0, 0.0)

    folds_too_small = record_of(LastSeenValue(min_curves=20), History.from_curves(ramps(20, HORIZON)))
    assert (len(folds_too_small), folds_too_small.epochs) == (0, ())


class Patchy(MeanEnd):
    """Forecasts nobody after epoch 1, a third of the arms after epoch 2, and all but one after epoch 3."""

    def says(self, mean: float, trial: Trial, tau: int, horizon: int) -> Forecast | Abstain:
        if tau == 1 or (tau == 2 and trial.id % 3) or (tau == 3 and trial.id == 4):
            return Abstain("it cannot say")
        return super().says(mean, trial, tau, horizon)


def test_check_epochs_that_lack_most_forecasts_are_left_out() -> None:
    """Where most curves are forecast, those that are not are left out instead."""
    record = record_of(Patchy(looks_back=False), steps([float(i) for i in range(12)]))

    assert record.epochs == (3, 4, 5)
    assert record.ends.tolist() == [0.0, 1.0, 2.0, 3.0, *(float(i) for i in range(5, 12))]
    assert record.errors.shape == (11, 3)


class Losses(MeanEnd):
    """Forecasts the end of a loss on a scale that it picks for each arm: the logarithm, or for odd ids none."""

    def __init__(self, *, odd: Link) -> None:
        super().__init__(looks_back=False)
        self.odd = odd

    def says(self, mean: float, trial: Trial, tau: int, horizon: int) -> Forecast | Abstain:
        return Forecast(mean, 2.0, horizon, self.odd if trial.id % 2 else Link.LOG_LOSS)


def test_all_errors_are_on_one_scale() -> None:
    """The logarithm of the loss, if all forecasts are on it; scores, if a predictor picks a scale for each arm."""
    training = steps([-float(i) for i in range(1, 11)])
    logs, mixed, plain = (
        record_of(predictor, training)
        for predictor in (Losses(odd=Link.LOG_LOSS), Losses(odd=Link.IDENTITY), MeanEnd(looks_back=False))
    )

    assert (logs.scale.link, mixed.scale.link) == (Link.LOG_LOSS, Link.IDENTITY)
    assert logs.ends == pytest.approx(-np.log(np.arange(1.0, 11.0)))
    assert mixed.errors == pytest.approx(plain.errors)
    means = training_means(training)
    assert logs.errors[:, 0] == pytest.approx([(logs.ends[i] + math.log(-m)) / (2.0 / -m) for i, m in enumerate(means)])


def training_means(training: History) -> list[float]:
    """What the folds forecast for each curve: the errors of a plain predictor tell."""
    record = record_of(MeanEnd(looks_back=False), training)
    return (record.ends - 2.0 * record.errors[:, 0]).tolist()


class Logarithmic(MeanEnd):
    """Insists on the logarithm of the loss."""

    def says(self, mean: float, trial: Trial, tau: int, horizon: int) -> Forecast | Abstain:
        return Forecast(min(mean, -0.1), 2.0, horizon, Link.LOG_LOSS)


def test_curves_that_end_outside_the_scale_are_left_out() -> None:
    """A loss of 0 has no logarithm."""
    record = record_of(Logarithmic(looks_back=False), steps([-1.0, -2.0, 0.0, -3.0, -4.0, -6.0]))

    assert record.ends == pytest.approx(-np.log([1.0, 2.0, 3.0, 4.0, 6.0]))
    assert np.isfinite(record.errors).all()


class Sure(MeanEnd):
    """Says that arms end at 3, for certain."""

    def says(self, mean: float, trial: Trial, tau: int, horizon: int) -> Forecast | Abstain:
        return Forecast(3.0, 0.0, horizon)


def test_forecasts_that_claim_to_be_exact_are_held_to_it() -> None:
    """Errors are measured in millionths of the spread of the ends: 0 where they are right, and huge where wrong."""
    record = record_of(Sure(looks_back=False), steps([1.0, 3.0, 5.0]))
    unit = 1e-6 * math.sqrt(8 / 3)

    assert record.errors[:, 0] == pytest.approx([-2 / unit, 0.0, 2 / unit])
    assert len(record_of(Sure(looks_back=False), steps([3.0, 3.0]))) == 2
    assert len(record_of(Sure(looks_back=False), steps([3.0 + 1e10, 3.0 + 1e10]))) == 0  # infinitely wrong


def test_a_scale_measures_forecasts_and_records_alike() -> None:
    """On the logarithm of the loss, std is divided by the loss; what lies outside its domain lies above every end."""
    scale = Scale(Link.LOG_LOSS, least_std=0.01)

    assert scale.of_forecast(Forecast(-2.0, 0.5, 9, Link.LOG_LOSS), -math.log(1.0)) == pytest.approx(math.log(2) / 0.25)
    assert scale.of_forecast(Forecast(-2.0, 0.0, 9), -math.log(1.0)) == pytest.approx(math.log(2) / 0.01)
    assert scale.of_forecast(Forecast(0.0, 0.5, 9), -math.log(1.0)) == -math.inf
    assert Scale(Link.IDENTITY, 1e-300).error(0.5, 0.0, 0.5) == 0.0


def test_least_squares_know_what_they_would_have_said() -> None:
    """For ordinary least squares, leave-one-out forecasts are exactly what a fit without the curve forecasts."""
    pairs = ramps(25, HORIZON)
    predictor = SRM("ols")
    left_out = predictor.fit(History.from_curves(pairs), horizon=HORIZON, rng=rng_for(0)).leave_one_out(2)
    assert isinstance(left_out, LeaveOneOut)

    assert list(left_out.trials) == [trial.id for trial, _ in pairs]
    for i, (trial, curve) in enumerate(pairs):
        rest = History.from_curves([*pairs[:i], *pairs[i + 1 :]])
        forecast = predictor.fit(rest, horizon=HORIZON, rng=rng_for(0)).forecast(trial, curve.prefix(2))
        assert isinstance(forecast, Forecast)
        assert forecast.mean == pytest.approx(left_out.means[i], abs=1e-8)


def test_leave_one_out_of_the_default_predictor_is_what_folds_say() -> None:
    """Leave-one-out errors and those of fits without a fifth of the curves are alike: strongly correlated, and no
    smaller than they claim to be."""

    class Folded(SRM):
        """The same predictor, without its leave-one-out forecasts."""

        def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
            return _WithoutLeaveOneOut(super().fit(history, horizon=horizon, rng=rng))

    training = History.from_curves(ramps(60, 9))
    quick = record_of(SRM(), training, horizon=9, epochs=(2, 4))
    folded = record_of(Folded(), training, horizon=9, epochs=(2, 4))

    assert quick.epochs == folded.epochs
    for column in range(2):
        assert np.corrcoef(quick.errors[:, column], folded.errors[:, column])[0, 1] > 0.8
        assert 0.6 < float(np.sqrt((quick.errors[:, column] ** 2).mean())) < 1.6
        assert 0.6 < float(np.sqrt((folded.errors[:, column] ** 2).mean())) < 1.6


class _WithoutLeaveOneOut(Forecaster):
    def __init__(self, inner: Forecaster) -> None:
        self._inner = inner

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return self._inner.forecast(trial, curve)


@pytest.mark.parametrize("sigma", [0.0, 0.003, 0.2])
def test_noise_is_read_off_the_ends_of_good_curves(sigma: float) -> None:
    """White noise on smooth curves is found again, however the curves rise."""
    epochs = np.arange(1, 101)
    rng = np.random.default_rng(0)
    smooth = np.linspace(0.5, 1.0, 400)[:, np.newaxis] * (1 - np.exp(-epochs / 30))
    curves = smooth + rng.normal(0, sigma, smooth.shape)

    assert noise_of(curves) == pytest.approx(sigma, rel=0.1, abs=1e-4)


def test_noise_is_that_of_the_best_curves() -> None:
    """The worst three quarters may be as noisy as they like."""
    rng = np.random.default_rng(0)
    good, bad = 1 + rng.normal(0, 0.01, (25, 80)), rng.normal(0, 0.1, (75, 80))

    assert noise_of(np.concatenate([bad, good])) == pytest.approx(0.01, rel=0.15)


def test_noise_that_cannot_be_told_is_0() -> None:
    """No curve, curves of three epochs, or numbers too large to compute with."""
    assert noise_of(np.empty((0, 50))) == 0.0
    assert noise_of(np.array([[0.1, 0.5, 0.2]])) == 0.0
    assert noise_of(np.array([[1e300, -1e300, 1e300, -1e300]])) == 0.0
    assert noise_of(np.array([[0.0, 1.0, 0.0, 1.0]])) == pytest.approx(math.sqrt(4 / 6))
