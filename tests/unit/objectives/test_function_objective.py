"""A training function of the user's is advanced epoch by epoch, and its mistakes fail one trial."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import numpy as np
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.architectures import Grammar, depth, num_params
from bandits.curves import Metric, Trial
from bandits.errors import ObjectiveError, SettingError
from bandits.objectives import FunctionObjective, Objective, objective
from bandits.testing import ObjectiveContract

ACCURACY = Metric("accuracy", "maximize")
SPACE: dict[str, BaseDistribution] = {"lr": FloatDistribution(1e-4, 1.0, log=True)}
TRIAL = Trial(0, {"lr": 0.5}, seed=7)


def make(function: Callable[..., object], **changes: object) -> FunctionObjective:
    arguments = {"space": SPACE, "metric": ACCURACY, "max_epochs": 4, **changes}
    return FunctionObjective(function, **arguments)  # type: ignore[arg-type]


def values(function: Callable[..., object], start: int = 0, stop: int = 3) -> list[float]:
    return [measurement.value for measurement in make(function).train(TRIAL, start, stop)]


def failure(function: Callable[..., object], stop: int = 3) -> str:
    with pytest.raises(ObjectiveError) as caught:
        values(function, stop=stop)
    return str(caught.value)


def halves(config: Mapping[str, object]) -> Iterator[float]:
    for epoch in range(1, 100):
        yield 0.5 / epoch


class TestFunction(ObjectiveContract):
    @pytest.fixture
    def objective(self) -> Objective:
        """A generator function that looks at its configuration and its seed."""

        def train(config: Mapping[str, float], seed: int) -> Iterator[float]:
            for epoch in range(1, 5):
                yield epoch * config["lr"] + seed

        space = {
            "lr": FloatDistribution(1e-4, 1.0, log=True),
            "units": IntDistribution(1, 9),
            "optimizer": CategoricalDistribution(["adam", "sgd"]),
        }
        return make(train, space=space)


def test_a_paused_trial_goes_on() -> None:
    """The iterator is kept, so nothing is trained twice, and nothing is trained ahead."""
    trained: list[int] = []

    def train(config: Mapping[str, object]) -> Iterator[int]:
        for epoch in range(1, 5):
            trained.append(epoch)
            yield epoch

    training = make(train)
    next(training.train(TRIAL, 0, 3))
    assert [1] == trained
    assert [2, 3] == [measurement.epoch for measurement in training.train(TRIAL, 1, 3)]
    assert [1, 2, 3] == trained


def test_a_released_trial_is_closed() -> None:
    """Its generator runs its clean-up; releasing twice, or a trial that never ran, is fine."""
    closed: list[str] = []

    def train(config: Mapping[str, object]) -> Iterator[float]:
        try:
            yield from (0.1, 0.2)
        finally:
            closed.append("closed")

    training = make(train)
    training.release(TRIAL)
    next(training.train(TRIAL, 0, 2))
    training.release(TRIAL)
    training.release(TRIAL)

    assert ["closed"] == closed


def test_a_failing_clean_up_ends_nothing() -> None:
    """An exception while a trial is closed becomes a warning."""

    def train(config: Mapping[str, object]) -> Iterator[float]:
        try:
            yield 0.1
        finally:
            raise OSError("disk full")

    training = make(train)
    next(training.train(TRIAL, 0, 2))
    with pytest.warns(RuntimeWarning, match=r"^train raised while trial 0 was closed: OSError: disk full$"):
        training.release(TRIAL)


def test_a_trial_of_another_process_starts_again() -> None:
    """Without a kept iterator, the epochs measured before are trained again and passed over; how many is told."""
    calls: list[int] = []

    def train(config: Mapping[str, object]) -> Iterator[float]:
        calls.append(1)
        yield from (0.1, 0.2, 0.3)

    training = make(train)
    assert [(3, 0.3, 2)] == [(m.epoch, m.value, m.again) for m in training.train(TRIAL, 2, 3)]
    assert [(1, 0.1)] == [(m.epoch, m.value) for m in training.train(TRIAL, 0, 1)]
    assert [1, 1] == calls


def test_a_new_trial_never_inherits() -> None:
    """Training from epoch 0 begins anew, even where an earlier trial of that id was not released."""
    training = make(lambda config: iter([config["lr"]]))
    broken = training.train(Trial(0, {"lr": "?"}), 0, 1)
    with pytest.raises(ObjectiveError):
        next(broken)

    assert [0.5] == [measurement.value for measurement in training.train(TRIAL, 0, 1)]


def test_seconds_are_measured() -> None:
    """An epoch lasts from where it is asked for to where it ends; time between epochs is nobody's."""
    now = [100.0]

    def train(config: Mapping[str, object]) -> Iterator[float]:
        for seconds in (1.0, 2.0, 4.0):
            now[0] += seconds
            yield seconds

    epochs = make(train, clock=lambda: now[0]).train(TRIAL, 0, 3)
    seconds = []
    for measurement in epochs:
        seconds.append(measurement.seconds)
        now[0] += 50.0

    assert [1.0, 2.0, 4.0] == seconds


def test_a_clock_that_goes_backwards() -> None:
    """No epoch lasts less than nothing."""
    readings = iter([5.0, 3.0, 2.0])

    assert 0.0 == next(make(halves, clock=lambda: next(readings)).train(TRIAL, 0, 1)).seconds


def with_seed(config: Mapping[str, object], seed: int) -> list[int]:
    return [seed]


def named_seed(config: Mapping[str, object], epochs: int = 3, *, seed: int = 0) -> list[int]:
    return [seed]


def other_name(config: Mapping[str, object], number: int, /) -> list[int]:
    return [number]


def no_seed(config: Mapping[str, object], epochs: int = 3) -> list[int]:
    return [epochs]


@pytest.mark.parametrize(("function", "expected"), [(with_seed, 7), (named_seed, 7), (other_name, 7), (no_seed, 3)])
def test_the_seed_is_given_to_whoever_takes_it(function: Callable[..., object], expected: int) -> None:
    """By name if there is a parameter `seed`, else as a second argument that is required."""
    assert [expected] == values(function, stop=1)


def test_a_function_without_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some functions written in C cannot be asked for theirs; they get the configuration alone."""

    def no_signature(function: object) -> None:
        raise ValueError("no signature found")

    monkeypatch.setattr("inspect.signature", no_signature)

    assert [1.0] == values(len, stop=1)


def test_a_configuration_is_the_functions_own() -> None:
    """What the function does to its configuration, the trial does not see."""
    trial = Trial(0, {"lr": 0.5})

    def train(config: dict[str, object]) -> list[float]:
        config.clear()
        return [0.1]

    next(make(train).train(trial, 0, 1))

    assert {"lr": 0.5} == trial.config


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.5, [0.5]),
        (1, [1.0]),
        (np.float32(0.5), [0.5]),
        ([True, np.bool_(False)], [1.0, 0.0]),
        ((np.float64(0.1), np.int64(2)), [0.1, 2.0]),
        (np.array([0.1, 0.2]), [0.1, 0.2]),
        ([np.array(0.5), Decimal("0.25")], [0.5, 0.25]),
        ({0.5: "a"}.keys(), [0.5]),
    ],
)
def test_what_counts_as_values(given: object, expected: list[float]) -> None:
    """Anything that can be iterated over, with anything that is a number; a single number is one epoch."""
    actual = values(lambda config: given, stop=len(expected))

    assert (expected, {float}) == (actual, {type(value) for value in actual})


def test_nan_is_left_to_the_run() -> None:
    """A value that is no finite number is measured as it is."""
    actual = values(lambda config: [math.nan, -math.inf], stop=2)

    assert (True, -math.inf) == (math.isnan(actual[0]), actual[1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "train must yield or return one number for each epoch, got None"),
        ("0.5", "train must yield or return one number for each epoch, got '0.5'"),
        ({"accuracy": 0.5}, "train must yield or return one number for each epoch, got {'accuracy': 0.5}"),
        ([1, 2, 3, 4, 5], "train must give at most 4 values, got 5"),
        (0.5, "train must yield a value for every epoch up to 3, but ended after epoch 1"),
        ([], "train must yield a value for every epoch up to 3, but ended after epoch 0"),
        ([0.1, None], "value of epoch 2 of train must be a number, got None"),
        ([0.1, "0.5"], "value of epoch 2 of train must be a number, got '0.5'"),
        ([[0.1]], "value of epoch 1 of train must be a number, got [0.1]"),
        ([np.array([0.1])], "value of epoch 1 of train must be a number, got array([0.1])"),
        ([np.complex128(1)], f"value of epoch 1 of train must be a number, got {np.complex128(1)!r}"),
    ],
)
def test_mistakes_fail_the_trial(given: object, message: str) -> None:
    """Each mistake is one sentence that names the function, the epoch and the value."""

    def train(config: Mapping[str, object]) -> object:
        return given

    assert message == failure(train)


def test_a_number_too_large_is_no_number() -> None:
    """An integer beyond the range of floats is refused, not raised through."""

    def train(config: Mapping[str, object]) -> list[int]:
        return [10**400]

    assert failure(train).startswith("value of epoch 1 of train must be a number, got 1000")


def test_an_exception_of_the_function_is_passed_on() -> None:
    """The run sees what the function raised, at its first epoch or later."""

    def train(config: Mapping[str, object]) -> Iterator[float]:
        yield 0.1
        raise MemoryError("out of memory")

    with pytest.raises(MemoryError, match="out of memory"):
        values(train)


def test_features() -> None:
    """Numbers stay, booleans are 0 or 1, choices are one-hot, and an unknown choice is none of them."""
    space = {
        "lr": FloatDistribution(1e-4, 1.0, log=True),
        "units": IntDistribution(2, 10),
        "batch": CategoricalDistribution([32, 128]),
        "bn": CategoricalDistribution([True, False]),
        "opt": CategoricalDistribution(["adam", "sgd", None]),
    }
    training = make(halves, space=space)
    config = {"lr": 0.5, "units": 3, "batch": 128, "bn": True, "opt": "sgd"}

    assert {
        "lr": 0.5,
        "units": 3.0,
        "batch": 128.0,
        "bn": 1.0,
        "opt=adam": 0.0,
        "opt=sgd": 1.0,
        "opt=None": 0.0,
    } == training.features(config)
    assert 1.0 == training.features({**config, "opt": None})["opt=None"]
    unknown = training.features({**config, "opt": "?"})
    assert [0.0, 0.0, 0.0] == [unknown[f"opt={choice}"] for choice in ("adam", "sgd", None)]


def test_a_conditional_parameter_may_be_lacking() -> None:
    """It then stands at its lower end, and a feature says that it is not there; any other must be there."""
    space = {"opt": CategoricalDistribution(["adam", "sgd"]), "momentum": FloatDistribution(0.5, 0.9)}
    training = make(halves, space=space, conditional=["momentum"])
    adam, sgd = {"opt=adam": 1.0, "opt=sgd": 0.0}, {"opt=adam": 0.0, "opt=sgd": 1.0}

    assert adam | {"momentum": 0.5, "has momentum": 0.0} == training.features({"opt": "adam"})
    assert sgd | {"momentum": 0.7, "has momentum": 1.0} == training.features({"opt": "sgd", "momentum": 0.7})
    with pytest.raises(SettingError, match=r"^'opt' of a configuration must be given, or be named in `conditional`"):
        training.features({"momentum": 0.7})
    with pytest.raises(SettingError, match="'momentum' of a configuration must be a finite number, got None"):
        training.features({"opt": "sgd", "momentum": None})


@pytest.mark.parametrize("value", ["0.5", None, math.nan, math.inf])
def test_features_must_be_finite(value: object) -> None:
    """A parameter that is no finite number is refused by name."""
    with pytest.raises(SettingError, match=r"^'lr' of a configuration must be a finite number, got"):
        make(halves).features({"lr": value})


async def asynchronous(config: Mapping[str, object]) -> float:
    return 0.5


async def asynchronous_generator(config: Mapping[str, object]):  # type: ignore[no-untyped-def]
    yield 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"function": 3}, "`function` must be callable, got 3"),
        ({"function": asynchronous}, "`function` must not be async, got <function asynchronous at"),
        ({"function": asynchronous_generator}, "`function` must not be async, got <function asynchronous_gen"),
        ({"function": lambda: 0}, "`function` must take (config) or (config, seed), got '()'"),
        ({"function": lambda a, b, c: 0}, "`function` must take (config) or (config, seed), got '(a, b, c)'"),
        ({"space": {}}, "`space` must map parameter names to optuna distributions, got {}"),
        ({"space": ["lr"]}, "`space` must map parameter names to optuna distributions, got ['lr']"),
        (
            {"space": {"lr": (0, 1)}},
            "'lr' of `space` must be a FloatDistribution, IntDistribution or CategoricalDistribution of optuna,"
            " got (0, 1)",
        ),
        (
            {"metric": "accuracy"},
            "`metric` must be a Metric with a goal, such as Metric('accuracy', 'maximize'), got 'accuracy'",
        ),
        ({"conditional": "lr"}, "`conditional` must be a list of names of parameters, got 'lr'"),
        ({"conditional": ["momentum"]}, "`conditional` must name parameters of `space` (lr), got 'momentum'"),
        ({"max_epochs": 0}, "`max_epochs` must be an integer >= 1, got 0"),
        ({"max_epochs": 2.5}, "`max_epochs` must be an integer >= 1, got 2.5"),
    ],
)
def test_wrong_settings(changes: dict[str, object], message: str) -> None:
    """What cannot work is refused when the objective is made."""
    with pytest.raises(SettingError) as caught:
        make(**{"function": halves, **changes})  # type: ignore[arg-type]

    assert str(caught.value).startswith(message)


def test_the_decorator() -> None:
    """A decorated function is an objective, called like the function."""

    @objective(space=SPACE, metric=ACCURACY, max_epochs=4)
    def my_net(config: Mapping[str, object]) -> list[float]:
        return [0.1, 0.2]

    assert (True, "my_net", 4) == (isinstance(my_net, FunctionObjective), my_net.name, my_net.max_epochs)
    assert [0.1, 0.2] == [measurement.value for measurement in my_net.train(TRIAL, 0, 2)]
    assert "other" == objective(space=SPACE, metric=ACCURACY, max_epochs=4, name="other")(halves).name


def test_importing_objectives_loads_no_optuna() -> None:
    """Replaying a table must not wait for a library that it does not use."""
    code = "import sys, bandits.objectives; sys.exit('optuna' in sys.modules or 'sklearn' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_nets_of_a_grammar_are_drawn_beside_other_parameters() -> None:
    """`net` is a legal walk, and its weights and layers are features."""
    grammar = Grammar.for_images(8, 1, 10)
    space = {"lr": FloatDistribution(1e-3, 1e-1)}
    nets = FunctionObjective(lambda config: [0.5], space=space, metric=ACCURACY, max_epochs=1, grammar=grammar)
    config = nets.sampler(0).propose(0)

    assert {"net", "lr"} == set(config)
    grammar.parse(str(config["net"]))
    assert {
        "num_params": num_params(str(config["net"]), 8, 1), "depth": depth(str(config["net"])), "lr": config["lr"]
    } == nets.features(config)  # fmt: skip


def test_nets_alone_need_no_other_parameter() -> None:
    """With a grammar the space may be empty; an illegal net is refused with the layer that breaks a rule."""
    grammar = Grammar.for_images(8, 1, 10)
    nets = FunctionObjective(lambda config: [0.5], space={}, metric=ACCURACY, max_epochs=1, grammar=grammar)

    assert {"net"} == set(nets.sampler(0).propose(0))
    with pytest.raises(SettingError, match=r"layer 1.*P\(2,2\)"):
        nets.features({"net": "[P(2,2), SM(10)]"})
