"""Text in pictures of matplotlib."""

from __future__ import annotations

__all__ = ["as_it_is"]


def as_it_is(text: str) -> str:
    """A text that matplotlib draws as it is: between two dollar signs it would see mathematics.

    Example:
        >>> print(as_it_is("a$b$.csv"))
        a\\$b\\$.csv
    """
    return text.replace("$", r"\$")
