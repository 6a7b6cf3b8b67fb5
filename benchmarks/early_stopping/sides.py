"""Who forecasts, with which rules, and how often each is tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bandits.predictors import LCE, SRM, LastSeenValue, Predictor
from bandits.stopping.check_epochs import every_epoch, sparse

__all__ = ["BOUND_CURVES", "CONFIDENCES", "CONSTANTS", "DEFAULT_RISK", "KEEPS", "RISKS", "SIDES", "Side"]

RISKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
CONFIDENCES = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
DEFAULT_RISK = 0.1
KEEPS = (3, 10)  # beside 1, at the default risk
CONSTANTS = (
    *(0.0, 0.5, 1.0, 1.5, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75),
    *(4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 15.0, 20.0, 30.0),
)
BOUND_CURVES = 300  # or half of the table, if that is less
_EVERY_EPOCH_UP_TO = 60  # epochs a curve: on longer ones, the paper's SRM judges at the sparse check epochs
_DRAWS = 8  # of the paper's 1000 settings that are tried for each regression


@dataclass(frozen=True)
class Side:
    """A predictor and the rules on its forecasts.

    Args:
        predictor: makes it.
        rules: "risk" (`RiskControlledRule`) and "probability" (`ProbabilityRule`).
        burn_ins: sizes of the burn-in.
        check_epochs: from a horizon to the epochs after which arms are judged.
        orderings: at most so many; None for as many as are asked for.
        arms: at most so many after the burn-in; None for all.
        groups: of tables.
        tables: only these of them; None for all.
        bound: whether thresholds in hindsight are tried as well, at 40 curves.
        curves: learns from so many curves of the other half of a table, not from the burn-in; None for the burn-in.
    """

    predictor: Callable[[], Predictor]
    rules: Sequence[str] = ()
    burn_ins: Sequence[int] = (40,)
    check_epochs: Callable[[int], Sequence[int]] = sparse
    orderings: int | None = None
    arms: int | None = None
    groups: Sequence[str] = ("shipped",)
    tables: Sequence[str] | None = None
    bound: bool = False
    curves: int | None = None


def paper_check_epochs(horizon: int) -> Sequence[int]:
    """Every epoch, but the sparse ones of long curves."""
    return every_epoch(horizon) if horizon <= _EVERY_EPOCH_UP_TO else sparse(horizon)


def quarters(horizon: int) -> Sequence[int]:
    """What LCE's cost allows: a tenth, a quarter, half and three quarters of the curve, from epoch 3."""
    return tuple(dict.fromkeys(max(3, round(share * horizon)) for share in (0.1, 0.25, 0.5, 0.75)))


ALL = ("shipped", "recorded", "made up", "stress")
SIDES = {
    "srm": Side(SRM, ("risk", "probability"), burn_ins=(10, 20, 40, 100), groups=ALL, bound=True),
    "last-seen-value": Side(LastSeenValue, ("risk", "probability"), burn_ins=(40, 100)),
    "srm-svr-rbf": Side(
        lambda: SRM("svr_rbf", draws=_DRAWS),
        ("probability",),
        burn_ins=(40, 100),
        check_epochs=paper_check_epochs,
        orderings=20,
    ),
    "lce": Side(
        LCE,
        ("probability",),
        check_epochs=quarters,
        orderings=2,
        arms=60,
        tables=("metaqnn_cifar10", "deep_resnets_cifar10", "lstm_ptb"),
    ),
    "srm, many curves": Side(SRM, groups=("shipped", "recorded"), bound=True, curves=BOUND_CURVES),
}
