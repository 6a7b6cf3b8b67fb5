"""Features of the trials of an Optuna study: parameters and user attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial

from bandits.search_space.encoding import ABSENT, Encoder, Encoding, encoding_of, is_missing

__all__ = ["ParameterColumns"]


class ParameterColumns:
    """Encodes the parameters, and chosen user attributes, of the trials of an Optuna study.

    The rules are those of `bandits.search_space.encoding`. A parameter that a trial does not have is absent; if the
    trial has a user attribute of the same name with the value None, it is missing. A user attribute is encoded by its
    values; it is absent if a trial lacks it, or if it is None. If it has the name of a parameter, its feature is
    `attr NAME`.

    Args:
        user_attrs: names of the user attributes that are features.
    """

    def __init__(self, user_attrs: Sequence[str] = ()) -> None:
        self._user_attrs = tuple(user_attrs)
        self._params = Encoder(())
        self._attrs: dict[str, Encoding] = {}

    def learn(self, trials: Iterable[FrozenTrial]) -> None:
        """Choose the features from some trials; they replace those of earlier calls."""
        trials = list(trials)
        self._params = Encoder.of_trials(
            (trial.distributions, _values_of(trial.params, trial.user_attrs)) for trial in trials
        )
        params = {encoding.name for encoding in self._params.encodings}
        self._attrs = {}
        for name in self._user_attrs:
            values = [_attribute(trial.user_attrs, name) for trial in trials]
            if any(value is not ABSENT and not is_missing(value) for value in values):
                called = f"attr {name}" if name in params else name
                self._attrs[name] = encoding_of(called, values)

    def encode(self, params: Mapping[str, Any], user_attrs: Mapping[str, Any] | None = None) -> dict[str, float]:
        """The features of one trial."""
        user_attrs = user_attrs or {}
        features = self._params.encode(_values_of(params, user_attrs))
        for name, encoding in self._attrs.items():
            features |= encoding.encode(_attribute(user_attrs, name))
        return features


def _values_of(params: Mapping[str, Any], user_attrs: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a trial by parameter name; None for missing ones."""
    return {name: None for name, value in user_attrs.items() if value is None} | dict(params)


def _attribute(user_attrs: Mapping[str, Any], name: str) -> object:
    value = user_attrs.get(name)
    return ABSENT if value is None else value
