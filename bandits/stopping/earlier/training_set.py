"""Curves of earlier studies as a first training set, as long as they do not mislead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.errors.checks import check_instance, check_number, check_whole
from bandits.predictors import SRM
from bandits.predictors.base import Predictor
from bandits.stopping.earlier.comparison import compare
from bandits.stopping.earlier.forecast_test import ForecastTest, Reference
from bandits.stopping.earlier.past_curves import Pair, PastCurves
from bandits.stopping.earlier.status import EarlierStatus
from bandits.stopping.earlier.tester import Tester

__all__ = ["EarlierCurves"]

_TESTED = 40  # new curves that are tested; from then on, comparisons tell more
_COMPARED = (20, 40, 80)  # numbers of new curves at which fits with and without the earlier ones are compared
_GROWTH = 1.1  # of the complete new curves, after which shorter ones are brought up to date


class EarlierCurves:
    """Gives predictors the curves of earlier studies, checks them against new curves, and drops them if they mislead.

    While they are trusted, a horizon is taught by the earlier curves that reach it and by the new ones, under the
    features that all earlier trials share. As new curves reach the horizon a test and comparisons are made; when one
    fails, at any horizon, the earlier curves are left out for the rest of the run. docs/stopping.md says how.
    Each run has a history of its own, so one object may serve several runs.

    Args:
        curves: pairs of a trial and its curve, oriented (larger is better). Ids are negative and differ, so that they
            are no new trial's; features have the names that the new study uses.
        sources: where they come from, for messages.
        notes: what was filled, merged or left out when they were read, a sentence each, for reports.
        tester: the predictor of both checks, whatever the stopper's is; `SRM()` by default.
        risk: of dropping them wrongly by the test, and again by the comparisons, in (0, 1).
        most: how many earlier curves may teach one horizon, evenly spread over those that reach it, >= 1.
        seed: of the tester's randomness, >= 0.

    Raises:
        SettingError: an argument breaks its rule.

    Example:
        >>> from bandits.testing import ramps
        >>> earlier = EarlierCurves([(Trial(-1 - trial.id), curve) for trial, curve in ramps(30, 8)])
        >>> earlier.training_set(History.from_curves(ramps(3, 8)), 8).count_reaching(8)
        33
    """

    def __init__(
        self,
        curves: Iterable[Pair],
        *,
        sources: Sequence[str] = (),
        notes: Sequence[str] = (),
        tester: Predictor | None = None,
        risk: float = 0.01,
        most: int = 200,
        seed: int = 0,
    ) -> None:
        check_instance("curves", curves, Iterable, "must be pairs of Trial and Curve")
        pairs = list(curves)
        for pair in pairs:
            if not (isinstance(pair, tuple) and list(map(type, pair)) == [Trial, Curve]):
                raise SettingError.broken("`curves`", "must be pairs of Trial and Curve", pair)
        for argument, texts in (("sources", sources), ("notes", notes)):
            if isinstance(texts, str) or not isinstance(texts, Sequence):
                raise SettingError.broken(f"`{argument}`", "must be a sequence of texts", texts)
        check_instance("tester", tester, Predictor, "must be a Predictor such as SRM()", or_none=True)
        for trial, _ in pairs:
            if trial.id >= 0:
                raise SettingError.broken("ids of earlier trials", "must be negative", trial.id)
        self.sources, self.notes = tuple(sources), tuple(notes)
        self.tester = SRM() if tester is None else tester
        self.risk = check_number("risk", risk, above=0, below=1)
        self.most = check_whole("most", most, 1)
        self.seed = check_whole("seed", seed, 0)
        self._past = PastCurves(pairs, self.most)
        self._tester = Tester(self.tester, self.seed)
        self._references: dict[int, Reference] = {}  # by horizon
        self._runs: WeakKeyDictionary[History, _Run] = WeakKeyDictionary()

    @property
    def names(self) -> tuple[str, ...]:
        """The features that all earlier trials share."""
        return self._past.names

    def __len__(self) -> int:
        """How many earlier curves there are."""
        return len(self._past)

    def settings(self) -> Mapping[str, Any]:
        """The settings for a journal, without the curves."""
        return {"curves": len(self), "sources": list(self.sources), "risk": self.risk, "most": self.most}

    def training_set(self, history: History, horizon: int) -> History:
        """The present training set of a predictor; curves that reached the horizon since the last call are checked.

        Args:
            history: the new curves; the same object throughout a run.
            horizon: the epoch to forecast, >= 1.

        Returns:
            The earlier curves and the new ones, cut at the horizon: the same object, growing, while the earlier curves
            are trusted. New curves that do not reach the horizon are brought up to date when those that do have grown
            by a tenth. `history` itself once they are dropped, and where none of them reaches the horizon.
        """
        run = self._run(history)
        if run.dropped or not self._past.complete(horizon):
            return history
        joint = run.horizons.get(horizon)
        if joint is None:
            curves = [*self._past.complete(horizon), *self._past.shorter(horizon)]
            joint = run.horizons[horizon] = _JointSet(History.from_curves(curves))
        if history.count_reaching(horizon) > len(joint.new):
            for pair in history.reaching(horizon):
                if pair[0].id not in joint.known:
                    self._add(run, joint, horizon, pair)
            if len(joint.new) >= _GROWTH * joint.caught_up:
                joint.caught_up = len(joint.new)
                for trial, _ in history.reaching(1):
                    joint.copy(self._past.restricted(trial), history.curve(trial.id), horizon)
        return history if run.dropped else joint.training

    def note_asked(self, history: History, trial_id: int, tau: int, horizon: int) -> None:
        """Remember the first epoch after which an arm is asked about on its way to a horizon.

        What came before it was known when the arm was chosen to train towards the horizon.
        """
        self._run(history).asked.setdefault((trial_id, horizon), tau)

    def restricted(self, trial: Trial, history: History, horizon: int) -> Trial:
        """A new trial under the features that its training set has."""
        run = self._runs.get(history.whole)
        in_use = run is not None and not run.dropped and horizon in run.horizons
        return self._past.restricted(trial) if in_use else trial

    def status(self, history: History) -> EarlierStatus:
        """How the earlier curves were used in the run of this history."""
        run = self._runs.get(history.whole, _Run())
        return EarlierStatus(
            curves=len(self),
            sources=self.sources,
            taught=max((len(self._past.complete(horizon)) for horizon in run.horizons), default=0),
            checked=run.decided or max((joint.checked for joint in run.horizons.values()), default=0),
            dropped=run.dropped,
            notes=self.notes,
        )

    def _run(self, history: History) -> _Run:
        return self._runs.setdefault(history.whole, _Run())

    def _add(self, run: _Run, joint: _JointSet, horizon: int, pair: Pair) -> None:
        """Add a new curve that has reached the horizon to the training set, and check the earlier curves."""
        trial, curve = pair
        joint.known.add(trial.id)
        joint.new.append(pair)
        restricted = self._past.restricted(trial)
        joint.copy(restricted, curve, horizon)
        if run.dropped:
            return
        count, found = len(joint.new), ""
        if count <= _TESTED:
            if joint.test is None:
                joint.test = ForecastTest(self._reference(horizon), self.risk)
            found = joint.test.add(restricted, curve, run.asked.pop((trial.id, horizon), 1))
            joint.checked = max(joint.checked, joint.test.checked)
        if not found and count in _COMPARED:
            found = self._compared(joint, horizon)
        if found:
            run.dropped = f"after {count} new curves that reached epoch {horizon}: {found}"
            run.decided = count

    def _reference(self, horizon: int) -> Reference:
        if horizon not in self._references:
            self._references[horizon] = Reference.of(self._past.complete(horizon), horizon, self._tester)
        return self._references[horizon]

    def _compared(self, joint: _JointSet, horizon: int) -> str:
        """Why new curves are forecast better without the earlier ones; empty if they are not."""
        comparison = compare(joint.new, self._past, horizon, self._tester)
        if any(comparison.more):
            joint.checked = len(joint.new)
        if comparison.chance > self.risk / len(_COMPARED):
            return ""
        return (
            f"without the earlier ones, {comparison.better_alone} of {len(joint.new)} of their ends are forecast better"
        )


@dataclass(slots=True)
class _JointSet:
    """Earlier and new curves at one horizon of one run.

    Args:
        training: the training set.
        new: new curves that reach the horizon, in the order in which they were taken in.
        known: their ids.
        copied: how many epochs of each new curve the training set holds.
        caught_up: how many new curves there were when it last took over those that do not reach the horizon.
        checked: how many new curves the earlier ones were held against.
        test: of the new curves against the earlier ones; None before the first.
    """

    training: History
    new: list[Pair] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    copied: dict[int, int] = field(default_factory=dict)
    caught_up: int = 0
    checked: int = 0
    test: ForecastTest | None = None

    def copy(self, trial: Trial, curve: Curve, horizon: int) -> None:
        """Bring what the training set holds of a new curve up to date."""
        there = self.copied.get(trial.id, 0)
        for epoch, score in enumerate(curve.scores[there:horizon].tolist(), start=there + 1):
            self.training.record(trial, epoch, score)
        self.copied[trial.id] = max(there, min(curve.tau, horizon))


@dataclass(slots=True)
class _Run:
    """One run: its horizons, the epoch at which an arm was first asked about for one, and why curves were dropped."""

    horizons: dict[int, _JointSet] = field(default_factory=dict)
    asked: dict[tuple[int, int], int] = field(default_factory=dict)
    dropped: str = ""
    decided: int = 0  # new curves at the horizon that decided it
