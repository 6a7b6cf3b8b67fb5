"""The settings of a constructor: their names, kinds, defaults and meanings, read from its signature and docstring."""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bandits.config.values import Kind, kind_of, text_of, untyped

__all__ = ["Setting", "meanings", "settings_of"]

_EMPTY = inspect.Parameter.empty
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_SECTION = re.compile(r"(\w[\w ]*):")
_ENTRY = re.compile(r"(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_ROLE = re.compile(r":\w+(?::\w+)?:`~?([^`<]*)(?:<[^`]*)?`")
_END_OF_SENTENCE = re.compile(r"(?<=[^.\s][.])\s+(?=[A-Z\"`])")


@dataclass(frozen=True, slots=True)
class Setting:
    """One argument of a constructor.

    Args:
        name: name of the argument.
        kind: kind of its values; None if they cannot be written as text, so that only Python can give them.
        default: its default; `inspect.Parameter.empty` if it must be given.
        meaning: the first sentence of the docstring on it; empty if there is none.
        alone: whether its value may be given without its name.
    """

    name: str
    kind: Kind | None
    default: Any
    meaning: str
    alone: bool

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is _EMPTY

    @property
    def default_text(self) -> str:
        """Its default as text; empty if it has no default, or one that cannot be written as text."""
        text = None if self.required else text_of(self.default)
        return "" if text is None else f"[{','.join(map(str, text))}]" if isinstance(text, tuple) else str(text)


def settings_of(target: Callable[..., Any], without: Collection[str] = ()) -> dict[str, Setting]:
    """The arguments of a class or function, by name, in their order.

    Args:
        target: the class or function.
        without: arguments to leave out.

    Example:
        >>> def move(by: int, *, slowly: bool = False) -> None:
        ...     "Move.\\n\\nArgs:\\n    by: metres to the right. More is further."
        >>> settings_of(move)["by"].kind.name, settings_of(move)["by"].meaning
        ('an integer', 'metres to the right')
    """
    said = meanings(inspect.getdoc(target) or "")
    found: dict[str, Setting] = {}
    for place, parameter in enumerate(inspect.signature(target).parameters.values()):
        if parameter.kind not in _NAMED or parameter.name in without:
            continue
        kind = _kind(target, parameter)
        alone = place == 0 and kind is not None
        found[parameter.name] = Setting(parameter.name, kind, parameter.default, said.get(parameter.name, ""), alone)
    return found


def meanings(docstring: str) -> Mapping[str, str]:
    """The first sentence that the section "Args" of a docstring has on each argument."""
    found: dict[str, str] = {}
    names: list[str] = []
    inside, margin = False, -1
    for line in docstring.expandtabs().splitlines():
        stripped = line.strip()
        depth = len(line) - len(line.lstrip())
        if depth == 0 and _SECTION.fullmatch(stripped):
            inside, margin = stripped == "Args:", -1
            continue
        if not inside or not stripped:
            continue
        if depth == 0:
            inside = False
            continue
        margin = depth if margin < 0 else margin
        entry = _ENTRY.fullmatch(stripped) if depth == margin else None
        if entry is not None:
            names = [name.strip().lstrip("*") for name in entry[1].split(",")]
            found.update(dict.fromkeys(names, entry[2]))
        else:
            found.update({name: f"{found[name]} {stripped}".strip() for name in names})
    return {name: _sentence(text) for name, text in found.items()}


def _sentence(text: str) -> str:
    """The first sentence, without reStructuredText markup, which docstrings of other libraries have."""
    plain = _ROLE.sub(r"\1", text).partition(" .. ")[0].replace("``", "`")
    return _END_OF_SENTENCE.split(plain, maxsplit=1)[0].removesuffix(".")


def _kind(target: Callable[..., Any], parameter: inspect.Parameter) -> Kind | None:
    """The kind of values that a parameter's annotation declares, or else the type of its default."""
    annotation = parameter.annotation
    if annotation is _EMPTY:
        default = parameter.default
        known = None if default is _EMPTY or default is None else kind_of(type(default))
        return untyped if known is None else known
    if isinstance(annotation, str):
        for names in _namespaces(target):
            try:
                return kind_of(eval(annotation, names))  # noqa: S307 - the annotation of code that is imported
            except Exception:  # noqa: S112 - a name for type checkers alone
                continue
        return None
    return kind_of(annotation)


def _namespaces(target: Callable[..., Any]) -> list[dict[str, Any]]:
    """Namespaces in which annotations are looked up: the modules of the function, the class and its bases."""
    classes = target.__mro__ if isinstance(target, type) else ()
    modules = [getattr(target, "__module__", ""), *(each.__module__ for each in classes)]
    known = [vars(sys.modules[module]) for module in dict.fromkeys(modules) if module in sys.modules]
    return [{**vars(typing), **names} for names in known]
