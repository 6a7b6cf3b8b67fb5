"""A training function reaches worker processes by name."""

import pickle
from collections.abc import Iterator, Mapping

import pytest
from optuna.distributions import FloatDistribution

from bandits.curves import Metric, Trial
from bandits.errors import SettingError
from bandits.objectives import FunctionObjective, objective

SETTINGS = {"space": {"lr": FloatDistribution(0, 1)}, "metric": Metric("loss", "minimize"), "max_epochs": 3}


def plain(config: Mapping[str, float], seed: int) -> Iterator[float]:
    """A function that keeps its name."""
    for epoch in range(3):
        yield epoch + config["lr"] + seed


@objective(**SETTINGS)  # type: ignore[arg-type]
def decorated(config: Mapping[str, float]) -> Iterator[float]:
    """A function whose name is the objective's."""
    yield from (0.1, 0.2, 0.3)


named = FunctionObjective(lambda config: iter((0.5, 0.6, 0.7)), **SETTINGS)  # type: ignore[arg-type]


class Trainings:
    """Functions inside a class."""

    @staticmethod
    def static(config: Mapping[str, float]) -> Iterator[float]:
        """A function that keeps its name, too."""
        yield config["lr"]


def there_and_back(original: FunctionObjective) -> FunctionObjective:
    """Pickled and unpickled."""
    copy: FunctionObjective = pickle.loads(pickle.dumps(original))  # noqa: S301
    return copy


def values(trained: FunctionObjective) -> list[float]:
    """What training gives."""
    return [measurement.value for measurement in trained.train(Trial(0, {"lr": 0.5}, seed=7), 0, 2)]


def test_a_function_at_the_top_of_a_module() -> None:
    """The objective is copied with its settings, but not with the trainings under way."""
    original = FunctionObjective(plain, name="mine", **SETTINGS)  # type: ignore[arg-type]
    expected = values(original)
    copy = there_and_back(original)

    assert (copy.name, copy.metric, copy.max_epochs, copy.space) == ("mine", original.metric, 3, original.space)
    assert expected == values(copy)
    assert expected == [7.5, 8.5]


@pytest.mark.parametrize("original", [decorated, named], ids=["decorated", "a lambda in a module's objective"])
def test_an_objective_at_the_top_of_a_module(original: FunctionObjective) -> None:
    """It is found by its own name, where its function has none."""
    assert there_and_back(original) is original


def test_a_static_method() -> None:
    """It is found in its class."""
    original = FunctionObjective(Trainings.static, **SETTINGS)  # type: ignore[arg-type]

    assert there_and_back(original).name == "static"


def test_a_function_without_a_name_of_its_own_is_refused() -> None:
    """A lambda, or a function inside another one, with its name and the rule."""

    def inner(config: Mapping[str, float]) -> Iterator[float]:
        yield 0.5

    for function, name in ((inner, "inner"), (lambda config: iter((0.5,)), "<lambda>")):
        message = rf"`function` must be at the top level of a module, so that processes can import it, got '.*{name}'"
        with pytest.raises(SettingError, match=message):
            pickle.dumps(FunctionObjective(function, **SETTINGS))  # type: ignore[arg-type]
