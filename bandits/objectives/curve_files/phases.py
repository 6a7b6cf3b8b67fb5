"""Recognise training, validation and test by the words of names, and choose one of curves that differ only in this."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from bandits.objectives.curve_files.csv_cells import words_of

__all__ = ["PHASE_WORDS", "Phase", "differ_by_phase", "phase_of", "without_phase"]

Phase = Literal["training", "validation", "test"]

_WORDS: dict[Phase, frozenset[str]] = {
    "training": frozenset({"train", "training"}),
    "validation": frozenset({"val", "valid", "validation", "dev", "eval", "evaluation"}),
    "test": frozenset({"test", "testing"}),
}
PHASE_WORDS = frozenset().union(*_WORDS.values())
"""Every word that names a phase."""
_WORD = re.compile(r"[A-Za-z0-9]+")


def phase_of(name: str) -> Phase | None:
    """The phase in a name; None if the name has none, or several.

    Example:
        >>> phase_of("val_loss"), phase_of("exp3/train"), phase_of("accuracy")
        ('validation', 'training', None)
    """
    found: list[Phase] = [phase for phase, words in _WORDS.items() if words_of(name) & words]
    return found[0] if len(found) == 1 else None


def without_phase(name: str) -> str:
    """A name without the word of its phase: "val_loss" and "loss/train" are "loss"."""
    phase = phase_of(name)
    words = _WORD.findall(name)
    return " ".join(word for word in words if phase is None or word.lower() not in _WORDS[phase])


def differ_by_phase(names: Iterable[str]) -> dict[str, str]:
    """Which names to leave out because another name is the same metric or run in a better phase.

    Validation comes before test, test before a name without a phase, and that before training. (In Keras, `loss` beside
    `val_loss` is the training loss.)

    Args:
        names: of runs, of metrics, or of columns.

    Returns:
        For each name to leave out, the name that is taken instead.

    Example:
        >>> differ_by_phase(["loss", "val_loss", "train_acc"])
        {'loss': 'val_loss'}
    """
    order: list[Phase | None] = ["validation", "test", None, "training"]
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        groups.setdefault(without_phase(name), []).append(name)
    instead: dict[str, str] = {}
    for group in groups.values():
        best = min(order.index(phase_of(name)) for name in group)
        taken = [name for name in group if order.index(phase_of(name)) == best]
        if len(taken) == 1:
            instead |= {name: taken[0] for name in group if name != taken[0]}
    return instead
