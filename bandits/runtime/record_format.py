"""How a record is written in a journal file, and read again: its kind by name, its fields as JSON.

Files name their version from version 1 on. A file without one is of version 0, which has no `cause`. A file of a later
version may hold kinds and fields that this version does not know: what is known is read, and the rest is reported.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from bandits.errors import JournalError
from bandits.runtime import records
from bandits.runtime.records import Record
from bandits.schedulers.lifecycle import State

__all__ = ["VERSION", "RecordReader", "kind_of", "written"]

VERSION = 1

_KINDS: Mapping[str, type[Any]] = {
    "RunStarted": records.RunStarted,
    "TrialStarted": records.TrialStarted,
    "JobStarted": records.JobStarted,
    "Epoch": records.Epoch,
    "EpochsAgain": records.EpochsAgain,
    "TrialFailed": records.TrialFailed,
    "WorkerLost": records.WorkerLost,
    "Advised": records.VerdictGiven,  # files have had this name from the first version on
    "Changed": records.Changed,
    "Ended": records.Ended,
}
_NAMES: Mapping[type[Any], str] = {kind: name for name, kind in _KINDS.items()}
_HINTS: Mapping[str, Mapping[str, Any]] = {name: get_type_hints(kind) for name, kind in _KINDS.items()}
_NEEDED: Mapping[str, frozenset[str]] = {
    name: frozenset(f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)
    for name, kind in _KINDS.items()
}


def kind_of(record: Record) -> str:
    """What a file calls this kind of record."""
    return _NAMES[type(record)]


def written(record: Record) -> str:
    """The fields of a record as JSON.

    Raises:
        TypeError, ValueError: JSON cannot say it.
    """
    return json.dumps({field.name: getattr(record, field.name) for field in fields(record)}, default=_plain)


class RecordReader:
    """Reads the records of one file.

    Args:
        version: of the file.

    Attributes:
        unknown: kinds ("Kind") and fields ("Kind.field") of a later version, with how often they were met.
    """

    def __init__(self, version: int) -> None:
        self._version = version
        self.unknown: Counter[str] = Counter()

    def read(self, kind: str, body: str) -> Record | None:
        """One record; None if only a later version has its kind.

        Raises:
            JournalError: it is not a record of this version, it lacks a field, or a field has another type.
        """
        later = self._version > VERSION
        if kind not in _KINDS and later:
            self.unknown[kind] += 1
            return None
        try:
            values = json.loads(body)
        except (ValueError, TypeError, RecursionError) as error:  # TypeError: SQLite keeps whatever it is given
            raise JournalError(f"journal must hold records in JSON, got {_short(body)}") from error
        if kind not in _KINDS or not isinstance(values, dict):
            raise JournalError(f"journal must hold records that this version knows, got {kind} {_short(body)}")
        hints = _HINTS[kind]
        foreign = values.keys() - hints.keys()
        if later:
            self.unknown.update(f"{kind}.{name}" for name in sorted(foreign))
        elif foreign:
            raise JournalError(f"journal must hold records that this version knows, got {kind} {_short(body)}")
        missing = sorted(_NEEDED[kind] - values.keys())
        if missing:
            raise JournalError(f"journal must hold `{missing[0]}` in each {kind}, got {_short(body)}")
        there = {name: hint for name, hint in hints.items() if name in values}
        known = {name: _restored(f"`{name}` of {kind}", hint, values[name]) for name, hint in there.items()}
        record: Record = _KINDS[kind](**known)
        return record

    def notes(self) -> tuple[str, ...]:
        """What was not understood, in a sentence; empty if everything was."""
        if not self.unknown:
            return ()
        what = ", ".join(f"{name} ({count:,})" for name, count in sorted(self.unknown.items()))
        return (
            f"the journal has format {self._version} and this version of bandits knows formats up to {VERSION}: left"
            f" out {what}",
        )


def _restored(what: str, hint: Any, value: object) -> object:
    """A value of a field, which must have the type that the record declares."""
    if hint is State:
        states = [state.value for state in State]
        if value not in states:
            raise JournalError(f"journal must hold one of {', '.join(states)} as {what}, got {_short(value)}")
        return State(value)
    if hint is not Any and not _is_a(hint, value):
        raise JournalError(f"journal must hold {_said(hint)} as {what}, got {_short(value)}")
    return value


def _is_a(hint: Any, value: object) -> bool:
    """Whether a JSON value has a declared type; a whole number is a number too."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(_is_a(each, value) for each in get_args(hint))
    if origin is not None:  # Mapping[str, ...], whose keys are texts in JSON
        (_, of) = get_args(hint)
        return isinstance(value, dict) and (of is Any or all(_is_a(of, each) for each in value.values()))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _said(hint: Any) -> str:
    """A declared type in words."""
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_said(each) for each in get_args(hint))
    words = {float: "a number", int: "a whole number", str: "a text", bool: "true or false", NoneType: "nothing"}
    if hint in words:
        return words[hint]
    return "names and values" if get_args(hint)[1] is Any else "names and numbers"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."


def _plain(value: object) -> object:
    """Convert what JSON cannot hold: states become names, numbers and arrays of other libraries become numbers and
    lists, mappings become dictionaries, and the rest becomes text."""
    if isinstance(value, State):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    tolist = getattr(value, "tolist", None)
    return tolist() if callable(tolist) else str(value)
