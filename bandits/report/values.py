"""Values of settings and parameters as text for a terminal."""

from __future__ import annotations

__all__ = ["value_text"]


def value_text(value: object) -> str:
    """A value as text; numbers with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
