"""Early stopping by forecasts inside an Optuna study."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

from optuna.pruners import BasePruner
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from optuna.trial import Trial as LiveTrial

from bandits.causes import Cause
from bandits.errors import SettingError
from bandits.integrations.optuna.background_work import BackgroundWork
from bandits.integrations.optuna.followed_studies import FollowedStudies, FollowedStudy
from bandits.integrations.optuna.settings import PrunerSettings
from bandits.integrations.optuna.trial_verdict import TrialVerdict, save_verdict, saved_verdict
from bandits.predictors.base import Predictor
from bandits.stopping import Drop, Keep, StoppingRule, Verdict, choose_rule
from bandits.stopping.usual_predictor import usual_predictor

__all__ = ["PredictivePruner"]

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


class PredictivePruner(BasePruner):
    """Prunes a trial when its forecast says that it will not be among the best of the study.

    The promise is a risk, or with `rule=EconomicRule(budget=40)` the best trial for 40 trainings; see docs/optuna.md.

    Args:
        predictor: makes the forecasts; None for `CurveProcess()` with a rule that has a budget, else `SRM()`.
        max_epochs: the length of a full training, in the objective's own steps, >= 1.
        risk: the probability, over its whole life, of pruning a trial that would end above the bar, in (0, 0.5].
        audit: share of trials that no forecast prunes, so that the rule can be checked, in [0, 1].
        confidence: Delta in the paper, in (0, 1), instead of `risk` and `audit`: selects `ProbabilityRule`.
        margin: a trial that may end within this distance below the bar is kept; in units of the value, >= 0.
        keep: n, where a trial must be able to beat the n-th best value, >= 1.
        n_startup_trials: no forecast prunes before so many trials are complete, >= 0; None for 10, or 1 with a budget.
        n_warmup_steps: no forecast prunes at a step below this one, >= 0.
        interval_steps: steps between two checks of a trial, from `n_warmup_steps` on, >= 1.
        inner: another pruner that may prune as well; None for none.
        user_attrs: names of user attributes of trials that are features too.
        max_wait: seconds that a report may wait for a forecast, >= 0; None for as long as a fit takes.
        max_curves: at most this many trials teach, the latest, >= 1; None for 200, or 1,000 where every epoch teaches.
        save_verdicts: whether to write verdicts to their trials, as the user attribute "bandits:verdict".
        rule: the stopping rule, instead of one that the five numbers from `risk` to `keep` choose.
        seed: seed of the predictor and of the choice of audited trials, >= 0.

    Raises:
        SettingError: an argument breaks its rule; raised by `prune`: the study has several objectives.

    Warns:
        PruningWarning: once for each study and each reason why its trials cannot be pruned.
    """

    def __init__(
        self,
        predictor: Predictor | None = None,
        *,
        max_epochs: int,
        risk: float | None = None,
        audit: float | None = None,
        confidence: float | None = None,
        margin: float | None = None,
        keep: int | None = None,
        n_startup_trials: int | None = None,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        inner: BasePruner | None = None,
        user_attrs: Sequence[str] = (),
        max_wait: float | None = None,
        max_curves: int | None = None,
        save_verdicts: bool = False,
        rule: StoppingRule | None = None,
        seed: int = 0,
    ) -> None:
        chosen = choose_rule(rule, risk=risk, audit=audit, confidence=confidence, margin=margin, keep=keep)
        predictor = usual_predictor(chosen) if predictor is None else predictor
        settings = PrunerSettings(
            predictor=predictor,
            rule=chosen,
            max_epochs=max_epochs,
            n_startup_trials=_usual_startup(chosen) if n_startup_trials is None else n_startup_trials,
            n_warmup_steps=n_warmup_steps,
            interval_steps=interval_steps,
            inner=inner,
            user_attrs=user_attrs,
            max_wait=max_wait,
            max_curves=_usual_curves(predictor) if max_curves is None else max_curves,
            save_verdicts=save_verdicts,
            seed=seed,
        )
        self._begin(settings)

    def _begin(self, settings: PrunerSettings) -> None:
        """Start without knowledge of any study."""
        self._settings = settings
        self._lock = threading.Lock()
        self._background: BackgroundWork[TrialVerdict] = BackgroundWork()
        self._studies = FollowedStudies(settings)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the trial should stop now. Optuna calls this from `trial.should_prune()`."""
        _check_objectives(study)
        other, inner = self._settings.inner, None
        if other is not None and other.prune(study, trial):
            inner = type(other).__name__
        with self._lock:  # trials are judged in the order in which they are read
            ended, followed = self._read(study)
            answer = self._ask(followed, ended, trial, inner=inner)
        verdict = self._wait_for(answer, followed, trial, inner)
        if verdict.replaces(followed.verdicts.get(trial.number)):
            followed.verdicts[trial.number] = verdict
            if self._settings.save_verdicts and verdict.worth_saving:
                save_verdict(study, trial, verdict, followed.judge.warnings)
        followed.judge.warnings.emit()
        return isinstance(verdict.verdict, Drop)

    def explain(self, study: Study, trial: FrozenTrial | LiveTrial) -> Verdict:
        """Tell why a trial is pruned or continues. It may take as long as a fit, whatever `max_wait` is.

        Args:
            study: the trial's study.
            trial: one of `study.trials`, or the trial inside an objective.

        Returns:
            `Keep` or `Drop`. For a running trial, the verdict that the pruner would give now. For a finished trial, the
            remembered verdict: the last one based on a forecast, the first one by which an audited trial was spared, or
            that of the inner pruner. If none is remembered, the verdict that was saved in the trial (`save_verdicts`),
            with its reason in the study's own units. If none was saved, as for a running trial.
        """
        _check_objectives(study)
        if not isinstance(trial, FrozenTrial):
            trial = study.get_trials(deepcopy=False)[trial.number]
        with self._lock:
            ended, followed = self._read(study)
            known = followed.verdicts.get(trial.number)
            if known is not None and (trial.state.is_finished() or (known.by_inner and known.step == trial.last_step)):
                return known.verdict
            saved = saved_verdict(trial) if trial.state.is_finished() else None
            if saved is not None:
                return saved
            answer = self._ask(followed, ended, trial, remember=False)
        verdict = answer.result().verdict
        followed.judge.warnings.emit()
        return verdict

    def _read(self, study: Study) -> tuple[Sequence[FrozenTrial], FollowedStudy]:
        """The finished trials of a study, and what is known of it; the caller holds the lock."""
        ended = study.get_trials(deepcopy=False, states=_ENDED)
        return ended, self._studies.update(study, ended)

    def _ask(
        self,
        followed: FollowedStudy,
        ended: Sequence[FrozenTrial],
        trial: FrozenTrial,
        *,
        inner: str | None = None,
        remember: bool = True,
    ) -> Future[TrialVerdict]:
        """Judge a trial, here or in the background; the caller holds the lock."""
        work = partial(followed.judge.judge, ended, trial, inner=inner, remember=remember)
        if self._settings.max_wait is not None:
            return self._background.submit((followed, trial.number if remember else object()), work)
        answer: Future[TrialVerdict] = Future()
        answer.set_result(work())
        return answer

    def _wait_for(
        self, answer: Future[TrialVerdict], followed: FollowedStudy, trial: FrozenTrial, inner: str | None
    ) -> TrialVerdict:
        """The verdict, if it comes in time; else the one that came too late for the previous report."""
        late, max_wait = followed.late.pop(trial.number, None), self._settings.max_wait
        try:
            return answer.result(max_wait)
        except (TimeoutError, CancelledError):
            followed.late[trial.number] = answer
        step = trial.last_step
        if inner is not None:
            return TrialVerdict.of_inner(inner, step, None)
        # The last epoch is known only with the first step, which may have just been learnt.
        if late is not None and late.done() and not late.cancelled() and (step or 0) + 1 < self._settings.max_epochs:
            return late.result()
        reason = f"no forecast: the fit was not ready within {max_wait:g} s; the next report asks again"
        return TrialVerdict(Keep(reason, cause=Cause.NOT_READY), step, None)

    def __getstate__(self) -> dict[str, Any]:
        # A copy in another process has its own lock, and learns everything from the storage.
        return {"settings": self._settings}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._begin(state["settings"])


def _usual_startup(rule: StoppingRule) -> int:
    return 10 if rule.burn_in is None else rule.burn_in


def _usual_curves(predictor: Predictor) -> int:
    return 1000 if getattr(predictor, "learns_from_every_step", False) else 200


def _check_objectives(study: Study) -> None:
    if len(study.directions) != 1:
        raise SettingError.broken("objectives of a study that prunes", "must be one", len(study.directions))
