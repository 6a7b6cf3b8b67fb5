"""Curves that rise towards a limit, fitted on a grid of shapes that contracts."""

import numpy as np
import pytest
from scipy.stats import t

from bandits.predictors.extrapolation.saturating_curves import EXP3, MMF, POW3, POW4, extrapolate

EPOCHS = np.arange(1.0, 101.0)
TRUTH = {
    "pow3": (POW3, 0.8 - 0.6 * EPOCHS**-0.7),
    "pow4": (POW4, 0.8 - (0.5 * EPOCHS + 1.0) ** -0.9),
    "exp3": (EXP3, 0.8 - np.exp(-0.05 * EPOCHS - 0.5)),
    "mmf": (MMF, 0.8 - 0.7 / (1.0 + (0.05 * EPOCHS) ** 1.5)),
}
EACH = pytest.mark.parametrize(("family", "curve"), TRUTH.values(), ids=TRUTH)


def continued(family, y, horizon=100, ceiling=1.0):
    """What the family says, all epochs alike."""
    return extrapolate(family, np.asarray(y), horizon, ceiling=ceiling, weights=np.ones(len(y)))


@EACH
def test_a_family_recovers_its_own_curve(family, curve):
    """A third of a noise-free curve gives its end to a thousandth, and nearly no error."""
    end = continued(family, curve[:33])

    assert curve[-1] == pytest.approx(end.mean, abs=1e-3)
    assert end.scale < 2e-3


@EACH
def test_the_decay_is_one_at_first_and_falls(family, curve):
    """For every shape in the box, so that no fitted curve falls."""
    corners = np.log(np.array(family.box(100)))
    shapes = np.random.default_rng(0).uniform(corners[:, 0], corners[:, 1], (50, len(corners)))
    decay = family.decay(EPOCHS, shapes)

    assert (decay[:, 0] == 1.0).all()
    assert (np.diff(decay, axis=1) <= 0.0).all()


@EACH
def test_a_continued_curve_rises_and_stays_below_the_ceiling(family, curve):
    """Later horizons are forecast no lower, and none above the ceiling, though straight lines go there."""
    rng = np.random.default_rng(1)
    line = np.linspace(0.1, 0.9, 12) + 0.02 * rng.standard_normal(12)
    ends = [continued(family, line, horizon).mean for horizon in (13, 30, 300, 3000)]

    assert (np.diff(ends) >= 0.0).all()
    assert line[-4:].mean() < ends[-1] <= 1.0


@EACH
def test_a_falling_curve_is_taken_for_noise(family, curve):
    """Its end is its mean, with an error as wide as its fall."""
    falling = curve[:20][::-1]
    end = continued(family, falling)

    assert falling.mean() == pytest.approx(end.mean, abs=1e-6)
    assert end.scale > falling.std()


@EACH
def test_intervals_hold_what_they_promise(family, curve):
    """Of 200 noisy curves seen for 20 epochs, about 80 % end inside the 80 % interval."""
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(200):
        noisy = curve + 0.01 * rng.standard_normal(100)
        end = continued(family, noisy[:20])
        inside += abs(noisy[-1] - end.mean) <= end.scale * t.ppf(0.9, end.freedom)

    assert 0.7 * 200 < inside < 0.92 * 200


@EACH
def test_the_error_grows_with_the_horizon_and_with_noise(family, curve):
    """What is further away is less certain, and so is what is seen less exactly."""
    noise = np.random.default_rng(3).standard_normal(15)
    near, far = (continued(family, curve[:15] + 0.003 * noise, horizon).scale for horizon in (16, 100))
    rough = continued(family, curve[:15] + 0.03 * noise, 100).scale

    assert near < far < rough


@EACH
def test_weights_count_epochs(family, curve):
    """Epochs of no weight have no say."""
    y = np.concatenate((np.zeros(4), np.full(12, 0.5)))
    weights = np.where(np.arange(16) < 4, 1e-12, 16.0 / 12.0)
    end = extrapolate(family, y, 100, ceiling=1.0, weights=weights)

    assert 0.5 == pytest.approx(end.mean, abs=1e-3)


@EACH
def test_degrees_of_freedom(family, curve):
    """Epochs minus parameters."""
    assert int(family.name in ("pow4", "mmf")) + 3 == family.size
    assert 9 - family.size == continued(family, curve[:9]).freedom
