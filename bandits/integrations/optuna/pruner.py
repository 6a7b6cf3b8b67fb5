"""Early stopping by forecasts inside an Optuna study."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from optuna.pruners import BasePruner
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from optuna.trial import Trial as LiveTrial

from bandits.causes import Cause
from bandits.checks import is_number
from bandits.errors import SettingError, check_at_least
from bandits.integrations.optuna.background_work import BackgroundWork
from bandits.integrations.optuna.compat import StudyKey, storage_of, study_key
from bandits.integrations.optuna.judge import JudgeSettings, StudyJudge
from bandits.integrations.optuna.trial_verdict import TrialVerdict, save_verdict, saved_verdict
from bandits.predictors.base import Predictor
from bandits.stopping import Drop, EarlyStopper, Keep, ProbabilityRule, RiskControlledRule, StoppingRule, Verdict

__all__ = ["PredictivePruner"]

_RISK, _AUDIT = 0.1, 0.02
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


class PredictivePruner(BasePruner):
    """Prunes a trial when its forecast value says that it will not be among the best of the study.

    A completed trial teaches the predictor if it reported up to `max_epochs`: its reports are the curve, and the
    value that its objective returned is the score at `max_epochs`. (For a trial that reports at intervals, the
    last report is the one whose successor would come after `max_epochs`. For one that goes on after it, the score is
    what it reported there.) The bar is the `keep`-th best score of all completed trials; a tie loses. Pruned and failed
    trials teach nothing.

    **Risk.** The rule is `RiskControlledRule(risk, audit=...)`: a trial that would end above the bar is pruned, at any
    time, with probability `risk` at most, if forecasts of it err as those of the trials that taught did, given their
    ends (`RiskControlledRule` says what that assumes). So only fair trials teach: those that are completed before the
    first one is pruned (the only one that is missing among them), and audited ones, which no forecast prunes. When
    audits show that the rule errs too often, it falls silent, and what then starts and is completed before it prunes
    again is fair too.

    **Checks.** The rule looks at a trial's curve at a few checkpoints, ever further apart. A trial is judged at its
    first report at or after a checkpoint, by its curve up to there; if nobody asked then, or there was no answer in
    time, at the next report. That a trial should stop holds until a later checkpoint says otherwise.

    **Other pruners.** With `inner`, a trial is pruned when either says so. The inner pruner is asked first, at every
    report; audited trials are spared from forecasts, not from it. The risk is then that of the trials which it would
    let through: of those that would end above the bar, forecasts prune `risk` at most. Whatever it prunes once the rule
    speaks counts as if a forecast had, since a study does not tell who pruned; so with an eager inner pruner few trials
    teach later on, and more `n_startup_trials` or a higher `audit` help. (What others prune before that is not known
    of.) The other way round, `PatientPruner(PredictivePruner(...), patience=...)` lets a trial go on while it improves.

    **Data.** Steps count epochs, from 0 or from 1, in each trial as it does. Steps that were left out, NaN and
    infinities are filled from their neighbours; a trial whose reports end with them is judged on what came before.
    Nothing is pruned at `max_epochs` or later, nor because of odd data. Features are the parameters: numbers as they
    are (also a categorical parameter of numbers), other choices one-hot (`optimizer=adam`); and likewise the user
    attributes in `user_attrs`. A number that a trial lacks takes the lower end of its range, and `has momentum` is 0.

    **Company.** One pruner may serve several studies and threads, and several processes one study, each with a pruner
    of the same settings. What it has learnt is shared by all trials of a process, through whichever `Study` object, if
    these have one storage object. (`load_study` with a URL makes another.) Decisions depend on the settings and the
    study alone, where trials are taken in the order in which they finished: a study that is loaded and resumed goes on
    as it would have. Only with `max_wait` do they depend on time. To prune from the first trial on, pass the trials of
    an earlier study on with `study.add_trials`, the pruned ones too: who was audited is told by a trial's number, and
    who is fair by what was pruned before.

    Args:
        predictor: how to forecast; it says how many completed trials it needs (10 for `SRM()`).
        max_epochs: T, the epochs of a full training, >= 1.
        risk: the probability, over its whole life, of pruning a trial that would end above the bar, in (0, 0.5]. The
            rule waits for 1 / risk - 1 fair trials.
        audit: share of trials that no forecast prunes, so that the rule can be checked, in [0, 1]; more of the first
            ones.
        confidence: Delta in the paper, in (0, 1), instead of `risk` and `audit`: prune, after any epoch, from this
            probability of ending at the bar or below it on (`ProbabilityRule`). All completed trials teach.
        margin: delta in the paper, in the units of the study's value, >= 0: a trial that may end within this
            distance of the bar is kept.
        keep: n of the n-th best value, which a trial must be able to beat, >= 1.
        n_startup_trials: how many trials must be complete before a forecast may prune the first one, >= 0.
        n_warmup_steps: no forecast prunes at a step (as the trial reports it) below this one, >= 0.
        interval_steps: steps between two checks of a trial, from `n_warmup_steps` on, >= 1. A check at which
            nothing is reported happens at the next report.
        inner: another pruner, which prunes as well; None for none.
        user_attrs: names of user attributes of trials (`trial.set_user_attr`) that are features too.
        max_wait: seconds that one report may wait for a forecast, finite, >= 0. Fits then happen in a thread in the
            background; a trial whose report has no answer in time goes on, and its next report gets it. With 0, each
            answer comes with the next report. None waits as long as a fit takes, and decisions repeat exactly.
        max_curves: at most so many trials teach, the latest that may, >= 1.
        save_verdicts: whether each verdict that rests on a forecast or prunes is written to its trial, as the user
            attribute "bandits:verdict": a dictionary of pruned, step, epoch, reason, forecast, std, horizon, bar,
            probability (of ending at the bar or below it; with `risk`, that no trial that ends at the bar would ever
            look as bad) and spared, in the study's units. Each costs a write to the storage.
        rule: judges the forecast instead; then `risk`, `audit`, `confidence`, `margin` and `keep` are its own.
        seed: of the predictor's randomness and of which trials are audited, >= 0.

    Raises:
        SettingError: an argument breaks its rule; or, when it is asked to prune, the study has several objectives.

    Warns:
        PruningWarning: once a study for each reason, while its trials go on unpruned: they report nothing, more epochs
            than `max_epochs`, or never so many; the predictor wants features that they lack; the predictor or the rule
            raises an error.

    Cost with `SRM()`: about a millisecond a report. A new fit is due when there is a quarter more to learn from.

    Source: see `RiskControlledRule`; with `confidence`, Baker et al. (2017), section 3.3.

    Example:
        >>> import optuna
        >>> from bandits.predictors import LastSeenValue
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> def objective(trial):
        ...     target = trial.suggest_float("target", 0.1, 1.0)
        ...     for epoch in range(1, 11):
        ...         loss = target + 0.5**epoch
        ...         trial.report(loss, step=epoch)
        ...         if trial.should_prune():
        ...             raise optuna.TrialPruned
        ...     return loss
        >>> pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=10, risk=0.1)
        >>> study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
        >>> study.optimize(objective, n_trials=40)
        >>> pruned = study.get_trials(states=[optuna.trial.TrialState.PRUNED])
        >>> len(pruned) > 10
        True
        >>> from bandits import Metric
        >>> pruner.explain(study, pruned[0]).words(Metric("loss", goal="minimize"))  # doctest: +ELLIPSIS
        'loss ... is forecast for epoch 10; P(looks as bad at any check | ends at ...) = ... <= 0.1'
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        max_epochs: int,
        risk: float = _RISK,
        audit: float = _AUDIT,
        confidence: float | None = None,
        margin: float = 0.0,
        keep: int = 1,
        n_startup_trials: int = 10,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        inner: BasePruner | None = None,
        user_attrs: Sequence[str] = (),
        max_wait: float | None = None,
        max_curves: int = 200,
        save_verdicts: bool = False,
        rule: StoppingRule | None = None,
        seed: int = 0,
    ) -> None:
        if rule is None:
            rule = _rule(risk, audit, confidence, margin, keep)
        elif (given := (risk, audit, confidence, margin, keep)) != (_RISK, _AUDIT, None, 0.0, 1):
            names = "`risk`, `audit`, `confidence`, `margin` and `keep`"
            raise SettingError.broken(names, "must be left out with `rule`", given)
        EarlyStopper(predictor, rule, seed=seed)  # checks the three
        if inner is not None and not isinstance(inner, BasePruner):
            raise SettingError.broken("`inner`", "must be a pruner such as HyperbandPruner(), or None", inner)
        if isinstance(user_attrs, str) or not all(isinstance(name, str) for name in user_attrs):
            raise SettingError.broken("`user_attrs`", "must be a sequence of names", user_attrs)
        if max_wait is not None and (not is_number(max_wait) or not 0 <= max_wait < math.inf):
            raise SettingError.broken("`max_wait`", "must be finite and >= 0, or None", max_wait)
        settings = JudgeSettings(
            predictor=predictor,
            rule=rule,
            seed=seed,
            max_epochs=check_at_least("max_epochs", max_epochs, 1),
            n_startup_trials=check_at_least("n_startup_trials", n_startup_trials, 0),
            n_warmup_steps=check_at_least("n_warmup_steps", n_warmup_steps, 0),
            interval_steps=check_at_least("interval_steps", interval_steps, 1),
            user_attrs=tuple(user_attrs),
            max_curves=check_at_least("max_curves", max_curves, 1),
        )
        self._begin(settings, inner, max_wait, bool(save_verdicts))

    def _begin(
        self, settings: JudgeSettings, inner: BasePruner | None, max_wait: float | None, save_verdicts: bool
    ) -> None:
        """Have seen no study yet."""
        self._settings, self._inner, self._max_wait, self._save_verdicts = settings, inner, max_wait, save_verdicts
        self._lock = threading.Lock()
        self._background: BackgroundWork[TrialVerdict] = BackgroundWork()
        self._known: WeakKeyDictionary[BaseStorage, dict[StudyKey, _Followed]] = WeakKeyDictionary()

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the trial should stop now. Optuna calls this from `trial.should_prune()`."""
        _check_objectives(study)
        inner = None
        if self._inner is not None and self._inner.prune(study, trial):
            inner = type(self._inner).__name__
        with self._lock:  # what is read is judged in the order in which it is read
            ended, followed = self._read(study)
            answer = self._ask(followed, ended, trial, inner=inner)
        verdict = self._wait_for(answer, followed, trial, inner)
        if verdict.replaces(followed.told.get(trial.number)):
            followed.told[trial.number] = verdict
            if self._save_verdicts and verdict.worth_saving:
                save_verdict(study, trial, verdict, followed.judge.warnings)
        followed.judge.warnings.emit()
        return isinstance(verdict.verdict, Drop)

    def explain(self, study: Study, trial: FrozenTrial | LiveTrial) -> Verdict:
        """Say why a trial is pruned or goes on.

        Args:
            study: the trial's study.
            trial: one of `study.trials`, or the trial inside an objective.

        Returns:
            `Keep` or `Drop`. For a finished trial, the last verdict that this pruner gave on it and that rests on a
            forecast, or the first by which an audited trial was spared, or that the inner pruner pruned it; else what
            `save_verdicts` wrote to the trial, in the study's own units; else, and for a running trial, the verdict
            that it would give now. Its reason speaks of scores (larger is better); `words` says it in the study's own
            units. It takes as long as a fit may take, whatever `max_wait` is.
        """
        _check_objectives(study)
        if not isinstance(trial, FrozenTrial):
            trial = study.get_trials(deepcopy=False)[trial.number]
        with self._lock:
            ended, followed = self._read(study)
            told = followed.told.get(trial.number)
            if told is not None and (trial.state.is_finished() or (told.by_inner and told.step == trial.last_step)):
                return told.verdict
            saved = saved_verdict(trial) if trial.state.is_finished() else None
            if saved is not None:
                return saved
            answer = self._ask(followed, ended, trial, remember=False)
        verdict = answer.result().verdict
        followed.judge.warnings.emit()
        return verdict

    def _read(self, study: Study) -> tuple[Sequence[FrozenTrial], _Followed]:
        """The trials of a study that have ended, and what is known of it; the caller holds the lock."""
        ended = study.get_trials(deepcopy=False, states=_ENDED)
        studies = self._known.setdefault(storage_of(study), {})
        key = study_key(study)
        followed = studies.get(key)
        if followed is None or followed.is_gone(ended):
            sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
            followed = studies[key] = _Followed(StudyJudge(sign, self._settings))
        followed.ended = ended
        return ended, followed

    def _ask(
        self,
        followed: _Followed,
        ended: Sequence[FrozenTrial],
        trial: FrozenTrial,
        *,
        inner: str | None = None,
        remember: bool = True,
    ) -> Future[TrialVerdict]:
        """Have a trial judged, here or in the background; the caller holds the lock."""
        work = partial(followed.judge.judge, ended, trial, inner=inner, remember=remember)
        if self._max_wait is not None:
            return self._background.submit((followed, trial.number if remember else object()), work)
        answer: Future[TrialVerdict] = Future()
        answer.set_result(work())
        return answer

    def _wait_for(
        self, answer: Future[TrialVerdict], followed: _Followed, trial: FrozenTrial, inner: str | None
    ) -> TrialVerdict:
        """The answer, if it comes in time; else what came too late for the report before this one."""
        late = followed.late.pop(trial.number, None)
        try:
            return answer.result(self._max_wait)
        except (TimeoutError, CancelledError):
            followed.late[trial.number] = answer
        step = trial.last_step
        if inner is not None:
            return TrialVerdict.of_inner(inner, step, None)
        # Whether this is the last epoch is known where the first step is, and that may be learnt just now.
        if late is not None and late.done() and not late.cancelled() and (step or 0) + 1 < self._settings.max_epochs:
            return late.result()
        reason = f"no forecast: the fit was not ready within {self._max_wait:g} s; the next report asks again"
        return TrialVerdict(Keep(reason, cause=Cause.NOT_READY), step, None)

    def __getstate__(self) -> dict[str, Any]:
        # A copy in another process has its own lock, and learns from the storage what this one knows.
        return {name: getattr(self, name) for name in ("_settings", "_inner", "_max_wait", "_save_verdicts")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._begin(*state.values())


@dataclass(eq=False, slots=True)
class _Followed:
    """A study as this process has followed it.

    Args:
        judge: of its trials.
        told: the verdict on each trial that is to be remembered, by number.
        late: answers for which a report could not wait, by number.
        ended: its completed and pruned trials when it was last read.
    """

    judge: StudyJudge
    told: dict[int, TrialVerdict] = field(default_factory=dict)
    late: dict[int, Future[TrialVerdict]] = field(default_factory=dict)
    ended: Sequence[FrozenTrial] = ()

    def is_gone(self, ended: Sequence[FrozenTrial]) -> bool:
        """Whether the study was deleted, and another one of that name and id is there now."""
        if len(ended) < len(self.ended):
            return True
        pairs = zip(self.ended[:1], ended[:1], strict=True) if self.ended else ()
        return any(a.number == b.number and a.datetime_complete != b.datetime_complete for a, b in pairs)


def _check_objectives(study: Study) -> None:
    if len(study.directions) != 1:
        raise SettingError.broken("objectives of a study that prunes", "must be one", len(study.directions))


def _rule(risk: float, audit: float, confidence: float | None, margin: float, keep: int) -> StoppingRule:
    """The rule that some settings of a pruner ask for."""
    if confidence is None:
        return RiskControlledRule(risk, margin, keep, audit=audit)
    if (risk, audit) != (_RISK, _AUDIT):
        raise SettingError.broken("`risk` and `audit`", "must be left out with `confidence`", (risk, audit))
    return ProbabilityRule(confidence, margin, keep)
