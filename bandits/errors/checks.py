"""Checks of arguments: each raises one sentence that names the argument, the rule and the value.

Every check returns the value, so a check can stand where the value is used. A NumPy number is returned as a Python
number, which JSON can hold. With `or_none`, None is allowed too, and the message says so.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any, NoReturn, TypeGuard, TypeVar, cast

from bandits.errors import SettingError, did_you_mean, shown

__all__ = [
    "check_choice",
    "check_flag",
    "check_instance",
    "check_number",
    "check_whole",
    "did_you_mean",
    "is_number",
]

T = TypeVar("T")


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number, not a bool and not NaN; infinities are numbers."""
    if type(value) is float:  # the usual case, by far the quickest to tell
        return value == value
    return not isinstance(value, bool) and isinstance(value, Real) and not math.isnan(value)


def check_whole(
    argument: str, value: T, least: int | None = None, most: int | None = None, *, or_none: bool = False
) -> T:
    """Check that a value is a whole number from `least` to `most`.

    Args:
        argument: its name, as the caller writes it.
        value: the value to check; NumPy integers are allowed, bools are not.
        least, most: inclusive bounds; None for no bound. `most` needs `least`.
        or_none: whether None passes.

    Raises:
        SettingError: it is not.

    Example:
        >>> check_whole("folds", 3, 2)
        3
        >>> check_whole("folds", 2.5, 2)
        Traceback (most recent call last):
        bandits.errors.SettingError: `folds` must be an integer >= 2, got 2.5
    """
    if value is None and or_none:
        return value
    kind = type(value)
    whole: Any = value if kind is int or (kind is not bool and isinstance(value, Integral)) else None
    if whole is None or (least is not None and whole < least) or (most is not None and whole > most):
        bounds = "" if least is None else f" >= {least}" if most is None else f" from {least} to {most}"
        _refuse(argument, f"must be an integer{bounds}", value, or_none)
    return value if isinstance(value, int) else cast(T, int(whole))


def check_number(
    argument: str,
    value: T,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    finite: bool = True,
    or_none: bool = False,
) -> T:
    """Check that a value is a number within bounds.

    Args:
        argument: its name, as the caller writes it.
        value: the value to check; bools and NaN are refused.
        least, most: inclusive bounds.
        above, below: exclusive bounds.
        finite: whether infinities are refused.
        or_none: whether None passes.

    Raises:
        SettingError: it is not.

    Example:
        >>> check_number("risk", 0.1, above=0, most=0.5)
        0.1
        >>> check_number("risk", 0.7, above=0, most=0.5)
        Traceback (most recent call last):
        bandits.errors.SettingError: `risk` must be in (0, 0.5], got 0.7
    """
    if value is None and or_none:
        return value
    number: Any = value if is_number(value) else None
    inside = (
        number is not None
        and (least is None or number >= least)
        and (above is None or number > above)
        and (most is None or number <= most)
        and (below is None or number < below)
    )
    if not inside or (finite and math.isinf(number)):
        _refuse(argument, _range_of(least, above, most, below, finite), value, or_none)
    return value if isinstance(value, (int, float)) else cast(T, float(number))


def check_choice(argument: str, value: T, choices: Collection[str], *, or_none: bool = False) -> T:
    """Check that a value is one of some names; the message suggests the nearest.

    Raises:
        SettingError: it is not.

    Example:
        >>> check_choice("sizes", "floro", ["ceil", "floor"])
        Traceback (most recent call last):
        bandits.errors.SettingError: `sizes` must be one of 'ceil', 'floor', got 'floro' (did you mean 'floor'?)
    """
    if (value is None and or_none) or (isinstance(value, str) and value in choices):
        return value
    listed = ", ".join(map(repr, choices)) + (", or None" if or_none else "")
    suggestion = did_you_mean(value, choices) if isinstance(value, str) else ""
    raise SettingError(f"`{argument}` must be one of {listed}, got {shown(value)}{suggestion}")


def check_flag(argument: str, value: T, *, or_none: bool = False) -> T:
    """Check that a value is True or False.

    Raises:
        SettingError: it is not.
    """
    if not isinstance(value, bool) and not (value is None and or_none):
        _refuse(argument, "must be True or False", value, or_none)
    return value


def check_instance(argument: str, value: T, kind: type | tuple[type, ...], rule: str, *, or_none: bool = False) -> T:
    """Check that a value is of a type.

    Args:
        argument: its name, as the caller writes it.
        value: what was given.
        kind: the type, or several.
        rule: what must hold, as the rest of a sentence: "must be a Predictor such as SRM()".
        or_none: whether None passes.

    Raises:
        SettingError: it is not.
    """
    if not isinstance(value, kind) and not (value is None and or_none):
        _refuse(argument, rule, value, or_none)
    return value


def _refuse(argument: str, rule: str, value: object, or_none: bool) -> NoReturn:
    raise SettingError.broken(f"`{argument}`", rule + (", or None" if or_none else ""), value)


def _range_of(least: float | None, above: float | None, most: float | None, below: float | None, finite: bool) -> str:
    """Bounds as a rule: "must be in (0, 1]", "must be >= 0 and finite", "must be a finite number"."""
    low = f"[{least:g}" if least is not None else f"({above:g}" if above is not None else ""
    high = f"{most:g}]" if most is not None else f"{below:g})" if below is not None else ""
    if low and high:
        return f"must be in {low}, {high}"
    end = " and finite" if finite else ""
    if low:
        return f"must be {'>=' if least is not None else '>'} {low[1:]}{end}"
    if high:
        return f"must be {'<=' if most is not None else '<'} {high[:-1]}{end}"
    return "must be a finite number" if finite else "must be a number"
