"""The user's own training function as an objective."""

from __future__ import annotations

import inspect
import sys
import time
import warnings
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from importlib import import_module
from numbers import Real
from types import FunctionType
from typing import TYPE_CHECKING, Any, SupportsIndex

from bandits.architectures import Grammar, depth, num_params
from bandits.curves import Metric, Trial
from bandits.errors import ObjectiveError, SettingError, described
from bandits.errors.checks import check_instance, check_whole
from bandits.objectives.base import Measurement, Objective
from bandits.samplers.architectures import ArchitectureSampler
from bandits.samplers.base import Sampler
from bandits.samplers.random import RandomSampler
from bandits.search_space import Encoder, NumberEncoding, check_space, number_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


__all__ = ["FunctionObjective", "objective"]

_END = object()
_METRIC_RULE = "must be a Metric with a goal, such as Metric('accuracy', 'maximize')"


@dataclass(slots=True)
class _Training:
    """A training in progress: the iterator over its values, and how many it has yielded."""

    values: Iterator[Any]
    epoch: int = 0


class FunctionObjective(Objective):
    """Trains by calling a function that yields the metric after every epoch.

    Call: `function(config)` or `function(config, seed)`; it returns an iterable of one number for each epoch (such as a
    generator), or a single number as a curve of one epoch. A paused trial keeps its iterator. docs/settings.md ("Your
    own objective") tells more, also about worker processes.

    Args:
        function: trains one configuration, of which it gets a copy as a dict.
        space: a distribution of `optuna.distributions` for each parameter name.
        metric: the metric whose raw values the function yields.
        max_epochs: the longest training, >= 1.
        conditional: names of parameters of `space` that a configuration may lack.
        grammar: grammar of the nets in `config["net"]`, if it trains nets; `space` may then be empty.
        name: its name in reports; by default the function's.
        clock: returns the time in seconds; an epoch lasts from one reading to the next.

    Raises:
        SettingError: an argument breaks its rule.

    Example:
        >>> from optuna.distributions import FloatDistribution
        >>> def train(config):
        ...     for epoch in range(1, 10):
        ...         yield 1 - config["lr"] / epoch
        >>> accuracy = Metric("accuracy", goal="maximize")
        >>> objective = FunctionObjective(train, space={"lr": FloatDistribution(0, 1)}, metric=accuracy, max_epochs=9)
        >>> trial = Trial(id=0, config={"lr": 0.5})
        >>> [measurement.value for measurement in objective.train(trial, start=0, stop=2)]
        [0.5, 0.75]
    """

    encoder: Encoder

    def __init__(
        self,
        function: Callable[..., object],
        *,
        space: Mapping[str, BaseDistribution],
        metric: Metric,
        max_epochs: int,
        conditional: Collection[str] = (),
        grammar: Grammar | None = None,
        name: str | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._function = function
        self._call = _caller(function)
        check_instance("space", space, Mapping, "must map parameter names to optuna distributions")
        if space or grammar is None:
            check_space(space)
        check_instance("metric", metric, Metric, _METRIC_RULE)
        check_instance("grammar", grammar, Grammar, "must be a Grammar", or_none=True)
        check_instance("name", name, str, "must be a text", or_none=True)
        if not callable(clock):
            raise SettingError.broken("`clock`", "must be a function that gives seconds", clock)
        self._space = dict(space)
        self.space = None if grammar is not None else self._space
        self.grammar = grammar
        self.conditional = _names("conditional", conditional, self._space)
        self.encoder = Encoder.of_space(self._space, self.conditional)
        self.metric = metric
        self.max_epochs = check_whole("max_epochs", max_epochs, 1)
        self.name = name or str(getattr(function, "__name__", type(function).__name__))
        self._clock = clock
        self._under_way: dict[int, _Training] = {}

    # Worker processes get a copy by pickle: its settings, without the trainings in progress

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_call", "_under_way")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _call=_caller(state["_function"]), _under_way={})

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Pickle by the name of this objective in its module, if the function itself has no name there.

        Raises:
            SettingError: neither has a name at the top level of a module.
        """
        function = self._function
        if not isinstance(function, FunctionType) or _named(function) is function:
            return super().__reduce_ex__(protocol)
        for name, value in tuple(vars(sys.modules.get(function.__module__, self)).items()):
            if value is self:  # a decorated function: its name now refers to this objective
                return _imported, (function.__module__, name)
        rule = "must be at the top level of a module, so that processes can import it"
        raise SettingError.broken("`function`", rule, f"{function.__module__}.{function.__qualname__}")

    def sampler(self, seed: int) -> Sampler:
        """Draws every parameter at random from the space, and nets by legal walks."""
        if self.grammar is not None:
            return ArchitectureSampler(self.grammar, self._space, seed)
        return RandomSampler(self._space, seed)

    def declared_space(self) -> Mapping[str, BaseDistribution]:
        """The space, with or without a grammar."""
        return self._space

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        """The parameters as numbers, by the rules of `bandits.search_space.encoding`.

        Raises:
            SettingError: a parameter is missing though not conditional, or is no finite number though it must be.
        """
        features: dict[str, float] = {}
        if self.grammar is not None:
            layers = self.grammar.parse(config.get("net"))  # type: ignore[arg-type]  # it says what is wrong with it
            weights = num_params(layers, self.grammar.image_size, self.grammar.channels)
            features |= {"num_params": float(weights), "depth": float(depth(layers))}
        for encoding in self.encoder.encodings:
            if encoding.name not in config:
                if encoding.name not in self.conditional:
                    rule = "must be given, or be named in `conditional`"
                    raise SettingError.broken(f"{encoding.name!r} of a configuration", rule, dict(config))
            elif isinstance(encoding, NumberEncoding) and number_of(config[encoding.name]) is None:
                rule = "must be a finite number"
                raise SettingError.broken(f"{encoding.name!r} of a configuration", rule, config[encoding.name])
        return features | self.encoder.encode(config)

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Advance the trial's training to the end of epoch `stop`, and yield the result of each epoch.

        A process that does not hold the training calls the function anew, and trains all epochs up to `start` again.

        Raises:
            ObjectiveError: the function returned no iterable, ended early, or gave a value that is no number. Errors of
                the function itself are passed on.
        """
        read = self._clock
        began = read()
        training = self._under_way.get(trial.id)
        if training is None or start == 0 or training.epoch > start:
            self.release(trial)
            training = self._under_way[trial.id] = _Training(self._begin(trial))
        again = max(start - training.epoch, 0)
        while training.epoch < stop:
            value = next(training.values, _END)
            training.epoch += 1
            if value is _END:
                rule = f"must yield a value for every epoch up to {stop}"
                raise ObjectiveError(f"{self.name} {rule}, but ended after epoch {training.epoch - 1}")
            number = self._number(value, training.epoch)
            if training.epoch > start:
                now = read()
                yield Measurement(training.epoch, number, max(now - began, 0.0), again=again)
                began, again = read(), 0

    def release(self, trial: Trial) -> None:
        """Close the trial's iterator and remove it; a generator runs its `finally` blocks here."""
        training = self._under_way.pop(trial.id, None)
        if training is not None and isinstance(training.values, Generator):
            try:
                training.values.close()
            except Exception as error:  # the trial is over: a failing clean-up must not end the run
                message = f"{self.name} raised while trial {trial.id} was closed: {described(error)}"
                warnings.warn(message, RuntimeWarning, stacklevel=2)

    def _begin(self, trial: Trial) -> Iterator[Any]:
        values = self._call(dict(trial.config), trial.seed)
        if isinstance(values, Real):
            return iter((values,))
        if not isinstance(values, Iterable) or isinstance(values, str | bytes | Mapping):
            raise ObjectiveError(f"{self.name} must yield or return one number for each epoch, got {values!r}")
        if isinstance(values, Sized) and len(values) > self.max_epochs:
            raise ObjectiveError(f"{self.name} must give at most {self.max_epochs} values, got {len(values)}")
        return iter(values)

    def _number(self, value: object, epoch: int) -> float:
        """A value as a float; NaN and infinity are allowed here, the run handles them."""
        if type(value) is float:
            return value
        is_single = getattr(value, "ndim", 0) == 0  # a 0-d array or tensor is a number
        if is_single and not isinstance(value, str | bytes | complex):
            try:
                return float(value)  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError):
                pass
        raise ObjectiveError(f"value of epoch {epoch} of {self.name} must be a number, got {value!r}")


def objective(
    *,
    space: Mapping[str, BaseDistribution],
    metric: Metric,
    max_epochs: int,
    conditional: Collection[str] = (),
    grammar: Grammar | None = None,
    name: str | None = None,
) -> Callable[[Callable[..., object]], FunctionObjective]:
    """A decorator that makes a function an objective, for `bandits run hyperband --objective your_module:train`.

    Args:
        space, metric, max_epochs, conditional, grammar, name: see `FunctionObjective`.

    Raises:
        SettingError: an argument breaks its rule.

    Example:
        >>> from optuna.distributions import IntDistribution
        >>> @objective(space={"units": IntDistribution(8, 64)}, metric=Metric("loss", goal="minimize"), max_epochs=3)
        ... def train(config):
        ...     yield from (1 / config["units"], 0.5 / config["units"], 0.25 / config["units"])
        >>> train.name, train.max_epochs
        ('train', 3)
    """
    return lambda function: FunctionObjective(
        function,
        space=space,
        metric=metric,
        max_epochs=max_epochs,
        conditional=conditional,
        grammar=grammar,
        name=name,
    )


def _names(argument: str, names: Collection[str], space: Mapping[str, BaseDistribution]) -> frozenset[str]:
    """Check names of parameters: each must be in the space."""
    if isinstance(names, str) or not isinstance(names, Collection):
        raise SettingError.broken(f"`{argument}`", "must be a list of names of parameters", names)
    for name in names:
        if not isinstance(name, str) or name not in space:
            raise SettingError.broken(f"`{argument}`", f"must name parameters of `space` ({', '.join(space)})", name)
    return frozenset(names)


def _caller(function: Callable[..., object]) -> Callable[[dict[str, object], int], object]:
    """A call of the function with or without a seed, as its signature requires."""
    if not callable(function):
        raise SettingError.broken("`function`", "must be callable", function)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise SettingError.broken("`function`", "must not be async", function)
    try:
        signature = inspect.signature(function)
    except ValueError:  # some functions written in C have no signature
        return lambda config, _: function(config)
    if _binds(signature, {}, seed=0):
        return lambda config, seed: function(config, seed=seed)
    if _binds(signature, {}):
        return lambda config, _: function(config)
    if _binds(signature, {}, 0):
        return lambda config, seed: function(config, seed)
    raise SettingError.broken("`function`", "must take (config) or (config, seed)", f"{signature}")


def _named(function: FunctionType) -> object:
    """The object that now has the function's name in its module; None if there is none."""
    found: object = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found


def _imported(module: str, name: str) -> object:
    return getattr(import_module(module), name)


def _binds(signature: inspect.Signature, *positional: object, **named: object) -> bool:
    try:
        signature.bind(*positional, **named)
    except TypeError:
        return False
    return True
