"""Rules with a budget in schedulers: random search begins with one full training; algorithms with rungs refuse."""

import pytest

from bandits import Hyperband, run
from bandits.errors import SettingError
from bandits.predictors import SRM, CurveProcess
from bandits.schedulers import ASHA, FreezeThaw, MedianRule, RandomSearch, SuccessiveHalving, TopK
from bandits.schedulers.lifecycle import State
from bandits.stopping import EarlyStopper, EconomicRule
from bandits.testing import ReplayObjective

STOPPER = EarlyStopper(CurveProcess(), EconomicRule(budget=3))


def curve(i: int) -> list[float]:
    """Accuracies of 8 epochs; the end shows early, and one in seven diverges after it looked best."""
    end = 0.3 + (5 * i % 13) / 20
    row = [end * (1 - 0.5**epoch) for epoch in range(1, 9)]
    return [0.95, 0.97, *[float("nan")] * 6] if i % 7 == 6 else row


@pytest.mark.parametrize("kind", [Hyperband, SuccessiveHalving, ASHA, FreezeThaw, TopK])
def test_algorithms_that_pause_or_cut_arms_refuse(kind: type) -> None:
    """A budget of whole trainings says nothing of a rung; one sentence names the reason."""
    more = {"trials": 5} if kind is TopK else {}
    with pytest.raises(
        SettingError, match=r"`stopper` must have a rule without a budget, since .* ends trainings early"
    ):
        kind(max_epochs=8, stopper=STOPPER, **more)


@pytest.mark.parametrize("kind", [RandomSearch, MedianRule])
def test_the_rule_says_how_many_arms_train_first(kind: type) -> None:
    """One where the rule has a budget, else 20; what is given counts."""
    assert kind(trials=50, max_epochs=8, stopper=STOPPER).burn_in == 1
    assert kind(trials=50, max_epochs=8, stopper=STOPPER, burn_in=4).burn_in == 4
    assert kind(trials=50, max_epochs=8, stopper=EarlyStopper(SRM())).burn_in == 20
    assert kind(trials=50, max_epochs=8).burn_in == 20


@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_goes_on_whatever_happens_to_arms(workers: int) -> None:
    """Arms that diverge after looking best are failures; the best complete arm is returned."""
    stopper = EarlyStopper(CurveProcess(), EconomicRule(budget=8))
    objective = ReplayObjective([curve(i) for i in range(20)])
    result = run(RandomSearch(20, 8, stopper=stopper), objective, seed=2, workers=workers)
    counts = result.scheduler.counts

    assert counts[State.COMPLETED] + counts[State.DROPPED] + counts[State.FAILED] == 20
    assert counts[State.DROPPED] >= 5
    assert counts[State.FAILED] >= 1
    assert result.best is not None
    assert result.best.score < 0.95


def test_all_arms_fail() -> None:
    """There is no bar, so nothing is dropped; the run ends without a best."""
    objective = ReplayObjective([[0.5, float("nan"), 0.5]] * 4)
    result = run(RandomSearch(4, 3, stopper=EarlyStopper(CurveProcess(), EconomicRule(budget=2))), objective)

    assert result.best is None
    assert result.scheduler.counts[State.FAILED] == 4
