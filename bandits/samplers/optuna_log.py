"""Optuna's log, silent for a moment: a study that the library keeps for itself is no news to its user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_optuna"]


@contextmanager
def quiet_optuna(*, warnings: bool = True) -> Iterator[None]:
    """Have Optuna log warnings at most, or only errors; afterwards it is as loud as before."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(verbosity, optuna.logging.WARNING if warnings else optuna.logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
