"""Curves of earlier studies as a first training set, for as long as they do not mislead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from bandits.checks import check_instance, check_number, check_whole
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Forecast
from bandits.predictors import SRM
from bandits.predictors.base import Forecaster, Predictor
from bandits.rng import rng_for
from bandits.stopping.earlier.exchangeability import ExchangeabilityTest

__all__ = ["EarlierCurves", "EarlierStatus"]

Pair = tuple[Trial, Curve]

_SHARES = (1 / 8, 1 / 4, 1 / 2)  # of the horizon, after which forecasts are held against ends
_COMPARED = (1 / 4, 1 / 2)
_FITTED = 1 / 3  # of the earlier curves make the forecasts of the test; the others are its reference
_LEAST_REFERENCE = 5  # earlier curves that a forecast has not seen, for its errors to be ranked among
_TESTED = 40  # new curves that are tested; from then on, comparisons tell more
_LOOKS = (20, 40, 80)  # numbers of new curves at which fits with and without the earlier ones are compared
_FOLDS = 5
_LARGEST_TRAINING_SET = 200
_GROWTH = 1.1


@dataclass(frozen=True, slots=True)
class EarlierStatus:
    """What became of earlier curves in one run.

    Args:
        curves: how many there are.
        sources: where they come from.
        taught: how many taught a predictor, at the horizon that most of them reach.
        checked: how many new curves there were at the horizon where they were dropped; or how many they were held
            against, at the horizon where these are most.
        dropped: why they are no longer used; empty while they are.
        notes: what was filled, merged or left out when they were read, a sentence each.
    """

    curves: int
    sources: tuple[str, ...]
    taught: int
    checked: int
    dropped: str
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The same in words.

        Example:
            >>> EarlierStatus(100, ("table:runs.csv",), 90, 12, "").sentence()
            '90 of 100 curves of table:runs.csv taught, and agree with 12 new ones'
        """
        of = f"{self.curves:,} curves of {', '.join(self.sources) or 'earlier studies'}"
        if self.dropped:
            return f"{of} dropped {self.dropped}"
        if not self.taught:
            return f"none of {of} was used: none reaches an epoch at which arms are compared"
        held = f"agree with {self.checked:,} new ones" if self.checked else "were held against no new one"
        return f"{self.taught:,} of {of} taught, and {held}"


class EarlierCurves:
    """Gives predictors the curves of earlier studies, holds those against new curves, and drops them if they mislead.

    While they are trusted, the training set for a horizon is the earlier curves that reach it and the new ones.
    Two checks are made as new curves reach the horizon; when one fails, at any horizon, the earlier curves are left
    out at every horizon for the rest of the run.

    1. A test, from the first new curve to the 40th. A third of the earlier curves (every third one) make a forecast
       after an eighth, a quarter and half of the horizon; the others show how likely (P(end <= what came)) ends then
       are. If new curves are exchangeable with those, their probabilities rank evenly among them, and bets on anything
       else (`ExchangeabilityTest`) fail: the chance that a horizon ever drops the curves wrongly is at most `risk`.
       A shift of level, a wider spread or another shape makes the bets pay.
    2. A comparison, at 20, 40 and 80 new curves. Each new curve's end is forecast, after a quarter of the horizon,
       and after half of it, from the other new curves alone and from these with the earlier ones, in five folds. If the
       new ones alone come closer, by a signed-rank test at `risk` / 3, they do better alone. (The folds share curves,
       so that this risk is approximate.)

    What the first check assumes: a new curve is complete for reasons that do not depend on its course after the epoch
    of the forecast. Promotion inside a bracket does: say by `note_asked` from which epoch on an arm has trained towards
    the horizon, and forecasts before it are not looked at. Arms that a forecast dropped are missing as well: those that
    remain end higher than was expected of them, so that the earlier curves may be dropped more often than `risk`.

    Features: the names that all earlier trials share; while the curves are in use, new trials are seen under these
    names alone, by `seen` and in the training set. A predictor leaves out trials that lack a feature, and would
    otherwise leave out all of one side. When the curves are dropped, new trials have all their features again.

    What is remembered is remembered for each history, so one object may serve several runs, which do not see each
    other. Decisions depend on the curves alone, in the order in which they began.

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

    Cost: for each horizon, a fit and a batch of forecasts for every epoch that is looked at; a forecast for each of
    these and each new curve; twenty fits a comparison.

    Example:
        >>> from bandits.testing import ramps
        >>> earlier = EarlierCurves([(Trial(-1 - trial.id), curve) for trial, curve in ramps(30, 8)])
        >>> new = History.from_curves(ramps(3, 8))
        >>> earlier.training_set(new, 8).count_reaching(8)
        33
        >>> earlier.training_set(new, 9) is new  # no earlier curve is as long
        True
    """

    def __init__(
        self,
        curves: Iterable[Pair],
        *,
        sources: Sequence[str] = (),
        notes: Sequence[str] = (),
        tester: Predictor | None = None,
        risk: float = 0.01,
        most: int = _LARGEST_TRAINING_SET,
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
        shared = set(pairs[0][0].features).intersection(*(t.features for t, _ in pairs)) if pairs else set()
        self.names = tuple(sorted(shared))
        self.sources, self.notes = tuple(sources), tuple(notes)
        self.tester = SRM() if tester is None else tester
        self.risk = check_number("risk", risk, above=0, below=1)
        self.most = check_whole("most", most, 1)
        self.seed = check_whole("seed", seed, 0)
        self._history = History.from_curves((self._restricted(trial), curve) for trial, curve in pairs)
        self._teachers: dict[int, list[Pair]] = {}
        self._references: dict[int, _Reference] = {}
        self._studies: WeakKeyDictionary[History, _Study] = WeakKeyDictionary()

    def __len__(self) -> int:
        """How many earlier curves there are."""
        return len(self._history)

    def settings(self) -> Mapping[str, Any]:
        """What a journal says about them."""
        return {"curves": len(self), "sources": list(self.sources), "risk": self.risk, "most": self.most}

    def training_set(self, history: History, horizon: int) -> History:
        """What a predictor is to learn from, now; curves that have reached the horizon since the last call are checked.

        Args:
            history: the new curves; the same object throughout a run.
            horizon: the epoch to forecast, >= 1.

        Returns:
            The earlier curves and the new ones, cut at the horizon: the same object, growing, while the earlier curves
            are trusted. New curves that do not reach the horizon are brought up to date when those that do have grown
            by a tenth. `history` itself once they are dropped, and where none of them reaches the
            horizon.
        """
        study = self._studies.setdefault(history, _Study())
        if study.dropped or not self._teaching(horizon):
            return history
        watch = study.watches.get(horizon)
        if watch is None:
            curves = [*self._teaching(horizon), *self._shorter(horizon)]
            watch = study.watches[horizon] = _Watch(History.from_curves(curves))
        if history.count_reaching(horizon) > len(watch.new):
            for pair in history.reaching(horizon):
                if pair[0].id not in watch.known:
                    self._take_in(study, watch, horizon, pair)
            if len(watch.new) >= _GROWTH * watch.caught_up:
                watch.caught_up = len(watch.new)
                for trial, _ in history.reaching(1):
                    watch.copy(self._restricted(trial), history.curve(trial.id), horizon)
        return history if study.dropped else watch.training

    def note_asked(self, history: History, trial_id: int, tau: int, horizon: int) -> None:
        """An arm, after epoch `tau`, is asked about; the first such epoch for a horizon is remembered.

        What came before it was known when the arm was chosen to train towards the horizon.
        """
        study = self._studies.setdefault(history, _Study())
        study.asked.setdefault((trial_id, horizon), tau)

    def seen(self, trial: Trial, history: History, horizon: int) -> Trial:
        """A new trial under the features that its training set has."""
        study = self._studies.get(history)
        in_use = study is not None and not study.dropped and horizon in study.watches
        return self._restricted(trial) if in_use else trial

    def status(self, history: History) -> EarlierStatus:
        """What became of the earlier curves in the run that made this history."""
        study = self._studies.get(history, _NO_STUDY)
        return EarlierStatus(
            curves=len(self),
            sources=self.sources,
            taught=max((len(self._teaching(horizon)) for horizon in study.watches), default=0),
            checked=study.decided or max((watch.held for watch in study.watches.values()), default=0),
            dropped=study.dropped,
            notes=self.notes,
        )

    def _restricted(self, trial: Trial) -> Trial:
        """The trial with the shared features alone."""
        if len(trial.features) == len(self.names) and all(name in trial.features for name in self.names):
            return trial
        features = {name: trial.features[name] for name in self.names if name in trial.features}
        return Trial(trial.id, trial.config, features, trial.seed)

    def _teaching(self, horizon: int) -> list[Pair]:
        """The earlier curves for a horizon, `most` at most."""
        if horizon not in self._teachers:
            self._teachers[horizon] = self._spread(self._history.reaching(horizon))
        return self._teachers[horizon]

    def _shorter(self, horizon: int) -> list[Pair]:
        """Earlier curves that end before the horizon, for predictors that learn from those; `most` at most."""
        reaching = {trial.id for trial, _ in self._history.reaching(horizon)}
        pairs = [(t, self._history.curve(t.id)) for t, _ in self._history.reaching(1) if t.id not in reaching]
        return self._spread(pairs)

    def _spread(self, pairs: Sequence[Pair]) -> list[Pair]:
        """All of them, or `most` that are evenly spread."""
        step = max(1.0, len(pairs) / self.most)
        return [pairs[int(i * step)] for i in range(min(len(pairs), self.most))]

    def _take_in(self, study: _Study, watch: _Watch, horizon: int, pair: Pair) -> None:
        """One more new curve has reached the horizon: let it teach, and check."""
        trial, curve = pair
        watch.known.add(trial.id)
        watch.new.append(pair)
        restricted = self._restricted(trial)
        watch.copy(restricted, curve, horizon)
        if study.dropped:
            return
        if len(watch.new) <= _TESTED:
            study.dropped = self._tested(watch, horizon, restricted, curve, study.asked.pop((trial.id, horizon), 1))
        if not study.dropped and len(watch.new) in _LOOKS:
            study.dropped = self._compared(watch, horizon)
        if study.dropped:
            study.decided = len(watch.new)

    def _tested(self, watch: _Watch, horizon: int, trial: Trial, curve: Curve, asked: int) -> str:
        """Why the bets say that the earlier curves mislead; empty if they do not."""
        reference = self._reference(horizon)
        for tau, before in reference.probabilities.items():
            if tau < asked:
                continue
            forecast = reference.forecaster.forecast(trial, curve.prefix(tau))
            if not isinstance(forecast, Forecast):
                continue
            test = watch.tests.setdefault(tau, ExchangeabilityTest(before))
            test.add(forecast.prob_at_most(float(curve.scores[-1])))
            watch.held = max(watch.held, len(test.shares))
            if test.wealth >= len(reference.probabilities) / self.risk:
                return f"after {len(watch.new)} new curves that reached epoch {horizon}: {_found(test, tau)}"
        return ""

    def _reference(self, horizon: int) -> _Reference:
        """A forecaster from some of the earlier curves, and what it says of the ends of the others."""
        if horizon not in self._references:
            pairs = self._teaching(horizon)
            size = max(self.tester.curves_needed(horizon), math.ceil(_FITTED * len(pairs)))
            apart = [*pairs[::3], *pairs[1::3], *pairs[2::3]]
            fitted, rest = apart[:size], apart[size:]
            forecaster = self._fit(fitted, horizon, "test")
            probabilities: dict[int, list[float]] = {}
            for tau in _looked_at(horizon, _SHARES) if len(rest) >= _LEAST_REFERENCE else ():
                said = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in rest])
                known = [
                    forecast.prob_at_most(float(curve.scores[-1]))
                    for forecast, (_, curve) in zip(said, rest, strict=True)
                    if isinstance(forecast, Forecast)
                ]
                if len(known) >= _LEAST_REFERENCE:
                    probabilities[tau] = known
            self._references[horizon] = _Reference(forecaster, probabilities)
        return self._references[horizon]

    def _compared(self, watch: _Watch, horizon: int) -> str:
        """Why the new curves do better alone; empty if they do not."""
        new, epochs = watch.new, _looked_at(horizon, _COMPARED)
        worse: list[float] = []  # by how much, for each new curve, its end is missed by more with the earlier ones
        alone = joint = None
        for fold in range(_FOLDS):
            others = [pair for i, pair in enumerate(new) if i % _FOLDS != fold]
            seen = [(self._restricted(trial), curve) for trial, curve in others]
            # Hyperparameters are found in the first fold, for both sides; that costs half as much as in each.
            alone = self._fit(others, horizon, "alone", alone)
            joint = self._fit([*self._teaching(horizon), *seen], horizon, "joint", joint)
            for trial, curve in new[fold::_FOLDS]:
                end = float(curve.scores[-1])
                more = 0.0
                for start in map(curve.prefix, epochs):
                    mine, both = alone.forecast(trial, start), joint.forecast(self._restricted(trial), start)
                    if isinstance(mine, Forecast) and isinstance(both, Forecast):
                        more += abs(both.mean - end) - abs(mine.mean - end)
                worse.append(more)
        if any(worse):
            watch.held = len(new)
        if _chance_of_ranks(worse) > self.risk / len(_LOOKS):
            return ""
        return (
            f"after {len(new)} new curves that reached epoch {horizon}: without the earlier ones, "
            f"{sum(more > 0 for more in worse)} of {len(worse)} of their ends are forecast better"
        )

    def _fit(self, pairs: Iterable[Pair], horizon: int, purpose: str, before: Forecaster | None = None) -> Forecaster:
        """Fit the tester, or refit what it made before."""
        rng, history = rng_for(self.seed, "earlier", purpose, horizon), History.from_curves(pairs)
        if before is None:
            return self.tester.fit(history, horizon=horizon, rng=rng)
        return self.tester.refit(before, history, horizon=horizon, rng=rng)


@dataclass(slots=True)
class _Reference:
    """What the earlier curves say of one another: by epoch, P(end <= what came) of those that were not fitted."""

    forecaster: Forecaster
    probabilities: dict[int, list[float]]


@dataclass(slots=True)
class _Watch:
    """One run at one horizon.

    Args:
        training: the training set.
        new: new curves that reach the horizon, in the order in which they were taken in.
        known: their ids.
        copied: how many epochs of each new curve the training set holds.
        caught_up: how many new curves there were when it last took over those that do not reach the horizon.
        held: how many new curves the earlier ones were held against.
        tests: by the epoch that is looked at.
    """

    training: History
    new: list[Pair] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    copied: dict[int, int] = field(default_factory=dict)
    caught_up: int = 0
    held: int = 0
    tests: dict[int, ExchangeabilityTest] = field(default_factory=dict)

    def copy(self, trial: Trial, curve: Curve, horizon: int) -> None:
        """Bring what the training set holds of a new curve up to date."""
        there = self.copied.get(trial.id, 0)
        for epoch, score in enumerate(curve.scores[there:horizon].tolist(), start=there + 1):
            self.training.record(trial, epoch, score)
        self.copied[trial.id] = max(there, min(curve.tau, horizon))


@dataclass(slots=True)
class _Study:
    """One run: its horizons, the epoch at which an arm was first asked about for one, and why curves were dropped."""

    watches: dict[int, _Watch] = field(default_factory=dict)
    asked: dict[tuple[int, int], int] = field(default_factory=dict)
    dropped: str = ""
    decided: int = 0  # new curves at the horizon that decided it


_NO_STUDY = _Study()


def _looked_at(horizon: int, shares: Iterable[float]) -> list[int]:
    """Epochs before the horizon at these shares of it, ascending."""
    return sorted({max(1, round(share * horizon)) for share in shares if horizon > 1})


def _found(test: ExchangeabilityTest, tau: int) -> str:
    """What a test found, in words."""
    shares, total = test.shares, len(test.shares)
    if test.side == "either":
        far = sum(not 0.25 <= share <= 0.75 for share in shares)
        return f"{far} of {total} ended outside the middle half of what was forecast at epoch {tau}"
    count = sum(share < 0.5 if test.side == "below" else share > 0.5 for share in shares)
    return f"{count} of {total} ended {test.side} what was forecast at epoch {tau}"


def _chance_of_ranks(differences: Iterable[float]) -> float:
    """The probability of signed ranks that speak so much for positive differences, if signs were a fair coin's
    (Wilcoxon's test, in its normal approximation)."""
    ordered = sorted((abs(number), number > 0) for number in differences if number)
    n = len(ordered)
    if not n:
        return 1.0
    positive = sum(rank for rank, (_, sign) in enumerate(ordered, start=1) if sign)
    mean, variance = n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24
    return 0.5 * math.erfc((positive - mean) / math.sqrt(2 * variance))
