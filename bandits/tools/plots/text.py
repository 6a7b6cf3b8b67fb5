"""Text in pictures of matplotlib."""

from __future__ import annotations

__all__ = ["as_it_is"]


def as_it_is(text: str) -> str:
    """A text that matplotlib draws literally; it reads text between two dollar signs as mathematics.

    What no file of a picture can hold, such as the bytes of a file's name that are no UTF-8, is escaped.

    Example:
        >>> print(as_it_is("a$b$.csv"))
        a\\$b\\$.csv
    """
    drawn = (each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)
    return "".join(drawn).replace("$", r"\$")
