"""How the reports of a study were turned into curves: what was filled, merged or left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bandits.studies.policies import SameStep

__all__ = ["Account"]

_MERGED: Mapping[SameStep, str] = {
    "first": "{} at a step that already had one: left out",
    "last": "{} replaced by later ones at the same step, or after the run was restarted there",
    "mean": "{} averaged with others at the same step",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Counts of what was filled, merged or left out, and sentences about them.

    Args:
        gaps: reports that were no finite number.
        filled: scores of curves that were not reported; they come from the reports before and after.
        merged: reports that share a step with another report of their trial, less one for each such step, and reports
            that were replaced when a run was restarted.
        same_step: which of several reports at a step counts; see `Policy`.
        between: reports between two epochs of a curve; the curve does not show them.
        later: reports after the requested last epoch.
        empty: trials without a finite report; they have no curve.
        notes: other guesses and omissions, a sentence each.
    """

    gaps: int = 0
    filled: int = 0
    merged: int = 0
    same_step: SameStep = "first"
    between: int = 0
    later: int = 0
    empty: int = 0
    notes: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """Every difference from the source, a sentence each; empty if there is none."""
        return [*self.notes, *self._counts()]

    def _counts(self) -> Iterable[str]:
        odd = f"{_count(self.gaps, 'report')} held no finite number"
        if self.filled:
            epochs = f"{_count(self.filled, 'epoch')} without a finite report"
            yield f"{epochs}{f' ({odd})' * (self.gaps > 0)}: filled from the reports before and after"
        elif self.gaps:
            yield f"{odd}: left out"
        if self.merged:
            yield _MERGED[self.same_step].format(_count(self.merged, "report"))
        if self.between:
            yield f"{_count(self.between, 'report')} between the epochs of the curves: left out"
        if self.later:
            yield f"{_count(self.later, 'report')} after the requested last epoch: left out"
        if self.empty:
            yield f"{_count(self.empty, 'trial')} without a finite report: left out"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
