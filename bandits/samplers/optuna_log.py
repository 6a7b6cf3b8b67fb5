"""Silence Optuna's log for a moment, because internal studies of this library do not concern its user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_optuna"]


@contextmanager
def quiet_optuna(*, warnings: bool = True) -> Iterator[None]:
    """Limit Optuna's log to warnings, or to errors; the level is restored afterwards."""
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(verbosity, optuna.logging.WARNING if warnings else optuna.logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
