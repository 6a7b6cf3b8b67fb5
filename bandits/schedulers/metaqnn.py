"""MetaQNN's early stopping: random search whose configurations an agent proposes."""

from __future__ import annotations

from bandits.errors.checks import check_whole
from bandits.schedulers.random_search import RandomSearch
from bandits.verdicts import Stopper

__all__ = ["MetaQNN"]


class MetaQNN(RandomSearch):
    """Train the nets that an agent proposes for `max_epochs` epochs each.

    It decides as `RandomSearch` does; the sampler (`QLearning`) improves the nets. With a stopper, the first
    `burn_in` nets teach the predictor. These are drawn at random and end lower than later nets, whose forecasts are
    based on them. The agent learns the forecast of a stopped net.

    Args:
        trials: how many nets, >= 1.
        max_epochs: T, epochs of a full training, >= 1.
        stopper: drops arms by forecasts; None trains every net in full. The paper's rule is `ProbabilityRule(0.99)`.
        burn_in: how many nets train in full before the first one may be dropped, >= 1; the paper's 100 by default.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Baker et al., "Accelerating neural architecture search using performance prediction" (2017), section 5.

    Example:
        >>> MetaQNN(trials=2700, max_epochs=20).settings()
        {'trials': 2700, 'max_epochs': 20, 'burn_in': 100}
    """

    name = "metaqnn"

    def __init__(self, trials: int, max_epochs: int, stopper: Stopper | None = None, burn_in: int = 100) -> None:
        super().__init__(trials, max_epochs, stopper=stopper, burn_in=check_whole("burn_in", burn_in, 1))
        self.brackets[0].name = "MetaQNN"
