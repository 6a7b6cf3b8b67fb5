"""Which of several metrics, runs or rows to read: the requested one, else validation before training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bandits.errors import SettingError
from bandits.objectives.curve_files.phases import differ_by_phase

__all__ = ["choose_metric", "keep_one_phase", "listed"]

_NAMED = 3  # at most so many names appear in a note


def choose_metric(
    metrics: Sequence[str], asked: str, *, kind: str, source: str, argument: str
) -> tuple[str, tuple[str, ...]]:
    """Choose the metric to read from a file with several.

    Args:
        metrics: the different metrics of the file.
        asked: the metric named after the # of the source; empty for none.
        kind: what messages call them, such as "metrics".
        source: as the user wrote it.
        argument: name of the argument that holds the source, for messages.

    Returns:
        The metric, and a note if it was guessed.

    Raises:
        SettingError: there is no metric of the requested name; or none was requested, and the metrics are not just the
            training, validation and test values of one.
    """
    if asked in metrics:
        return asked, ()
    kept, notes = keep_one_phase(metrics, kind)
    if asked or len(kept) != 1:
        rule = f"must end with # and one of its {kind} ({listed(metrics, most=20) or 'it has none'})"
        raise SettingError.broken(argument, rule, source)
    return kept[0], notes


def keep_one_phase(names: Sequence[str], kind: str) -> tuple[list[str], tuple[str, ...]]:
    """Keep one of the names that differ only in training, validation and test.

    Args:
        names: names of runs or metrics, all different.
        kind: what the note calls them, in the plural.

    Returns:
        The names that stay, and a note on the others.
    """
    instead = differ_by_phase(names)
    if not instead:
        return list(names), ()
    out, taken = list(instead), list(dict.fromkeys(instead.values()))
    note = f"{kind} left out: {listed(out)}, because there are validation or test values: {listed(taken)}"
    return [name for name in names if name not in instead], (note,)


def listed(names: Iterable[str], most: int = _NAMED) -> str:
    """Some names, and how many more there are."""
    named = list(names)
    more = f" and {len(named) - most:,} more" if len(named) > most else ""
    return ", ".join(named[:most]) + more
