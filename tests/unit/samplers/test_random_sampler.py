"""Parameters are drawn uniformly from their distributions, keyed by the trial's id."""

import math
from collections import Counter

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.errors import SettingError
from bandits.samplers import RandomSampler

N = 600


def drawn(distribution: BaseDistribution, seed: int = 0, n: int = N) -> list[float]:
    sampler = RandomSampler({"x": distribution}, seed)
    return [sampler.propose(trial_id)["x"] for trial_id in range(n)]  # type: ignore[misc]


@pytest.mark.parametrize(
    "distribution",
    [
        FloatDistribution(-2.0, 3.0),
        FloatDistribution(1e-5, 10.0, log=True),
        FloatDistribution(0.1, 1.0, step=0.3),
        FloatDistribution(0.5, 0.5),
        IntDistribution(-3, 5),
        IntDistribution(2, 14, step=4),
        IntDistribution(1, 1000, log=True),
        IntDistribution(7, 7),
    ],
)
def test_draws_lie_in_the_space(distribution: FloatDistribution | IntDistribution) -> None:
    """Every draw is a Python number of the right type, between the bounds, and on the grid."""
    values = drawn(distribution)

    assert {int if isinstance(distribution, IntDistribution) else float} == {type(value) for value in values}
    assert all(distribution.low <= value <= distribution.high for value in values)
    assert all(distribution._contains(distribution.to_internal_repr(value)) for value in values)  # type: ignore[arg-type]


def test_draws_are_uniform() -> None:
    """Halves of the range (or of its logarithm), grid points and choices come equally often."""
    half = N / 2
    spread = 4 * math.sqrt(N) / 2  # 4 standard deviations of a fair coin's count

    assert half == pytest.approx(sum(value < 0.5 for value in drawn(FloatDistribution(-2, 3))), abs=spread)
    assert half == pytest.approx(sum(value < 1e-2 for value in drawn(FloatDistribution(1e-4, 1, log=True))), abs=spread)
    assert half == pytest.approx(sum(value < 32 for value in drawn(IntDistribution(1, 1023, log=True))), abs=spread)
    for distribution in (
        FloatDistribution(0.1, 1.0, step=0.3),
        IntDistribution(2, 14, step=4),
        IntDistribution(1, 4),
        CategoricalDistribution(["a", "b", None, 1]),
    ):
        counts = Counter(drawn(distribution))
        assert [N / 4] * 4 == pytest.approx(list(counts.values()), abs=spread)


def test_the_id_alone_decides() -> None:
    """Ids may be asked for in any order, and another seed gives other values."""
    space = {"x": FloatDistribution(0, 1), "y": IntDistribution(0, 10**6)}
    forwards, backwards = RandomSampler(space, 5), RandomSampler(space, 5)
    expected = [forwards.propose(trial_id) for trial_id in range(4)]

    assert expected == [backwards.propose(trial_id) for trial_id in (3, 2, 1, 0)][::-1]
    assert expected[0] != RandomSampler(space, 6).propose(0)


def test_the_draws_do_not_change_between_versions() -> None:
    """A seed means the same configuration tomorrow."""
    space = {"x": FloatDistribution(0, 1), "y": CategoricalDistribution(["a", "b"])}

    assert {"x": pytest.approx(0.8098418095581009), "y": "b"} == RandomSampler(space, 0).propose(0)


def test_wrong_settings() -> None:
    """An empty space, something that is no distribution, or a negative seed are refused."""
    with pytest.raises(SettingError, match=r"^`space` must map parameter names to optuna distributions, got \{\}$"):
        RandomSampler({}, 0)
    with pytest.raises(SettingError, match=r"^'lr' of `space` must be a FloatDistribution.*got 0.1$"):
        RandomSampler({"lr": 0.1}, 0)  # type: ignore[dict-item]
    with pytest.raises(SettingError, match=r"^`seed` must be an integer >= 0, got -1$"):
        RandomSampler({"x": FloatDistribution(0, 1)}, -1)
