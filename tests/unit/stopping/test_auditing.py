"""Which arms are audited."""

import subprocess
import sys

import pytest

from bandits.stopping.auditing import is_audited


def test_any_process_draws_the_same() -> None:
    """The draw depends on the arm, the share and the seed alone: another process, asking for others, agrees."""
    here = [trial_id for trial_id in range(40) if is_audited(trial_id, 0.1, seed=3)]
    code = (
        "from bandits.stopping.auditing import is_audited\n"
        "print([i for i in reversed(range(60)) if is_audited(i, 0.1, seed=3)][::-1])"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert [trial_id for trial_id in eval(there) if trial_id < 40] == here  # noqa: S307 - our own list


def test_seeds_audit_other_arms() -> None:
    """Two seeds do not pick the same arms."""
    first, second = ([i for i in range(200) if is_audited(i, 0.2, seed=seed)] for seed in (0, 1))

    assert first != second


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_the_share_holds_for_late_arms(share: float) -> None:
    """Of arms whose number is large enough, that share is audited, within three standard errors."""
    start, arms = int(5 / share), 6000
    audited = sum(is_audited(i, share, seed=0) for i in range(start, start + arms))

    assert audited / arms == pytest.approx(share, abs=3 * (share * (1 - share) / arms) ** 0.5)


def test_early_arms_are_audited_more_often() -> None:
    """The first five always; the i-th with probability 5 / i: of the 95 that follow, 5 (1/6 + ... + 1/100) = 14.5."""
    seeds = range(200)

    assert all(is_audited(i, 0.001, seed) for seed in seeds for i in range(5))
    mean = sum(is_audited(i, 0.001, seed) for seed in seeds for i in range(5, 100)) / len(seeds)
    assert mean == pytest.approx(14.5, abs=0.75)


def test_without_a_share_nobody_is_audited() -> None:
    """0 means never, for early arms too; 1 means always."""
    assert not any(is_audited(i, 0.0, seed=0) for i in range(1000))
    assert all(is_audited(i, 1.0, seed=0) for i in range(1000))
