"""The errors that this library raises.

    BanditsError
    ├── SettingError (ValueError)         an argument breaks its rule
    │   ├── CurveTableError               a curve table cannot be read as one
    │   └── DataError                     a data set is missing, or its files are damaged
    ├── UnknownPlugin (LookupError)       no algorithm, predictor, objective or table of that name
    ├── MissingDependency (ImportError)   an optional library is not installed
    ├── ObjectiveError                    an objective broke its contract; inside a trial, only that trial fails
    ├── JournalError                      a journal cannot be read or written
    └── ProtocolError                     events came in an order that cannot happen

Every message is one sentence that names the argument, the rule and the value. A trial that fails is
not an error of a run: it is an event (`bandits.schedulers.Failed`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Self

__all__ = [
    "BanditsError",
    "CurveTableError",
    "DataError",
    "JournalError",
    "MissingDependency",
    "ObjectiveError",
    "ProtocolError",
    "SettingError",
    "UnknownPlugin",
    "described",
    "did_you_mean",
    "shown",
]


_LONGEST = 200  # characters of a value in a message


def shown(value: object) -> str:
    """A value as messages show it: its repr in one line, shortened if it is long; its type if the repr fails."""
    try:
        text = repr(value)
    except Exception:  # whatever a foreign __repr__ raises
        return f"a {type(value).__name__}"
    text = " ".join(map(str.strip, text.splitlines())) if "\n" in text else text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def described(error: BaseException) -> str:
    """An error of foreign code in one line: its type and its text, or its type alone if it has no text.

    The text of an `ObjectiveError` is a sentence, so its type is left out. An error may raise when it is printed.
    """
    try:
        words = " ".join(str(error).split())
    except Exception:  # whatever a foreign __str__ raises
        words = ""
    if isinstance(error, ObjectiveError) and words:
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def did_you_mean(name: str, known: Collection[str]) -> str:
    """ " (did you mean 'x'?)" for the known name nearest to one that is not known; empty where none is near."""
    from difflib import get_close_matches  # it takes some milliseconds to load, and is seldom needed

    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


class BanditsError(Exception):
    """The root of every error that this library raises on purpose."""


class SettingError(BanditsError, ValueError):
    """An argument breaks its rule: "`eta` must be >= 2, got 1"."""

    @classmethod
    def broken(cls, argument: str, rule: str, value: object) -> Self:
        """Build the error in the shape that every setting uses.

        Args:
            argument: name of the argument, as the caller writes it.
            rule: what must hold, as the rest of a sentence ("must be >= 2").
            value: what was given.
        """
        return cls(f"{argument} {rule}, got {shown(value)}")


class CurveTableError(SettingError):
    """A file or array cannot be read as a table of learning curves."""


class DataError(SettingError):
    """The files of a data set are missing or damaged."""


class UnknownPlugin(BanditsError, LookupError):
    """No plug-in of that kind has that name; the message lists those that exist, and suggests the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        super().__init__(f"{kind} must be one of {', '.join(names)}, got {shown(name)}{did_you_mean(name, names)}")


class MissingDependency(BanditsError, ImportError):
    """A feature needs a library that is not installed; the message holds the command that installs it.

    Args:
        feature: what needs the library, as the begin of a sentence.
        extra: the extra that holds the library.
        libraries: those that the feature needs; all of the extra by default.
    """

    def __init__(self, feature: str, extra: str, *libraries: str) -> None:
        super().__init__(f"{feature} needs an optional library: pip install {_libraries_of(extra, libraries)}")


def _libraries_of(extra: str, wanted: Collection[str]) -> str:
    """The libraries of an extra, named one by one: that works wherever this package was installed from."""
    import re
    from importlib.metadata import PackageNotFoundError, requires

    try:
        needed = [each.partition(";") for each in requires("bandits-hpo") or ()]
    except PackageNotFoundError:
        needed = []
    of_extra = [library.strip() for library, _, marker in needed if marker.strip() == f"extra == '{extra}'"]
    named = [f"'{library}'" for library in of_extra if not wanted or re.split("[^\\w-]", library)[0] in wanted]
    return " ".join(named) or f"'.[{extra}]' in a copy of the repository"


class ObjectiveError(BanditsError):
    """An objective broke its contract. Inside a trial it fails that trial, with this message as the reason."""


class JournalError(BanditsError):
    """A journal file is missing, unreadable, of another kind, or in use."""


class ProtocolError(BanditsError):
    """A scheduler received an event that cannot follow the events before it; its state is unchanged."""
