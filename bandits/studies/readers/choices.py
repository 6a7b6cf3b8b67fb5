"""Which of several metrics, runs or rows are read: the one that is asked for, or validation before training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bandits.errors import SettingError
from bandits.objectives.curve_files.phases import differ_by_phase

__all__ = ["choose_metric", "keep_one_phase", "listed"]

_NAMED = 3  # so many names are written out in a note


def choose_metric(
    metrics: Sequence[str], asked: str, *, kind: str, source: str, argument: str
) -> tuple[str, tuple[str, ...]]:
    """Choose what is read of a file with several metrics.

    Args:
        metrics: the different ones that it has.
        asked: the one that follows the # of the source; empty for none.
        kind: what messages call them: "metrics", say.
        source: as the user wrote it.
        argument: how messages call the source.

    Returns:
        The metric, and a note where it was guessed.

    Raises:
        SettingError: the one that is asked for is not there; or none is asked for, and they differ by more than by
            being of training and of validation.
    """
    if asked in metrics:
        return asked, ()
    kept, notes = keep_one_phase(metrics, kind)
    if asked or len(kept) != 1:
        rule = f"must end with # and one of its {kind} ({listed(metrics, most=20) or 'it has none'})"
        raise SettingError.broken(argument, rule, source)
    return kept[0], notes


def keep_one_phase(names: Sequence[str], kind: str) -> tuple[list[str], tuple[str, ...]]:
    """Leave out names that are the same as others but for training, validation and test.

    Args:
        names: of runs or metrics, all different.
        kind: what the note calls them, in the plural.

    Returns:
        The names that stay, and a note on those that do not.
    """
    instead = differ_by_phase(names)
    if not instead:
        return list(names), ()
    out, taken = list(instead), list(dict.fromkeys(instead.values()))
    note = f"{kind} left out: {listed(out)}; the same is there for validation or test: {listed(taken)}"
    return [name for name in names if name not in instead], (note,)


def listed(names: Iterable[str], most: int = _NAMED) -> str:
    """Some names, and how many more there are."""
    named = list(names)
    more = f" and {len(named) - most:,} more" if len(named) > most else ""
    return ", ".join(named[:most]) + more
