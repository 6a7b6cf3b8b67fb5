"""Read the text of a setting as a value of the type that its signature declares, and write values as text."""

from __future__ import annotations

import enum
import os
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from bandits.config.description import Quoted
from bandits.errors import SettingError, shown
from bandits.errors.checks import did_you_mean

__all__ = ["Kind", "kind_of", "text_of", "untyped"]

_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_LONGEST_NUMBER = 400  # characters


class _Unfit(ValueError):
    """A text cannot be read as a value of a kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values that can be written as text.

    Args:
        name: its name in messages and listings: "an integer".
        read: reads a value from a text or a tuple of texts; raises ValueError if that is impossible.
        order: the kinds of a union are tried in this order; strict kinds come first.
        choices: the allowed names, if the values are a fixed set of names.
    """

    name: str
    read: Callable[[Any], Any]
    order: int
    choices: tuple[str, ...] = ()

    def value(self, text: object, argument: str) -> Any:
        """Read a value.

        Args:
            text: the text, as `parse` returned it.
            argument: name of the setting, for messages.

        Raises:
            SettingError: the text is no value of this kind.
        """
        try:
            return self.read(text)
        except SettingError:
            raise
        except ValueError:
            hint = did_you_mean(text, self.choices) if isinstance(text, str) else ""
            shown_text = shown(str(text) if isinstance(text, str) else text)
            raise SettingError(f"{argument} must be {self.name}, got {shown_text}{hint}") from None


def kind_of(annotation: object) -> Kind | None:
    """The kind of values that an annotation declares; None if they cannot be written as text.

    Example:
        >>> kind_of(int | None).name
        'an integer or none'
        >>> kind_of(tuple[float, ...]).read(("1", "2.5"))
        (1.0, 2.5)
    """
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin = get_origin(annotation)
    if origin is Literal:
        return _choices(get_args(annotation))
    if origin in (Union, types.UnionType):
        return _union(get_args(annotation))
    if origin in (tuple, list, Sequence, Iterable) and get_args(annotation):
        return _sequence(tuple if origin is tuple else list, get_args(annotation))
    if isinstance(annotation, type):
        if issubclass(annotation, enum.Enum):
            return _choices([member.value for member in annotation], annotation)
        if issubclass(annotation, os.PathLike):
            return _PLAIN[str]
        if callable(getattr(annotation, "parse", None)):
            return Kind(f"text of {annotation.__name__}", lambda text: annotation.parse(_text(text)), 5)  # type: ignore[attr-defined]
    if origin is os.PathLike or annotation is os.PathLike:
        return _PLAIN[str]
    return None


def text_of(value: object) -> str | tuple[object, ...] | None:
    """Write a value as text that is read as the same value; None if that is impossible."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and not isinstance(value, enum.Enum):
        return repr(value)
    if isinstance(value, str):
        text = str(value)
        return text if isinstance(untyped.read(text), str) else Quoted(text)
    if isinstance(value, tuple | list):
        texts = tuple(text_of(each) for each in value)
        return None if None in texts else texts
    if callable(getattr(type(value), "parse", None)):
        return str(value)
    return None


def _text(text: object) -> str:
    if not isinstance(text, str):
        raise _Unfit
    return str(text)


def _bare(text: object) -> str:
    if not isinstance(text, str) or isinstance(text, Quoted) or len(text) > _LONGEST_NUMBER:
        raise _Unfit
    return text


def _flag(text: object) -> bool:
    try:
        return _FLAGS[_bare(text).lower()]
    except KeyError:
        raise _Unfit from None


def _word(text: object) -> bool:
    """Read true or false; not 1 or 0, which may be numbers."""
    if _bare(text).isdigit():
        raise _Unfit
    return _flag(text)


def _none(text: object) -> None:
    if _bare(text).lower() != "none":
        raise _Unfit


_PLAIN: Mapping[object, Kind] = {
    type(None): Kind("none", _none, 0),
    None: Kind("none", _none, 0),
    int: Kind("an integer", lambda text: int(_bare(text)), 2),
    float: Kind("a number", lambda text: float(_bare(text)), 3),
    bool: Kind("true or false", _flag, 1),
    str: Kind("text", _text, 6),
}


def _choices(values: Iterable[object], make: Callable[[Any], object] = lambda value: value) -> Kind:
    by_text = {str(value): value for value in values}

    def read(text: object) -> object:
        try:
            return make(by_text[_text(text)])
        except KeyError:
            raise _Unfit from None

    return Kind(_one_of(by_text), read, 4, tuple(by_text))


def _union(annotations: Iterable[object]) -> Kind | None:
    """A kind that tries each member in turn; members that cannot be written as text are left out."""
    kinds = sorted((kind for kind in map(kind_of, annotations) if kind is not None), key=lambda kind: kind.order)
    if not any(kind.order for kind in kinds):
        return None  # none alone is no setting
    choices = tuple(choice for kind in kinds for choice in kind.choices)
    if all(kind.choices for kind in kinds):
        return Kind(_one_of(choices), _first_of(kinds), 4, choices)
    named = [kind for kind in kinds if kind.order] + [kind for kind in kinds if not kind.order]
    name = " or ".join(kind.name for kind in named)
    return Kind(name, _first_of(kinds), max(kind.order for kind in kinds), choices)


def _one_of(choices: Iterable[str]) -> str:
    """Choices in words: "one of 'ceil', 'floor'", or "'noise'" where there is no other."""
    shown_choices = [repr(str(choice)) for choice in choices]
    return shown_choices[0] if len(shown_choices) == 1 else f"one of {', '.join(shown_choices)}"


def _first_of(kinds: Sequence[Kind]) -> Callable[[object], Any]:
    def read(text: object) -> Any:
        for kind in kinds:
            try:
                return kind.read(text)
            except SettingError:
                raise
            except ValueError:
                pass
        raise _Unfit

    return read


def _sequence(make: Callable[[Iterable[Any]], Any], annotations: Sequence[object]) -> Kind | None:
    """A list of values of one kind; a single value is read as a list with one item."""
    item = kind_of(annotations[0])
    if item is None or any(other not in (annotations[0], ...) for other in annotations[1:]):
        return None

    def read(text: object) -> Any:
        return make(item.read(each) for each in (text if isinstance(text, tuple) else (text,)))

    return Kind(f"a list [...], each {item.name}", read, 5)


def _guess(text: object) -> Any:
    """Read a text as the kind of value that it looks like."""
    if isinstance(text, tuple):
        return tuple(map(_guess, text))
    for read in (_none, _word, _PLAIN[int].read, _PLAIN[float].read, _text):
        try:
            return read(text)
        except ValueError:
            pass
    raise _Unfit


untyped = Kind("any value", _guess, 7)
"""Values of settings with no known type: each text is read as none, true, false, a number or text, as it looks."""
