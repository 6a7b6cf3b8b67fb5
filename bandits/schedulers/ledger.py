"""What of a budget is spent, and what is promised to arms that train."""

from __future__ import annotations

__all__ = ["Ledger"]


class Ledger:
    """Epochs of a budget.

    Args:
        total: how many may be spent.

    Attributes:
        spent: how many were trained, or begun by an arm that failed in them; those trained again count again.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.spent = 0
        self._promised: dict[int, int] = {}

    @property
    def left(self) -> int:
        """Epochs that are neither spent nor promised; 0 where epochs trained again have used up more than there was."""
        return max(self.total - self.spent - sum(self._promised.values()), 0)

    def promise(self, trial_id: int, epochs: int) -> None:
        """Set epochs aside for a job that begins."""
        self._promised[trial_id] = epochs

    def pay(self, trial_id: int) -> None:
        """An arm has used one of its epochs."""
        self.spent += 1
        self._promised[trial_id] -= 1
        if not self._promised[trial_id]:
            del self._promised[trial_id]

    def pay_again(self, epochs: int) -> None:
        """Epochs were trained a second time, which no job had promised."""
        self.spent += epochs

    def release(self, trial_id: int) -> None:
        """An arm ends before its job does."""
        self._promised.pop(trial_id, None)
