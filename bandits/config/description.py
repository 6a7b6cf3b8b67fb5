"""The grammar of a name with its settings, `NAME:ARGUMENT,key=value,...`: text is read and written here.

    description = NAME [":" item {"," item}]
    item        = key "=" value         a setting
                | value                 the argument: one at most, and first
    value       = bare | quoted | list
    list        = "[" [value {"," value}] "]"
    quoted      = "'" characters "'"    or in double quotes; the quote itself is written twice
    bare        = any characters but commas; blanks around it do not count

A key is a Python name; hyphens count as underscores. The first colon ends the name. A value must be quoted if it holds
a comma, begins with a quote or a bracket, or has blanks around it; so must an argument that looks like `key=value`,
and text that looks like another kind of value: 'none', 'true', '3'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bandits.errors import SettingError, shown

__all__ = ["Description", "Quoted", "Value", "parse", "write"]

Value: TypeAlias = "str | tuple[object, ...]"
"""The text of a value, or the values of a list."""

_KEY = re.compile(r"\s*([^\W\d][\w-]*)\s*=")
_QUOTES = ("'", '"')


class Quoted(str):
    """Text that was in quotes: it stays text, even if it looks like another kind of value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Description:
    """A name, its argument and its settings, as the user wrote them.

    Args:
        name: the name.
        argument: the value without a key; None if there is none.
        settings: the text of each value by key, a tuple for a list; `Quoted` if the text was in quotes.
    """

    name: str
    argument: Value | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)


def parse(text: str, role: str = "description") -> Description:
    """Read a description.

    Args:
        text: a description in the grammar of this module's docstring.
        role: what it describes, for messages: "predictor".

    Raises:
        SettingError: the text breaks the grammar; the message says where.

    Example:
        >>> parse("srm:min_curves=5,model=svr_rbf").settings
        {'min_curves': '5', 'model': 'svr_rbf'}
        >>> parse("table:'a,b.csv',duplicates=keep").argument
        'a,b.csv'
    """
    return _Reader(text, role).description()


def write(description: Description) -> str:
    """The text that `parse` reads as this description; values are quoted where they must be."""
    items = [] if description.argument is None else [_written(description.argument, argument=True)]
    items += [f"{key}={_written(value)}" for key, value in description.settings.items()]
    name = description.name
    if not name or ":" in name or name != name.strip() or name[0] in _QUOTES:
        name = _quoted(name)
    return f"{name}:{','.join(items)}" if items else name


def _written(value: object, *, argument: bool = False, nested: bool = False) -> str:
    if isinstance(value, tuple):
        return f"[{','.join(_written(each, nested=True) for each in value)}]"
    text = str(value)
    bare = (
        not isinstance(value, Quoted)
        and text != ""
        and text == text.strip()
        and "," not in text
        and text[0] not in (*_QUOTES, "[")
        and not (nested and "]" in text)
        and not (argument and _KEY.match(text))
    )
    return text if bare else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class _Reader:
    """A parser: a text, and the position up to which it has been read."""

    def __init__(self, text: str, role: str) -> None:
        self._text, self._role, self._at = text, role, 0

    def description(self) -> Description:
        """Read the whole description."""
        name = self._name()
        argument: Value | None = None
        settings: dict[str, Value] = {}
        while self._at < len(self._text):
            self._at += 1  # the colon, or a comma
            key = _KEY.match(self._text, self._at)
            if key is None:
                if settings or argument is not None:
                    raise self._broken("must give every setting as key=value, and quote a value that holds a comma")
                argument = self._value(",")
                if argument == "" and not isinstance(argument, Quoted):
                    raise self._broken("must have a setting or an argument after its colon and between its commas")
                continue
            self._at = key.end()
            name_of_setting = key[1].replace("-", "_")
            if name_of_setting in settings:
                raise self._broken(f"must give `{name_of_setting}` once")
            settings[name_of_setting] = self._value(",")
        return Description(name, argument, settings)

    def _name(self) -> str:
        self._skip_blanks()
        if self._next() in _QUOTES:
            name: str = self._in_quotes()
            self._skip_blanks()
            if self._next() not in ("", ":"):
                raise self._broken("must have a colon after its name")
        else:
            end = self._text.find(":", self._at)
            end = len(self._text) if end < 0 else end
            name, self._at = self._text[self._at : end].strip(), end
            if not name:
                raise self._broken("must begin with a name")
        return str(name)

    def _value(self, ends: str) -> Value:
        """Read a value and the blanks around it; one of `ends`, or the end of the text, must follow."""
        self._skip_blanks()
        first = self._next()
        if first in _QUOTES or first == "[":
            value: Value = self._in_quotes() if first in _QUOTES else self._list()
            self._skip_blanks()
            if self._next() not in ("", *ends):
                raise self._broken(f"must have a comma between values, not {self._text[self._at :]!r}")
            return value
        begin = self._at
        while self._next() not in ("", *ends):
            self._at += 1
        return self._text[begin : self._at].strip()

    def _list(self) -> tuple[object, ...]:
        self._at += 1
        self._skip_blanks()
        values: list[object] = []
        if self._next() == "]":
            self._at += 1
            return ()
        while True:
            values.append(self._value(",]"))
            closing, self._at = self._next(), self._at + 1
            if closing == "]":
                return tuple(values)
            if not closing:
                raise self._broken("must close its bracket")

    def _in_quotes(self) -> Quoted:
        quote, parts = self._next(), []
        while True:
            end = self._text.find(quote, self._at + 1)
            if end < 0:
                raise self._broken("must close its quotes")
            parts.append(self._text[self._at + 1 : end])
            self._at = end + 1
            if self._next() != quote:
                return Quoted(quote.join(parts))

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip_blanks(self) -> None:
        while self._next().isspace():
            self._at += 1

    def _broken(self, rule: str) -> SettingError:
        return SettingError(f"`{self._role}` {rule}, got {shown(self._text)}")
