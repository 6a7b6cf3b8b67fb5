"""How earlier curves were used, for reports."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EarlierStatus"]


@dataclass(frozen=True, slots=True)
class EarlierStatus:
    """How earlier curves were used in one run.

    Args:
        curves: number of earlier curves.
        sources: the sources of the curves.
        taught: how many taught a predictor, at the horizon that most of them reach.
        checked: if they were dropped, the number of new curves at that horizon; else the number of new curves with
            which they were compared, at the horizon with the most.
        dropped: why they are no longer used; empty while they are used.
        notes: what was filled, merged or left out when they were read, a sentence each.
    """

    curves: int
    sources: tuple[str, ...]
    taught: int
    checked: int
    dropped: str
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The status in a sentence.

        Example:
            >>> EarlierStatus(100, ("table:runs.csv",), 90, 12, "").sentence()
            '90 of 100 curves of table:runs.csv taught, and agree with 12 new ones'
        """
        of = f"{self.curves:,} curves of {', '.join(self.sources) or 'earlier studies'}"
        if self.dropped:
            return f"{of} dropped {self.dropped}"
        if not self.taught:
            return f"none of {of} was used: none reaches an epoch at which arms are compared"
        held = f"agree with {self.checked:,} new ones" if self.checked else "were held against no new one"
        return f"{self.taught:,} of {of} taught, and {held}"
