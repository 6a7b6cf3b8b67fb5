"""The settings of a pruner, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.pruners import BasePruner

from bandits.errors import SettingError
from bandits.errors.checks import check_flag, check_instance, check_number, check_whole
from bandits.predictors.base import Predictor
from bandits.stopping import StoppingRule

__all__ = ["PrunerSettings"]


@dataclass(frozen=True, slots=True)
class PrunerSettings:
    """The settings on which a pruner's verdicts depend; see `PredictivePruner`.

    Raises:
        SettingError: one of them breaks its rule.
    """

    predictor: Predictor
    rule: StoppingRule
    max_epochs: int
    n_startup_trials: int
    n_warmup_steps: int
    interval_steps: int
    inner: BasePruner | None
    user_attrs: Sequence[str]
    max_wait: float | None
    max_curves: int
    save_verdicts: bool
    seed: int

    def __post_init__(self) -> None:
        check_instance("predictor", self.predictor, Predictor, "must be a Predictor such as SRM()")
        check_whole("max_epochs", self.max_epochs, 1)
        check_whole("n_startup_trials", self.n_startup_trials, 0)
        check_whole("n_warmup_steps", self.n_warmup_steps, 0)
        check_whole("interval_steps", self.interval_steps, 1)
        check_instance("inner", self.inner, BasePruner, "must be a pruner such as HyperbandPruner()", or_none=True)
        object.__setattr__(self, "user_attrs", _names(self.user_attrs))
        check_number("max_wait", self.max_wait, least=0, or_none=True)
        check_whole("max_curves", self.max_curves, 1)
        check_flag("save_verdicts", self.save_verdicts)
        check_whole("seed", self.seed, 0)


def _names(user_attrs: object) -> tuple[str, ...]:
    """Names of user attributes, checked."""
    if isinstance(user_attrs, Sequence) and not isinstance(user_attrs, str):
        names = tuple(user_attrs)
        if all(isinstance(name, str) for name in names):
            return names
    raise SettingError.broken("`user_attrs`", "must be a sequence of names", user_attrs)
