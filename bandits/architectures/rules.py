"""Says in words which rule of a grammar a layer would break as the next layer."""

from __future__ import annotations

from collections.abc import Iterable

from bandits.architectures.layers import (
    Convolution,
    FullyConnected,
    GlobalAveragePooling,
    Layer,
    Pooling,
    Softmax,
)
from bandits.architectures.limits import Limits
from bandits.architectures.state import State

__all__ = ["broken_rule"]

_NO_BEGINNING = "must be C: every net begins with C"


def broken_rule(limits: Limits, state: State, layer: Layer) -> str | None:
    """The rule that `layer` would break right after `state`, as the rest of a sentence; None if it is legal."""
    if state.final:
        return "must not follow SM, which ends a net"
    if layer not in limits.alphabet:
        return _unknown(limits, layer)
    if isinstance(layer, Softmax):
        return None if state.layer is not None or limits.initial_end else _NO_BEGINNING
    if isinstance(state.layer, GlobalAveragePooling):
        return f"must be SM, as it follows {state.layer}"
    if isinstance(state.layer, FullyConnected) and not isinstance(layer, FullyConnected):
        return f"must be FC or SM, as it follows {state.layer}"
    if state.depth >= limits.max_depth:
        return f"must be SM, as the most layers before it are {limits.max_depth}"
    if isinstance(layer, Convolution):
        return _convolution(state, layer)
    if isinstance(layer, Pooling):
        return _pooling(limits, state, layer)
    if isinstance(layer, FullyConnected):
        return _fully_connected(limits, state, layer)
    return None if state.layer is not None or limits.initial_end else _NO_BEGINNING


def _convolution(state: State, layer: Convolution) -> str | None:
    if layer.kernel >= state.bucket:
        return f"must have a kernel below {state.bucket}, {_size_of(state)}"
    return None


def _pooling(limits: Limits, state: State, layer: Pooling) -> str | None:
    if state.layer is None and not limits.initial_pooling:
        return _NO_BEGINNING
    if isinstance(state.layer, Pooling):
        return f"must not be P, as it follows {state.layer}"
    if layer.size > state.bucket:
        return f"must have a window of at most {state.bucket}, {_size_of(state)}"
    return None


def _fully_connected(limits: Limits, state: State, layer: FullyConnected) -> str | None:
    if state.layer is None:
        return _NO_BEGINNING
    if state.size >= limits.fully_connected_below:
        return f"must not be FC, as its input's size {state.size} is not below {limits.fully_connected_below}"
    if state.fully_connected >= limits.max_fully_connected:
        return f"must not be FC, as the most of them are {limits.max_fully_connected}"
    if isinstance(state.layer, FullyConnected) and layer.units > state.layer.units:
        return f"must not be wider than {state.layer}, which it follows"
    return None


def _size_of(state: State) -> str:
    return f"the bin of its input's size {state.size}"


def _unknown(limits: Limits, layer: Layer) -> str:
    """Which layers of this kind the limits allow."""
    if isinstance(layer, Convolution):
        return f"must have filters {_any_of(limits.filters)}, kernel {_any_of(limits.kernels)} and stride 1"
    alike = [known for known in limits.alphabet if isinstance(known, type(layer))]
    return f"must be {_any_of(alike)}" if alike else f"must not be {layer.word}, which the grammar lacks"


def _any_of(values: Iterable[object]) -> str:
    *others, last = map(str, values)
    return f"{', '.join(others)} or {last}" if others else last
