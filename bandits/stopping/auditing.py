"""Choose the audited arms: no forecast drops them, so that the rule can be checked."""

from __future__ import annotations

from bandits.rng import rng_for

__all__ = ["is_audited"]

_MORE_AT_FIRST = 5  # the i-th arm is audited with probability this / i, if that is more than the share


def is_audited(trial_id: int, share: float, seed: int) -> bool:
    """Whether an arm is audited: a random draw that depends on these arguments alone, so every process agrees.

    Args:
        trial_id: the arm's id, from 0.
        share: share of late arms that are audited, in [0, 1]; with 0 no arm is audited.
        seed: seed of the draw.

    Example:
        >>> [trial_id for trial_id in range(30) if is_audited(trial_id, 0.02, seed=0)]
        [0, 1, 2, 3, 4, 5, 7, 9, 12, 13, 17, 19, 20, 23, 29]
    """
    if share <= 0.0:
        return False
    return float(rng_for(seed, "audit", trial_id).random()) < max(share, _MORE_AT_FIRST / (trial_id + 1))
