"""Train many neural-network configurations under one budget; stop the ones that cannot win, early.

    from bandits import EarlyStopper, Hyperband, run
    from bandits.objectives import CurveTable
    from bandits.predictors import SRM

    result = run(Hyperband(max_epochs=20, loops=40, stopper=EarlyStopper(SRM())), CurveTable("metaqnn_cifar10"))

Importing this package is cheap: a name loads its module when it is first used.
"""

from __future__ import annotations

from bandits.lazy import lazily

TYPE_CHECKING = False  # as in typing, which takes most of the time that this import would take

if TYPE_CHECKING:
    from bandits.curves import Curve, History, Metric, Trial
    from bandits.errors import BanditsError
    from bandits.forecasts import Abstain, Forecast
    from bandits.runtime.loop import run
    from bandits.runtime.result import Result
    from bandits.schedulers import ASHA, PASHA, Hyperband, MedianRule, MetaQNN, RandomSearch, SuccessiveHalving, TopK
    from bandits.stopping import EarlyStopper, ProbabilityRule, RiskControlledRule
    from bandits.verdicts import Drop, Keep

__version__ = "0.1.0"

__all__ = [
    "ASHA",
    "PASHA",
    "Abstain",
    "BanditsError",
    "Curve",
    "Drop",
    "EarlyStopper",
    "Forecast",
    "History",
    "Hyperband",
    "Keep",
    "MedianRule",
    "MetaQNN",
    "Metric",
    "ProbabilityRule",
    "RandomSearch",
    "Result",
    "RiskControlledRule",
    "SuccessiveHalving",
    "TopK",
    "Trial",
    "__version__",
    "run",
]

_HOMES = {
    "ASHA": "bandits.schedulers",
    "Abstain": "bandits.forecasts",
    "BanditsError": "bandits.errors",
    "Curve": "bandits.curves",
    "Drop": "bandits.verdicts",
    "EarlyStopper": "bandits.stopping",
    "Forecast": "bandits.forecasts",
    "History": "bandits.curves",
    "Hyperband": "bandits.schedulers",
    "Keep": "bandits.verdicts",
    "MedianRule": "bandits.schedulers",
    "MetaQNN": "bandits.schedulers",
    "Metric": "bandits.curves",
    "PASHA": "bandits.schedulers",
    "ProbabilityRule": "bandits.stopping",
    "RandomSearch": "bandits.schedulers",
    "Result": "bandits.runtime.result",
    "RiskControlledRule": "bandits.stopping",
    "SuccessiveHalving": "bandits.schedulers",
    "TopK": "bandits.schedulers",
    "Trial": "bandits.curves",
    "run": "bandits.runtime.loop",
}

__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
